"""Recordings of rtboot's own loader on the UART of the emulated board: tests/transcripts/own_uart.

    PYTHONPATH=FOLDER python loader/tests/recordings_uart.py            # makes them anew
    PYTHONPATH=FOLDER python loader/tests/recordings_uart.py --check    # makes them and compares

FOLDER holds the package `oracle`. Exit status 1 when a recording is another than the committed one, the digest of the image apart."""

import hashlib
import json
import pathlib
import struct
import sys

from oracle.uart import ACK, COMMAND_FRAME, DATA_FRAME, PING, Serial, frame

PROJECT = pathlib.Path(__file__).parents[2]
IMAGE = PROJECT / "loader/image/rtboot-loader-uart.bin"
COMMITTED = PROJECT / "tests/transcripts/own_uart"
RAM, FLASH = 0x2020_2000, 0x6000_0000
NAK, ABORT = b"\x5A\xA2", b"\x5A\xA3"


def command(tag, *parameters, flags=0):
    return frame(COMMAND_FRAME, struct.pack(f"<BBBB{len(parameters)}I", tag, flags, 0, len(parameters), *parameters))


def data(payload):
    return frame(DATA_FRAME, payload)


class Recorder:
    def __init__(self, text, baud=115_200):
        self.serial = Serial(IMAGE, baud, strict=True, entry="silicon")
        self.line = self.serial.line
        digest = hashlib.sha256(IMAGE.read_bytes()).hexdigest()
        self.lines = [{"text": text, "link": "uart", "flash": "is25lp064a", "baud": baud, "image_sha256": digest}]

    def step(self, name):
        self.lines.append({"step": name})

    def idle(self, ms):
        """Most of a silence is skipped: the loader would look at the line all the time."""
        self.lines.append({"idle_ms": ms})
        self.pass_by(ms)

    def pass_by(self, ms):
        board = self.serial.board
        board.clock.ns += int((ms - 2) * 1e6)
        self.line.idle(2)

    def say(self, *frames):
        """Sends each and takes down what comes until the line is quiet for 60 ms."""
        for sent in frames:
            self.lines.append({"out": sent.hex()})
            self.line.send(sent)
            got = self.line.receive(quiet_ms=2)
            self.pass_by(58)
            got += self.line.receive(quiet_ms=2)
            self.lines.append({"in": got.hex()})

    def speed(self, baud):
        self.lines.append({"host_baud": baud})
        self.line.host_baud = baud


def frames():
    r = Recorder("damaged, cut-off and misplaced frames; acknowledgements that are none; hosts that come and go")
    ask = command(7, 1, 0)
    r.step("ping")
    r.say(PING)
    r.step("answer asked for again")
    r.say(ask, NAK, NAK, ACK)
    r.step("damaged command, then whole")
    r.say(ask[:9] + b"\x10" + ask[10:], ask, ACK)
    r.step("cut-off command, then whole")
    r.say(ask[:9], ask, ACK)
    r.step("command without its first byte, then whole")
    r.say(ask[1:], ask, ACK)
    r.step("noise, and stray acknowledgements")
    r.say(b"\x00\xFF\x11", ACK, NAK, ABORT)
    r.step("data without a command")
    r.say(data(b"abcd"))
    r.step("half an acknowledgement")
    r.say(ask, b"\x5A\xFF", ask, ACK)
    r.step("command in place of an acknowledgement")
    r.say(ask, command(7, 11, 0), ACK)
    r.step("longer than the longest frame")
    r.say(b"\x5A\xA5\x01\x40" + bytes(9))
    r.step("write to RAM, one frame damaged")
    first = data(bytes(range(200)))
    r.say(command(4, RAM, 400, 0, flags=1), ACK, first, first[:50] + b"\xEE" + first[51:], first, ACK)
    r.step("write ended by empty data")
    r.say(command(4, RAM, 400, 0, flags=1), ACK, data(b""), ACK)
    r.step("write ended by a ping")
    r.say(command(4, RAM, 400, 0, flags=1), ACK, PING, ask, ACK)
    r.step("write ended by a command")
    r.say(command(4, RAM, 400, 0, flags=1), ACK, ask, ACK)
    r.step("refused write in two frames")
    r.say(command(4, 0x2020_9000, 400, 0, flags=1), ACK, data(bytes(200)), ACK)
    r.step("read of RAM, data asked for again")
    r.say(command(3, RAM, 300, 0), ACK, NAK, ACK, ACK)
    r.step("read ended by the host")
    r.say(command(3, RAM, 3000, 0), ACK, ABORT, ACK, ACK)
    r.step("read ended by a ping")
    r.say(command(3, RAM, 3000, 0), ACK, PING, ask, ACK)
    r.step("read of a place that is none")
    r.say(command(3, 0x1000_0000, 300, 0), ACK, ACK, ACK)
    return r


def speeds():
    r = Recorder("speeds that are agreed on, that are none, and that no host follows; a host at another speed", 57_600)
    ask = command(7, 1, 0)
    r.step("ping at 57600 baud")
    r.say(PING, ask, ACK)
    for baud in (230_400, 921_600):
        r.step(f"{baud} baud")
        r.say(command(0x57, baud), ACK)
        r.speed(baud)
        r.say(PING, ask, ACK)
    r.step("speeds that the clock does not give")
    for baud in (0, 2_500_000, 7_000_000):
        r.say(command(0x57, baud), ACK)
    r.step("nobody follows")
    r.say(command(0x57, 115_200), ACK)
    r.idle(2_100)
    r.say(ask, ACK)
    r.step("a host at the first speed")
    r.idle(1_500)
    r.speed(57_600)
    r.say(PING)
    r.say(PING, ask, ACK)
    r.step("identity, clocks, packet size, connection")
    for number in (0x5254_0001, 11, 2):
        r.say(command(7, number, 0), ACK)
    r.step("configuration")
    r.say(command(5, RAM, 4, 0xC000_0007), ACK, command(17, 9, RAM), ACK, command(7, 0x19, 9), ACK)
    return r


def main():
    code = 0
    for name, scenario in (("frames", frames), ("speeds", speeds)):
        made = scenario()
        text = "".join(json.dumps(line) + "\n" for line in made.lines)
        path = COMMITTED / f"{name}.jsonl"
        if "--check" in sys.argv:
            same = path.read_text().splitlines()[1:] == text.splitlines()[1:]
            print(f"{name}: {'the same' if same else 'another'}")
            code |= not same
        else:
            path.write_text(text)
        for violation in made.serial.board.violations:
            print(violation)
            code = 1
    sys.exit(code)


if __name__ == "__main__":
    main()

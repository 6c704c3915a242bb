"""Sessions over the UART of the RT1024's flashloader on the emulated board: tests/transcripts/rt1024/uart.

    PYTHONPATH=FOLDER python sim/tests/recordings/uart_rt1024.py BUILDS [--out DIR]

FOLDER holds the package `oracle`, BUILDS the rt1024.bin of NXP-MCUBootUtility. The emulator has a UART for this chip and the RT1021 only.
`sim/tests/uart_replay.rs` plays the sessions on the virtual board; their lines are those of tests/transcripts/uart."""

import argparse
import hashlib
import json
import pathlib
import struct

from oracle.record import pattern
from oracle.uart import ACK, COMMAND_FRAME, PING, Serial, frame

TRANSCRIPTS = pathlib.Path(__file__).parents[3] / "tests/transcripts"
DATA_FRAME = 0xA5
RAM, FLASH = 0x2020_2000, 0x6000_0000
READ, WRITE, FILL, PROPERTY, CONFIGURE, ERASE = 3, 4, 5, 7, 17, 2


class Recorder:
    def __init__(self, firmware, baud=115_200):
        self.serial = Serial(firmware, baud=baud, chip="rt1024", flash="is25lp064a")
        self.board, self.line = self.serial.board, self.serial.line
        self.board.nor.trace = []
        self.baud, self.lines = baud, []
        self.step("ping")
        # Serial has let 50 ms pass
        self.lines.append({"idle_ms": 50})
        self.send(PING)

    def flush(self):
        if self.board.nor.trace:
            self.lines.append({"spi": [text if n == 1 else f"{text} x{n}" for text, n, _ in self.board.nor.trace]})
            self.board.nor.trace.clear()

    def step(self, name):
        self.flush()
        self.lines.append({"step": name})

    def send(self, raw):
        self.lines.append({"out": raw.hex()})
        self.line.send(raw)
        got = self.line.receive(quiet_ms=60)
        self.lines.append({"in": got.hex()})
        return got

    def command(self, name, tag, *words, flags=0):
        """A command, its response and what follows, every frame acknowledged."""
        self.step(name)
        packet = struct.pack(f"<BBBB{len(words)}I", tag, flags, 0, len(words), *words)
        got = self.send(frame(COMMAND_FRAME, packet))
        while b"\x5A\xA4" in got[:4] or b"\x5A\xA5" in got[:4]:
            got = self.send(ACK)

    def write(self, address, data, memory, chunk):
        self.command(f"write {address:#x} {len(data)} in {chunk}", WRITE, address, len(data), memory, flags=1)
        for at in range(0, len(data), chunk):
            got = self.send(frame(DATA_FRAME, data[at:at + chunk]))
            if got != ACK:
                break
        while b"\x5A\xA4" in got:
            got = self.send(ACK)

    def configure(self, word=0xC000_0007):
        self.command(f"option word {word:#x}", FILL, RAM, 4, word)
        self.command("configure", CONFIGURE, 9, RAM)


def properties(r):
    for number in range(0x20):
        r.command(f"get-property {number}", PROPERTY, number, 0)


def frames(r):
    for count in (511, 512, 513, 600, 1024):
        r.write(RAM, pattern(count), 0, count)
        r.step("silence")
        r.lines.append({"idle_ms": 2000})
        r.line.idle(2000)
        r.command("still there", PROPERTY, 11, 0)


def flash(r):
    r.configure()
    r.command("erase", ERASE, FLASH, 0x2000, 9)
    r.write(FLASH, pattern(3000), 9, 512)
    r.command("read", READ, FLASH, 3000, 9)
    r.write(FLASH + 0x1F00, pattern(256), 9, 100)
    r.write(FLASH, pattern(16), 9, 16)
    r.command("read RAM", READ, RAM, 600, 0)
    r.command("past the end", READ, FLASH + 0x7F_FF00, 1000, 9)


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("builds", type=pathlib.Path)
    args.add_argument("--out", type=pathlib.Path, default=TRANSCRIPTS)
    opt = args.parse_args()
    firmware = opt.builds / "rt1024.bin"
    folder = opt.out / "rt1024" / "uart"
    folder.mkdir(parents=True, exist_ok=True)
    for session in (properties, frames, flash):
        r = Recorder(firmware)
        session(r)
        r.flush()
        head = {"scenario": session.__name__, "link": "uart", "flash": "is25lp064a", "baud": r.baud,
                "firmware_sha256": hashlib.sha256(firmware.read_bytes()).hexdigest()}
        with open(folder / f"{session.__name__}.jsonl", "w", encoding="utf-8") as out:
            out.writelines(json.dumps(line) + "\n" for line in [head, *r.lines])
        print(session.__name__, len(r.lines))


if __name__ == "__main__":
    main()

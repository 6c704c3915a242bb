"""rtboot's own loader on the UART of the emulated board, with its referee and its virtual time.

    PYTHONPATH=FOLDER python loader/tests/emulated_uart.py [IMAGE] [ENTRY]

FOLDER holds the package `oracle`, which needs unicorn and cryptography. The emulated boot ROM has no UART: the loader is downloaded over
USB and used over the UART. Prints what it measured; exit status 1 when an answer is wrong or a rule was broken. Takes two minutes:
while the loader waits, the emulator runs every look at the line."""

import hashlib
import pathlib
import random
import struct
import sys
import zlib

from oracle.uart import ACK, COMMAND_FRAME, DATA_FRAME, PING, Serial, frame

FLASH, RAM = 0x6000_0000, 0x2020_2000
READ, WRITE, FILL, GET_PROPERTY, RESET, CONFIGURE = 3, 4, 5, 7, 11, 17
ERASE = 2
FETCH, HASH, STREAM, SET_BAUD = 0x50, 0x53, 0x54, 0x57
GENERIC = 0xA0
NAK, ABORT = b"\x5A\xA2", b"\x5A\xA3"
PING_ANSWER = bytes.fromhex("5aa7000201500000aaea")


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found!r}, not {wanted!r}")


def erase(offset, length):
    return struct.pack("<BBHIII", 1, 0, 0, FLASH + offset, length, 0)


def program(offset, data):
    return struct.pack("<BBHIII", 2, 0, len(data), FLASH + offset, len(data), zlib.crc32(data)) + data


class Host(Serial):
    def take(self, count):
        """So many bytes of the loader, however long its flash works."""
        return self.line.receive(count, quiet_ms=400)

    def packet(self):
        head = self.take(6)
        expect("a frame's start", (len(head), head[:1]), (6, b"\x5A"))
        payload = self.take(struct.unpack("<H", head[2:4])[0])
        expect("a frame", frame(head[1], payload), head + payload)
        self.line.send(ACK)
        return head[1], payload

    def answer(self):
        kind, payload = self.packet()
        expect("an answer's frame", kind, COMMAND_FRAME)
        return payload[0], struct.unpack(f"<{payload[3]}I", payload[4:4 + 4 * payload[3]])

    def command(self, tag, *parameters, flags=0):
        packet = struct.pack(f"<BBBB{len(parameters)}I", tag, flags, 0, len(parameters), *parameters)
        self.line.send(frame(COMMAND_FRAME, packet))
        expect("the command's acknowledgement", self.take(2), ACK)

    def simple(self, tag, *parameters):
        self.command(tag, *parameters)
        return self.answer()

    def status(self, tag, *parameters):
        return self.simple(tag, *parameters)[1][0]

    def ask(self, tag, *parameters):
        """Status and data of a command that sends some."""
        kind, words = self.simple(tag, *parameters)
        if kind == GENERIC:
            return words[0], b""
        got = b""
        while True:
            kind, payload = self.packet()
            if kind == COMMAND_FRAME:
                return struct.unpack("<I", payload[4:8])[0], got
            got += payload

    def give(self, tag, data, *parameters, spoil=None):
        """A command with data; `spoil` changes a frame on its first way, by its number."""
        self.command(tag, *parameters, flags=1)
        first = self.answer()[1][0]
        if first:
            return first
        for number, at in enumerate(range(0, len(data), 1024)):
            whole = frame(DATA_FRAME, data[at:at + 1024])
            sent = spoil(number, whole) if spoil else whole
            self.line.send(sent)
            answer = self.take(2)
            if sent != whole:
                expect("the answer to a spoiled frame", answer, NAK)
                self.line.send(whole)
                answer = self.take(2)
            if answer == ABORT:
                break
            expect("the data's acknowledgement", answer, ACK)
        return self.answer()[1][0]

    def change_speed(self, baud):
        expect("SetBaud", self.status(SET_BAUD, baud), 0)
        self.line.idle(1)
        self.line.host_baud = baud
        self.line.send(PING)
        expect("the ping at the new speed", self.take(10), PING_ANSWER)

    @property
    def now(self):
        return self.board.clock.ns


def whole_job(host):
    magic, protocol, version, features, snapshot = host.simple(GET_PROPERTY, 0x5254_0001, 0)[1][1:]
    expect("identity", (struct.pack("<I", magic), protocol, snapshot), (b"rtbl", 1, 512))
    expect("SetBaud's feature bit", features >> 6 & 3, 1)
    expect("UART clock", host.simple(GET_PROPERTY, 0x5254_0002, 0)[1][3], 24_000_000)
    expect("packet size", host.simple(GET_PROPERTY, 11, 0)[1][1], 1024)
    host.change_speed(921_600)
    expect("snapshot", host.ask(FETCH, 0, 0, 512)[1][:4], b"SNP1")
    host.status(FILL, RAM, 4, 0xC000_0007)
    expect("configure", host.status(CONFIGURE, 9, RAM), 0)
    memory, length = host.board.nor.mem, 0x1000
    memory[:length] = b"\0" * length
    noise = random.Random(2).randbytes(length)
    start = host.now
    records = b"".join([erase(0, length)] + [program(at, noise[at:at + 4096]) for at in range(0, length, 4096)])
    expect("stream", host.give(STREAM, records, len(records), 0), 0)
    expect("flash", bytes(memory[:length]), noise)
    print(f"stream at 921600 baud, with erase: {length / (host.now - start) * 1e6:.0f} KB/s")
    expect("hash", host.ask(HASH, 0, FLASH, length, 0), (0, hashlib.sha256(noise).digest()))
    start = host.now
    expect("read", host.ask(READ, FLASH, length, 9), (0, noise))
    print(f"read at 921600 baud: {length / (host.now - start) * 1e6:.0f} KB/s")
    start = host.now
    expect("write to RAM", host.give(WRITE, noise, RAM + 0x1000, len(noise), 0), 0)
    print(f"write to RAM at 921600 baud: {length / (host.now - start) * 1e6:.0f} KB/s")
    expect("RAM", bytes(host.board.cpu.uc.mem_read(RAM + 0x1000, length)), noise)
    expect("write over programmed flash", host.give(WRITE, noise, FLASH, len(noise), 9), 10203)
    expect("erase", host.status(ERASE, FLASH, 0x1000, 9), 0)
    expect("erased flash", bytes(memory[:length]), b"\xFF" * length)
    expect("write of blank flash", host.give(WRITE, noise, FLASH, length, 9), 0)
    expect("flash", bytes(memory[:length]), noise)


def noise_and_lost_bytes(host):
    memory = host.board.nor.mem
    data = random.Random(3).randbytes(0x1000)
    records = erase(0x4000, 0x1000) + program(0x4000, data)

    def spoil(number, whole):
        match number:
            case 0:                                             # a turned bit
                return whole[:99] + bytes([whole[99] ^ 4]) + whole[100:]
            case 1:                                             # a lost byte
                return whole[:500] + whole[501:]
            case 2:                                             # the first byte lost
                return whole[1:]
            case 3:                                             # noise inside that looks like a ping
                return whole[:300] + b"\x5A\xA6\xFF" + whole[300:]
            case _:
                return whole

    expect("stream over a bad line", host.give(STREAM, records, len(records), 0, spoil=spoil), 0)
    expect("flash", bytes(memory[0x4000:0x5000]), data)
    # an answer asked for again, then its acknowledgement lost
    host.command(GET_PROPERTY, 1, 0)
    first = host.take(18)
    host.line.send(NAK)
    expect("the answer again", host.take(18), first)
    expect("the next command", host.simple(GET_PROPERTY, 1, 0)[1], (0, 0x4B02_0100))
    # a host that ends a read, and one that is gone in the middle of it
    host.command(READ, FLASH, 0x2000, 9)
    host.answer()
    host.take(6 + 1024)
    host.line.send(ABORT)
    expect("empty data", host.packet(), (DATA_FRAME, b""))
    expect("the aborted read", host.answer()[1][0], 10002)
    host.command(READ, FLASH, 0x2000, 9)
    host.answer()
    host.take(6 + 1024)
    host.line.send(PING)
    expect("a new host's ping", host.take(10), PING_ANSWER)
    expect("its command", host.simple(GET_PROPERTY, 1, 0)[1], (0, 0x4B02_0100))
    expect("bytes lost by the controller", host.board.uart1.lost, 0)


def no_agreement(host):
    """A speed that the host does not follow: the old one comes back, and a host at another one finds the loader by pings."""
    expect("SetBaud without a host behind it", host.status(SET_BAUD, 460_800), 0)
    before = host.board.uart1.baud()
    host.line.idle(1)
    expect("the speed has changed", round(before / host.board.uart1.baud()), 2)
    # time flies: two seconds of looks at the line take minutes
    host.board.clock.ns += 2_000_000_000
    host.line.idle(5)
    expect("the speed is back", host.board.uart1.baud(), before)
    expect("a command at it", host.simple(GET_PROPERTY, 1, 0)[1], (0, 0x4B02_0100))
    host.board.clock.ns += 1_500_000_000
    host.line.host_baud = 115_200
    host.line.send(PING)
    host.line.idle(1)
    host.line.got.clear()
    host.line.send(PING)
    expect("a ping at another speed", host.take(10), PING_ANSWER)
    expect("a command at it", host.simple(GET_PROPERTY, 1, 0)[1], (0, 0x4B02_0100))


def main():
    image = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1] / "image/rtboot-loader-uart.bin"
    entry = sys.argv[2] if len(sys.argv) > 2 else "silicon"
    host = Host(image, 115_200, strict=True, entry=entry)
    host.line.send(PING)
    expect("ping", host.take(10), PING_ANSWER)
    whole_job(host)
    noise_and_lost_bytes(host)
    no_agreement(host)
    expect("reset", host.status(RESET), 0)
    host.line.idle(20)
    expect("the board after it", host.board.state, "rom")
    for violation in host.board.violations:
        print(violation)
    sys.exit(1 if host.board.violations else 0)


if __name__ == "__main__":
    main()

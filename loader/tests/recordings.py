"""Recordings of rtboot's own loader on the emulated board: tests/transcripts/own.

    PYTHONPATH=FOLDER python loader/tests/recordings.py            # makes them anew
    PYTHONPATH=FOLDER python loader/tests/recordings.py --check    # makes them elsewhere and compares

FOLDER holds the package `oracle`. Scenarios of NXP's loader are the package's own; those of rtboot's commands are below. Exit status 1
when a recording is another than the committed one, the line with the image's digest apart."""

import argparse
import contextlib
import io
import pathlib
import struct
import sys
import tempfile
import zlib

from oracle import record
from oracle.mboot import CONFIGURE, FILL, GET_PROPERTY, READ, SET_PROPERTY, WRITE
from oracle.usbhost import endpoint_in, endpoint_out

from emulated import (ANSWER, CRC32, FETCH, FLASH, FLASH_COMMAND, GENERIC, HASH, PROTECT, READ_BY_FCB, SHA256, START, STREAM,
                      erase, program)

PROJECT = pathlib.Path(__file__).parents[2]
COMMITTED = PROJECT / "tests/transcripts/own"
RAM = 0x2020_2000
WRITE_ENABLED, CHANGES, UNTIL_READY = 1 << 24, 1 << 31, 1 << 25
# Stream's option: the host reads back what was programmed
HOST_READS = 1


def ask(s, tag, *parameters):
    """A command that sends data, up to its last response."""
    s.command(tag, *parameters)
    answer = s.response()
    while answer and answer[0] in (ANSWER, "data"):
        answer = s.response()
    return answer


def stream(s, data, options=0):
    s.command(STREAM, len(data), options, flags=1)
    first = s.response()
    if first[1][0]:
        return
    for at in range(0, len(data), s.chunk):
        s.data(data[at:at + s.chunk])
    s.response()


def failure(s):
    s.step("failure"), ask(s, FETCH, 4, 0, 100)


def property_(s, number):
    s.step(f"property {number:#x}"), s.simple(GET_PROPERTY, number, 0)


@record.scenario()
def own_inspect(s):
    """rtboot's own properties, Fetch, FlashCommand, Hash."""
    s.start_firmware().recording = True
    for number in (0x5254_0004, 0x5254_0005, 0x5254_0006):
        property_(s, number)
    for what in (1, 3, 4, 5):
        s.step(f"fetch {what}"), ask(s, FETCH, what, 0, 4096)
    s.step("SFDP"), ask(s, FETCH, 2, 4, 90)
    s.step("behind the id's end"), ask(s, FETCH, 1, 9, 4)
    for parameters in ((0x9F, 0, 0, 3), (0x8_035A, 0, 0, 4), (0x35, 0, 0, 1), (0x06, 0, 0, 0), (0x1001, 0, 0x40, 0),
                       (CHANGES | UNTIL_READY | WRITE_ENABLED | 0x1001, 0, 0x40, 0), (0x05, 0, 0, 2), (0x529F, 0, 0, 3),
                       (0x9F, 0, 0, 1025), (0x303, 0x10, 0, 16)):
        s.step(f"flash command {parameters[0]:#x}"), ask(s, FLASH_COMMAND, *parameters)
    property_(s, 0x5254_0005)
    record.ready(s)
    property_(s, 0x5254_0005)
    s.step("set it"), s.simple(SET_PROPERTY, 0x5254_0005, 0)
    s.step("registers"), ask(s, FETCH, 3, 0, 100)
    for parameters in ((0, FLASH, 300, 0), (1, FLASH, 300, 100), (1, FLASH + 1, 4097, 4096), (0, FLASH, 0, 0), (1, FLASH, 0, 16),
                       (2, FLASH, 4, 0), (0, FLASH + 0x80_0000, 1, 0), (0, RAM + 0x1E00, 64, 32)):
        s.step("hash " + " ".join(f"{word:#x}" for word in parameters)), ask(s, HASH, *parameters)


@record.scenario()
def own_options(s):
    """Option words for a flash on other pins."""
    s.start_firmware().recording = True
    for words in ((0xC100_0007, 0x0001_0000), (0xC100_0007, 0x0010_0000), (0xC100_0007, 0x2000_0000), (0xC000_0047, 0),
                  (0xC010_0007, 0x0001_0000), (0xC000_0007, 0x0001_0000), (0xC100_0007, 0x0600_000A)):
        s.step("configure-memory " + " ".join(f"{word:#x}" for word in words))
        for at, word in enumerate(words):
            s.simple(FILL, RAM + 4 * at, 4, word)
        s.simple(CONFIGURE, 9, RAM)
        property_(s, 0x5254_0005)


@record.scenario()
def own_stream(s):
    """Write streams, good and bad."""
    s.start_firmware().recording = True
    end = erase(0, 0x1000)
    page = record.pattern(256, 3)
    s.step("not configured"), stream(s, end)
    record.ready(s)
    s.step("options"), s.command(STREAM, 16, 2, flags=1), s.response()
    good = erase(0, 0x1000) + program(0, record.pattern(4096, 5)) + program(0x1000, record.pattern(16, 9))
    s.step("good"), stream(s, good)
    failure(s)
    s.step("over it"), stream(s, program(0, b"\x3F" * 5))
    failure(s)
    sector = erase(0x3000, 0x1000)
    damaged = bytearray(program(0x3000, b"abcd"))
    damaged[12] ^= 1
    for name, record_ in (
            ("kind", struct.pack("<BBHIII", 4, 0, 0, FLASH, 4096, 0)),
            ("outside", erase(0x80_0000, 0x1000)),
            ("RAM", erase(RAM - FLASH, 0x1000)),
            ("unaligned", program(0x3003, b"abc")),
            ("half a sector", erase(0, 0x1800)),
            ("crc", bytes(damaged)),
            ("lz4", struct.pack("<BBHIII", 3, 0, 3, FLASH + 0x3000, 500, 1) + b"\x20ab")):
        s.step(name), stream(s, sector + record_ + end)
        failure(s)
    s.step("cut"), stream(s, (sector + program(0x3000, page))[:116])
    failure(s)
    fast = erase(0x5000, 0x1000) + program(0x5000, record.pattern(1000, 7)) + program(0x5400, record.pattern(300, 11))
    s.step("read back by the host"), stream(s, fast, HOST_READS)
    failure(s)
    s.step("and over it"), stream(s, program(0x5000, b"\x3F" * 5), HOST_READS)
    failure(s)
    s.step("and outside"), stream(s, sector + erase(0x80_0000, 0x1000) + end, HOST_READS)
    failure(s)
    s.step("protected"), ask(s, FLASH_COMMAND, CHANGES | UNTIL_READY | WRITE_ENABLED | 0x1001, 0, 0x7C, 0)
    s.step("erase"), stream(s, end)
    failure(s)
    s.step("program"), stream(s, program(0x4000, record.pattern(300, 5)))
    failure(s)
    s.step("program, read back by the host"), stream(s, program(0x4000, record.pattern(300, 5)), HOST_READS)
    failure(s)
    s.step("erase region"), s.simple(2, FLASH, 0x1000, 0)
    failure(s)
    s.step("an empty report ends a stream"), s.command(STREAM, 5000, 0, flags=1), s.response()
    s.data(b"\1"), s.data(b""), s.response()
    s.step("next"), s.simple(GET_PROPERTY, 1, 0)


@record.scenario()
def own_read_by_fcb(s):
    """Reading as the boot ROM does, with FCBs that fit and that do not."""
    s.start_firmware().recording = True
    s.step("no FCB there"), ask(s, READ_BY_FCB, RAM, FLASH, 16)
    record.ready(s)
    s.write(FLASH + 0x2000, record.pattern(1024, 21), 9)
    s.simple(FILL, RAM, 4, 0xF000_000F), s.simple(CONFIGURE, 9, RAM)
    fcb = bytearray(s.board.nor.mem[:512])
    for clock in (1, 4, 7):
        fcb[0x46] = clock
        s.step(f"clock {clock}"), s.write(RAM, bytes(fcb))
        ask(s, READ_BY_FCB, RAM, FLASH + 0x2000, 600)
    property_(s, 0x5254_0005)
    s.step("past the end"), ask(s, READ_BY_FCB, RAM, FLASH + 0x7F_FFF0, 17)
    s.step("RAM"), ask(s, READ_BY_FCB, RAM, RAM, 16)
    one_wire = bytearray(fcb)
    one_wire[0x80:0x90] = struct.pack("<4H", 0x0403, 0x0818, 0x2404, 0) + bytes(8)
    s.step("03h on one wire"), s.write(RAM, bytes(one_wire)), ask(s, READ_BY_FCB, RAM, FLASH + 0x2000, 20)
    two_few = bytearray(fcb)
    at = two_few.index(b"\x06\x32", 0x80, 0x90)
    two_few[at] = 4
    s.step("two dummy clocks too few"), s.write(RAM, bytes(two_few)), ask(s, READ_BY_FCB, RAM, FLASH + 0x2000, 20)
    s.step("damaged tag"), s.write(RAM, b"\0" + bytes(fcb[1:])), ask(s, READ_BY_FCB, RAM, FLASH + 0x2000, 20)
    s.step("as configured before"), s.read(FLASH + 0x2000, 16, 9)


def protection(s):
    s.start_firmware().recording = True
    for on in (1, 1, 0, 0):
        s.step(f"protect {on}"), s.simple(PROTECT, on)
        s.step("registers"), ask(s, FETCH, 3, 0, 100)
    s.step("protect 2"), s.simple(PROTECT, 2)
    record.ready(s)
    s.step("protect, configured"), s.simple(PROTECT, 1)
    s.step("erase"), s.simple(2, FLASH, 0x1000, 0)
    s.step("clear, configured"), s.simple(PROTECT, 0)
    s.step("erase again"), s.simple(2, FLASH, 0x1000, 0)


@record.scenario()
def own_protect_is25lp064a(s):
    """Block protection of a part with quad enable in status register 1."""
    protection(s)


@record.scenario(flash="w25q64jv")
def own_protect_w25q64jv(s):
    """Block protection of a part with quad enable in status register 2."""
    protection(s)


@record.scenario()
def own_start(s):
    """What Start refuses. What it starts: emulated.py."""
    s.start_firmware().recording = True
    s.step("blank flash"), s.simple(START, FLASH)
    record.ready(s)
    s.simple(FILL, RAM, 4, 0xF000_000F), s.simple(CONFIGURE, 9, RAM)
    s.step("no IVT"), s.simple(START, FLASH)
    s.step("another address"), s.simple(START, FLASH + 0x1000)

    def image(entry=FLASH + 0x2000, dcd=0, start=FLASH, plugin=0):
        s.simple(2, FLASH + 0x1000, 0x1000, 9)
        header = struct.pack("<11I", 0x4120_00D1, entry, 0, dcd, FLASH + 0x1020, FLASH + 0x1000, 0, 0, start, 0x4000, plugin)
        s.write(FLASH + 0x1000, header, 9)

    for name, changed in (("DCD", {"dcd": FLASH + 0x1800}), ("plugin", {"plugin": 1}), ("copied to RAM", {"start": RAM}),
                          ("erased entry", {"entry": FLASH + 0x8000}), ("entry in no memory", {"entry": 0x1000_0000})):
        s.step(name), image(**changed), s.simple(START, FLASH)


class Frames:
    """The bulk interface; packet by packet, so that nothing is fetched that is not recorded."""

    PACKET, MOST = 512, 508

    def __init__(self, s):
        self.s = s

    def send(self, raw):
        self.s.note(bulk_out=raw.hex())
        self.s.board.host.complete(endpoint_out(self.s.board.usb, 3, raw, self.PACKET))

    def out(self, id, payload):
        self.send(struct.pack("<BBH", id, 0, len(payload)) + payload)

    def into(self):
        raw = b""
        while len(raw) < 4 or len(raw) < 4 + struct.unpack("<H", raw[2:4])[0]:
            raw += self.s.board.host.complete(endpoint_in(self.s.board.usb, 3, self.PACKET, self.PACKET))
        self.s.note(bulk_in=raw.hex())
        return raw[0]

    def command(self, tag, *words, flags=0):
        self.out(1, struct.pack(f"<BBBB{len(words)}I", tag, flags, 0, len(words), *words))
        self.into()

    def ask(self, tag, *words):
        """A command that sends data, up to its last response."""
        self.command(tag, *words)
        while self.into() != 3:
            pass

    def control(self, *setup):
        self.s.board.host.control(*setup)
        self.s.note(control=struct.pack("<BBHHH", *setup, 0).hex())


@record.scenario()
def own_bulk(s):
    """Frames on the bulk interface, alone and with reports of the HID interface between them."""
    s.start_firmware().recording = True
    record.ready(s)
    pipe, data = Frames(s), record.pattern(1500, 7)
    s.step("properties")
    for number in (0x5254_0001, 1, 12):
        pipe.command(GET_PROPERTY, number, 0)
    s.step("unknown command"), pipe.command(0x40, 0, 0)
    s.step("write RAM"), pipe.command(WRITE, RAM, len(data), 0, flags=1)
    for at in range(0, len(data), pipe.MOST):
        pipe.out(2, data[at:at + pipe.MOST])
    pipe.into()
    for length in (0, 1, 508, 1020, 1021, 1500):
        s.step(f"read {length} bytes of RAM"), pipe.ask(READ, RAM, length, 0)
    s.step("program"), pipe.command(WRITE, FLASH + 0x1000, 512, 9, flags=1)
    pipe.out(2, data[:508]), pipe.out(2, data[508:512]), pipe.into()
    s.step("read flash"), pipe.ask(READ, FLASH + 0xF80, 2300, 9)
    s.step("SHA-256"), pipe.ask(HASH, SHA256, FLASH + 0x1000, 512, 0)
    s.step("CRC-32"), pipe.ask(HASH, CRC32, FLASH, 0x2000, 0x1000)
    s.step("no such address"), pipe.ask(READ, 0x3000_0000, 16, 0)
    s.step("an empty command ends a read"), pipe.command(READ, RAM, 8000, 0), pipe.into(), pipe.out(1, b"")
    while pipe.into() != 3:
        pass
    s.step("no frames")
    pipe.send(b"\1"), pipe.send(b"\1\0\xff\xff1234"), pipe.out(2, b"data"), pipe.out(7, b"what")
    pipe.command(GET_PROPERTY, 1, 0)
    s.step("a HID command while a bulk read is not fetched"), pipe.command(READ, RAM, 16000, 0), pipe.into()
    s.simple(GET_PROPERTY, 1, 0)
    s.step("bulk again"), pipe.ask(READ, RAM, 8, 0)
    s.step("a bulk command while a HID write waits"), s.command(WRITE, RAM + 0x800, 3000, 0, flags=1), s.response()
    s.data(b"1" * 1016), pipe.ask(READ, RAM + 0x800, 16, 0)
    s.step("data that came too late"), s.data(b"2" * 1016), pipe.ask(READ, RAM + 0x800 + 1016, 16, 0)
    s.step("HID again"), s.read(RAM, 1100)
    s.step("a HID command while a bulk write waits"), pipe.command(WRITE, RAM + 0x800, 3000, 0, flags=1)
    pipe.out(2, b"3" * 508), s.simple(GET_PROPERTY, 1, 0)
    s.step("data that came too late"), pipe.out(2, b"4" * 508), s.read(RAM + 0x800, 600)
    s.step("the bulk endpoints begin anew")
    pipe.control(2, 1, 0, 0x83), pipe.control(2, 1, 0, 3), pipe.control(1, 11, 0, 1)
    pipe.command(GET_PROPERTY, 1, 0), s.simple(GET_PROPERTY, 1, 0)


OWN = ["own_bulk", "own_inspect", "own_options", "own_stream", "own_read_by_fcb", "own_protect_is25lp064a", "own_protect_w25q64jv", "own_start"]


def lines(path):
    return path.read_text().splitlines()[1:]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--image", default=PROJECT / "loader/image/rtboot-loader.bin")
    arguments.add_argument("--only", default="", help="names, with commas between")
    arguments.add_argument("--but", default="", help="names to leave out")
    given = arguments.parse_args()
    names = given.only.split(",") if given.only else sorted({path.stem for path in COMMITTED.glob("*.jsonl")} | set(OWN))
    names = [name for name in names if name not in given.but.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) if given.check else COMMITTED
        with contextlib.redirect_stdout(io.StringIO()):
            record.run(str(given.image), str(out), set(names))
        if not given.check:
            sys.exit(0)
        changed = 0
        for name in names:
            for committed, made in zip(lines(COMMITTED / f"{name}.jsonl") + [None], lines(out / f"{name}.jsonl") + [None]):
                if committed != made:
                    changed += 1
                    print(f"{name}: the loader gives\n  {str(made)[:200]}\nand its recording says\n  {str(committed)[:200]}")
                    break
        print(f"{len(names) - changed} of {len(names)} recordings hold")
        sys.exit(1 if changed else 0)


if __name__ == "__main__":
    main()

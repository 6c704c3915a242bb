"""A restricted image on the emulated board: what it refuses, and that flash can be written and read with it.

    PYTHONPATH=FOLDER python loader/tests/restricted.py IMAGE
    PYTHONPATH=FOLDER python loader/tests/restricted.py --uart IMAGE

FOLDER holds the package `oracle`. IMAGE is rtboot-loader-restricted.bin or rtboot-loader-uart-restricted.bin of `loader/build --restricted`.
Exit status 1 when an answer is wrong or a rule was broken."""

import hashlib
import random
import sys

import emulated_uart
from oracle.mboot import CALL, CONFIGURE, EXECUTE, FILL, GET_PROPERTY, READ, READ_ONCE, WRITE

from emulated import (CRC32, FLASH, GENERIC, HASH, READ_BY_FCB, SHA256, START, STREAM, UNKNOWN_REGISTERS, Host, erase, expect, program)

MAILBOX, MAILBOX_END = 0x2020_2000, 0x2020_2400
OUTSIDE, NOT_ALLOWED, INVALID, OK = 10200, 10001, 4, 0
# loader, stack, other OCRAM, DTCM, ITCM, a register, and a range that leaves the mailbox
ELSEWHERE = (0x2020_8000, 0x2020_F000, 0x2020_1FFC, 0x2000_1000, 0x0000_0100, 0x400D_8260, MAILBOX_END - 4)


class UartHost(emulated_uart.Host):
    """The same questions over the UART."""

    def start_firmware(self):
        self.line.send(emulated_uart.PING)
        expect("ping", self.take(10), emulated_uart.PING_ANSWER)
        self.change_speed(921_600)

    def property(self, number):
        return self.simple(GET_PROPERTY, number, 0)[1]

    def read(self, address, length, memory=0):
        found, data = self.ask(READ, address, length, memory)
        return (GENERIC, (found, READ)), data

    def write(self, address, data, memory=0):
        return GENERIC, (self.give(WRITE, data, address, len(data), memory), WRITE)

    def stream(self, data):
        return self.give(STREAM, data, len(data), 0)


def status(host, tag, *parameters):
    return host.simple(tag, *parameters)[1][0]


def refusals(host):
    features = host.property(0x5254_0001)[4]
    expect("feature bit 31", features >> 31, 1)
    for address in ELSEWHERE:
        answer, data = host.read(address, 8, 0)
        expect(f"read {address:#x}", (answer[1], data), ((OUTSIDE, READ), b""))
        expect(f"fill {address:#x}", status(host, FILL, address, 8, 0), OUTSIDE)
        # refused when the data come, as every write
        expect(f"write {address:#x}", host.write(address, bytes(8), 0)[1], (OUTSIDE, WRITE))
        for kind in (SHA256, CRC32):
            expect(f"hash {address:#x}", host.ask(HASH, kind, address, 8, 0), (OUTSIDE, b""))
    for tag in (EXECUTE, CALL, READ_ONCE):
        expect(f"command {tag}", status(host, tag, MAILBOX, 4, 0), NOT_ALLOWED)
    expect("words from elsewhere", status(host, CONFIGURE, 9, 0x2020_8000), INVALID)
    expect("an FCB from elsewhere", host.ask(READ_BY_FCB, 0x2020_8000, FLASH, 16), (OUTSIDE, b""))
    expect("start of RAM", status(host, START, 0x2020_8000), OUTSIDE)


def flash(host):
    memory, data = host.board.nor.mem, random.Random(4).randbytes(0x2000)
    expect("mailbox", (host.write(MAILBOX, data[:0x400])[1][0], host.read(MAILBOX, 0x400)[1]), (OK, data[:0x400]))
    expect("configure", status(host, FILL, MAILBOX, 4, 0xC000_0007), OK)
    expect("configure", status(host, CONFIGURE, 9, MAILBOX), OK)
    memory[:0x3000] = b"\x5A" * 0x3000
    records = b"".join([erase(0, 0x2000)] + [program(at, data[at:at + 0x1000]) for at in range(0, 0x2000, 0x1000)])
    expect("stream", host.stream(records), OK)
    expect("cells", bytes(memory[:0x3000]), data + b"\x5A" * 0x1000)
    expect("read", host.read(FLASH, 0x2000, 9)[1], data)
    expect("hash", host.ask(HASH, SHA256, FLASH, 0x2000, 0), (OK, hashlib.sha256(data).digest()))
    expect("start of what is no image", status(host, START, FLASH), 59010)
    expect("next", host.simple(GET_PROPERTY, 1, 0)[1], (OK, 0x4B02_0100))


def main():
    match sys.argv[1:]:
        case ["--uart", image]:
            host = UartHost(image, 115_200, strict=True, entry="silicon")
        case [image]:
            host = Host(image, "silicon")
    host.start_firmware()
    refusals(host)
    flash(host)
    broken = [violation for violation in host.board.violations if violation.text not in UNKNOWN_REGISTERS]
    for violation in broken:
        print(violation)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()

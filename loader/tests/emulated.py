"""rtboot's own commands on the emulated board, with its referee and its virtual time.

    PYTHONPATH=FOLDER python loader/tests/emulated.py [IMAGE] [ENTRY]

FOLDER holds the package `oracle`, which needs unicorn and cryptography. Prints what it measured; exit status 1 when an answer is
wrong or a rule was broken."""

import hashlib
import pathlib
import random
import struct
import sys
import zlib

from oracle.mboot import CONFIGURE, FILL, GET_PROPERTY, READ, WRITE, Session
from oracle.usbframe import FrameHost

from waits import pass_over

FLASH = 0x6000_0000
FETCH, FLASH_COMMAND, READ_BY_FCB, HASH, STREAM, PROTECT, START = range(0x50, 0x57)
ANSWER, GENERIC = 0xD0, 0xA0
SHA256, CRC32 = 0, 1
# the model of the flash does not know the read commands of these ISSI registers; data sheets have them
UNKNOWN_REGISTERS = ("unknown opcode 0x48", "unknown opcode 0x61", "unknown opcode 0x81")


def lz4(data):
    """An LZ4 block of runs and literals: what a simple packer would make."""
    out, literals, at = b"", b"", 0

    def length(count):
        return b"" if count < 15 else bytes([255] * ((count - 15) // 255) + [(count - 15) % 255])

    while at < len(data):
        run = 0
        while literals and at + run < len(data) - 12 and data[at + run] == literals[-1]:
            run += 1
        if run < 8:
            literals += data[at:at + 1]
            at += 1
            continue
        out += bytes([min(len(literals), 15) << 4 | min(run - 4, 15)]) + length(len(literals)) + literals
        out += b"\1\0" + length(run - 4)
        literals, at = b"", at + run
    return out + bytes([min(len(literals), 15) << 4]) + length(len(literals)) + literals


def erase(offset, length):
    return struct.pack("<BBHIII", 1, 0, 0, FLASH + offset, length, 0)


def program(offset, data, packed=None):
    body = packed or data
    return struct.pack("<BBHIII", 3 if packed else 2, 0, len(body), FLASH + offset, len(data), zlib.crc32(data)) + body


class Host(Session):
    def __init__(self, image, entry, **board):
        super().__init__(image, strict=True, entry=entry, trace_spi=False, **board)
        FrameHost(self.board)
        pass_over(self.board)

    @property
    def now(self):
        return self.board.clock.ns

    def property(self, number):
        return self.simple(GET_PROPERTY, number, 0)[1]

    def ask(self, tag, *parameters):
        """Status and data of a command that sends some."""
        self.command(tag, *parameters)
        kind, words = self.response()
        if kind != ANSWER:
            return words[0], b""
        got = b""
        while True:
            kind, value = self.response(insns=400_000_000)
            if kind == GENERIC:
                assert value[0] or len(got) == words[1], (len(got), words)
                return value[0], got
            got += value if kind == "data" else b""

    def resynchronised(self):
        """Skips what an ended read left in the host, up to the answer of a GetProperty."""
        self.command(GET_PROPERTY, 1, 0)
        for _ in range(16):
            answer = self.response()
            if answer[0] == 0xA7:
                return True
        return False

    def stream(self, data):
        self.command(STREAM, len(data), 0, flags=1)
        first = self.response()[1][0]
        if first:
            return first
        for at in range(0, len(data), self.chunk):
            self.data(data[at:at + self.chunk])
        return self.response()[1][0]


class Bulk:
    """The bulk interface: frames as reports without padding, read in transfers of many frames."""

    TRANSFER, DEPTH = 0x4000, 2

    def __init__(self, host):
        self.usb, self.board = host.board.host, host.board
        (_, self.packet, _), (_, other, _) = (self.board.hid.endpoints[at] for at in (0x83, 0x03))
        expect("packets", self.packet, other)
        self.pending, self.got, self.sizes = [], b"", set()

    def out(self, id, payload):
        self.send(struct.pack("<BBH", id, 0, len(payload)) + payload)

    def send(self, raw):
        sent = self.usb.queue_out(0x03, raw, self.packet)
        self.usb.run_until(lambda: sent.done)

    def command(self, tag, *words, flags=0):
        self.out(1, struct.pack(f"<BBBB{len(words)}I", tag, flags, 0, len(words), *words))

    def post(self):
        while len(self.pending) < self.DEPTH:
            self.pending.append(self.usb.queue_in(0x83, self.TRANSFER, self.packet))

    def take(self, count):
        while len(self.got) < count:
            self.post()
            self.usb.run_until(lambda: self.pending[0].done)
            done = self.pending.pop(0)
            if done.error:
                raise done.error
            self.got += done.data
        taken, self.got = self.got[:count], self.got[count:]
        return taken

    def frame(self):
        id, zero, length = struct.unpack("<BBH", self.take(4))
        expect("second byte", zero, 0)
        self.sizes.add(length)
        return id, self.take(length)

    def response(self):
        id, packet = self.frame()
        expect("response", id, 3)
        return packet[0], struct.unpack(f"<{packet[3]}I", packet[4:])

    def simple(self, tag, *words):
        self.command(tag, *words)
        return self.response()

    def ask(self, tag, *words):
        """As Host.ask."""
        self.command(tag, *words)
        kind, values = self.response()
        if kind == GENERIC:
            return values[0], b""
        got, length = b"", values[1]
        while True:
            id, payload = self.frame()
            if id == 3:
                status = struct.unpack("<I", payload[4:8])[0]
                assert status or len(got) == length, (len(got), length)
                return status, got
            got += payload

    def give_up(self):
        """What a host does whose program ends: no transfer is posted any more."""
        self.usb.cancel(0x83)
        self.pending, self.got = [], b""


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found!r}, not {wanted!r}")


def inspect(host):
    magic, protocol, version, features, snapshot = host.property(0x5254_0001)[1:]
    expect("magic", struct.pack("<I", magic), b"rtbl")
    expect("protocol and snapshot", (protocol, snapshot), (1, 512))
    print(f"version {version:#x}, features {features:#x}")
    core = host.property(0x5254_0002)[1]
    expect("core clock", 380_000_000 < core < 410_000_000, True)
    expect("snapshot", host.ask(FETCH, 0, 0, 4), (0, b"SNP1"))
    expect("id", host.ask(FETCH, 1, 0, 3), (0, b"\x9d\x60\x17"))
    expect("SFDP", host.ask(FETCH, 2, 0, 4), (0, b"SFDP"))
    expect("registers", host.ask(FETCH, 3, 0, 8), (0, bytes([5, 1, 0, 0, 0, 0, 0, 0])))
    expect("raw read", host.ask(FLASH_COMMAND, 0x9F, 0, 0, 3), (0, b"\x9d\x60\x17"))
    expect("raw erase", host.ask(FLASH_COMMAND, 0x60, 0, 0, 0), (59007, b""))


def control(host, kind, request, value, index, length):
    return host.board.host.control(kind, request, value, index, length)


def descriptors(host):
    """What Linux and Windows ask for."""
    device = control(host, 0x80, 6, 0x100, 0, 18)
    expect("USB and release", struct.unpack("<H8xH", device[2:14]), (0x201, 0x102))
    expect("interfaces", host.board.hid.interfaces, [(3, 0, 0), (0xFF, 0, 0)])
    # 64 bytes, a whole packet: the host is told that there is no more
    expect("configuration", len(control(host, 0x80, 6, 0x200, 0, 255)), 64)
    expect("configuration, exactly", len(control(host, 0x80, 6, 0x200, 0, 64)), 64)
    head = control(host, 0x80, 6, 0xF00, 0, 5)
    bos = control(host, 0x80, 6, 0xF00, 0, struct.unpack("<H", head[2:4])[0])
    uuid = bytes.fromhex("df60ddd8 8945c74c 9cd2659d 9e648a9f")
    expect("capability", (len(bos), bos[5:9], bos[9:25]), (33, bytes([28, 16, 5, 0]), uuid))
    windows, length, code, other = struct.unpack("<IHBB", bos[25:])
    expect("Windows", (windows, other), (0x0603_0000, 0))
    whole = control(host, 0xC0, code, 0, 7, length)
    expect("set", struct.unpack("<HHIH", whole[:10]), (10, 0, windows, length))
    expect("configuration subset", struct.unpack("<HHBBH", whole[10:18]), (8, 1, 0, 0, length - 10))
    expect("function subset", struct.unpack("<HHBBH", whole[18:26]), (8, 2, 1, 0, length - 18))
    expect("id", whole[26:46], bytes([20, 0, 3, 0]) + b"WINUSB".ljust(16, b"\0"))
    expect("property", struct.unpack("<HHHH", whole[46:54]), (length - 46, 4, 7, 42))
    expect("name", whole[54:96].decode("utf-16-le"), "DeviceInterfaceGUIDs\0")
    guid = whole[98:].decode("utf-16-le")
    expect("GUID", (whole[96:98], len(guid), guid[0], guid[37:]), (bytes([80, 0]), 40, "{", "}\0\0"))


def bulk(host, length):
    memory = host.board.nor.mem
    pipe = Bulk(host)
    identity = pipe.simple(GET_PROPERTY, 0x5254_0001, 0)
    expect("identity", identity[1][1:], host.property(0x5254_0001)[1:])
    start = host.now
    expect("bulk read", pipe.ask(READ, FLASH, length, 9), (0, bytes(memory[:length])))
    print(f"read, bulk, packets of {pipe.packet} {length / (host.now - start) * 1e3:.1f} MB/s")
    start = host.now
    expect("HID read", host.read(FLASH, length // 8, 9)[1], bytes(memory[:length // 8]))
    print(f"read, HID {length / 8 / (host.now - start) * 1e3:.2f} MB/s")
    expect("longest data", max(pipe.sizes), 1020)
    for length in (0, 1, 508, 1020, 1021, 1532, 2040, 4080):
        expect(f"{length} bytes", pipe.ask(READ, FLASH + 3, length, 9), (0, bytes(memory[3:3 + length])))
    digest = hashlib.sha256(memory[:5000]).digest()
    expect("hash", pipe.ask(HASH, SHA256, FLASH, 5000, 0), (0, digest))
    expect("bad address", pipe.ask(READ, 0x3000_0000, 16, 0)[0], 10200)
    # a write: frames to the device are one packet
    pipe.command(WRITE, 0x2000_3000, 1000, 0, flags=1)
    expect("write", pipe.response(), (GENERIC, (0, WRITE)))
    most = pipe.packet - 4
    for at in range(0, 1000, most):
        pipe.out(2, bytes(memory[at:min(at + most, 1000)]))
    expect("written", pipe.response(), (GENERIC, (0, WRITE)))
    expect("RAM", host.read(0x2000_3000, 1000)[1], bytes(memory[:1000]))
    interfaces(host, pipe)


def interfaces(host, pipe):
    """One interface has a command while the other is in a data phase."""
    memory = host.board.nor.mem
    # a bulk host that is gone in the middle of a read: HID is answered, and nothing of the read comes later
    pipe.command(READ, FLASH, 0x8_0000, 9)
    expect("announcement", pipe.response()[1][0], 0)
    expect("data", pipe.frame(), (4, bytes(memory[:1020])))
    pipe.give_up()
    expect("HID", host.read(FLASH, 2000, 9)[1], bytes(memory[:2000]))
    expect("bulk, afterwards", pipe.ask(READ, FLASH + 8, 16, 9), (0, bytes(memory[8:24])))
    # the same the other way round
    host.command(READ, FLASH, 0x8_0000, 9)
    expect("announcement", host.response()[1][0], 0)
    expect("bulk", pipe.ask(READ, FLASH, 3000, 9), (0, bytes(memory[:3000])))
    expect("HID, afterwards", host.resynchronised(), True)
    # a HID write that waits for data; what comes of them later is dropped
    host.command(WRITE, 0x2000_3000, 4000, 0, flags=1)
    expect("write", host.response()[1][0], 0)
    host.data(b"1" * host.chunk)
    expect("bulk", pipe.ask(READ, 0x2000_3000, 8, 0), (0, b"1" * 8))
    host.data(b"2" * host.chunk)
    expect("bulk", pipe.ask(READ, FLASH, 3000, 9), (0, bytes(memory[:3000])))
    expect("HID", host.read(0x2000_3000, 4, 0)[1], b"1111")
    # an empty command ends a bulk read
    pipe.command(READ, FLASH, 0x8_0000, 9)
    pipe.response(), pipe.frame()
    pipe.out(1, b"")
    while True:
        id, payload = pipe.frame()
        if id == 3:
            break
    expect("ended", struct.unpack("<I", payload[4:8])[0], 10002)
    # both interfaces begin anew without the other
    for interface, endpoint in ((1, 0x83), (1, 0x03)):
        control(host, 2, 1, 0, endpoint, 0)
    control(host, 1, 11, 0, 1, 0)
    expect("bulk, begun anew", pipe.ask(READ, FLASH, 3000, 9), (0, bytes(memory[:3000])))
    expect("HID", host.read(FLASH, 16, 9)[1], bytes(memory[:16]))
    # what is no frame is dropped
    pipe.send(b"\1")
    pipe.send(b"\1\0\xff\xff1234")
    expect("bulk, after junk", pipe.ask(READ, FLASH, 16, 9), (0, bytes(memory[:16])))


def hashes(host):
    memory = host.board.nor.mem
    length = 1 << 20
    memory[:length] = random.Random(1).randbytes(length)
    for kind, name in ((CRC32, "CRC-32"), (SHA256, "SHA-256")):
        start = host.now
        status, got = host.ask(HASH, kind, FLASH, length, 4096 if kind else 0)
        taken = host.now - start
        pieces = [bytes(memory[at:at + 4096]) for at in range(0, length, 4096)] if kind else [bytes(memory[:length])]
        made = [struct.pack("<I", zlib.crc32(piece)) if kind else hashlib.sha256(piece).digest() for piece in pieces]
        expect(name, (status, got), (0, b"".join(made)))
        print(f"{name} {length / taken * 1e3:.1f} MB/s")


def streams(host):
    memory, length = host.board.nor.mem, 0x2_0000
    memory[:] = b"\xFF" * len(memory)
    noise = random.Random(2).randbytes(length)
    start = host.now
    records = [program(at, noise[at:at + 4096]) for at in range(0, length, 4096)]
    expect("stream of raw records", host.stream(b"".join(records)), 0)
    expect("flash", bytes(memory[:length]), noise)
    print(f"stream, raw, blank flash {length / (host.now - start) * 1e6:.0f} KB/s")
    text = b"".join(bytes([i % 251]) * (i % 97) for i in range(4000))[:length]
    text = text.ljust(length, b"\x55")
    start = host.now
    records = [erase(0, length)]
    records += [program(at, text[at:at + 4096], lz4(text[at:at + 4096])) for at in range(0, length, 4096)]
    sent = b"".join(records)
    expect("stream of packed records", host.stream(sent), 0)
    expect("flash", bytes(memory[:length]), text)
    print(f"stream, packed to {100 * len(sent) // length} %, with erase {length / (host.now - start) * 1e6:.0f} KB/s")
    host.board.nor.stuck_zero = {0x1234: 1}
    expect("worn cell", host.stream(erase(0, 0x2000)), 59004)
    failure = struct.unpack("<6I", host.ask(FETCH, 4, 0, 24)[1])
    expect("failure", failure[:5], (59004, 0, FLASH + 0x1234, 0xFF, 0xFE))
    host.board.nor.stuck_zero = {}
    damaged = bytearray(program(0x8000, noise[:4096]))
    damaged[300] ^= 1
    before = bytes(memory[0x8000:0x9000])
    expect("damaged record", host.stream(bytes(damaged)), 59006)
    expect("flash behind it", bytes(memory[0x8000:0x9000]), before)


def protection(host):
    nor = host.board.nor
    nor.mem[:4] = b"kept"
    expect("protect", (host.simple(PROTECT, 1)[1][0], nor.status[0]), (0, 0x7C))
    expect("erase of protected flash", host.stream(erase(0, 4096)), 59004)
    expect("flash", bytes(nor.mem[:4]), b"kept")
    # the model notes every erase of protected flash; this one was meant
    host.board.violations[:] = [v for v in host.board.violations if "block protected" not in v.text]
    expect("unprotect", (host.simple(PROTECT, 0)[1][0], nor.status[0]), (0, 0x40))
    expect("erase", host.stream(erase(0, 4096)), 0)


def other_fcb(host):
    """Reads at three clocks; the configuration comes back."""
    nor = host.board.nor
    host.simple(FILL, 0x2020_2000, 4, 0xF000_000F)
    expect("FCB stored", host.simple(CONFIGURE, 9, 0x2020_2000)[1][0], 0)
    fcb = bytearray(nor.mem[:512])
    data = bytes(nor.mem[0x2000:0x3000])
    before = host.property(0x5254_0005)
    for clock in (1, 4, 7):
        fcb[0x46] = clock
        host.write(0x2000_3000, bytes(fcb))
        expect("read by an FCB", host.ask(READ_BY_FCB, 0x2000_3000, FLASH + 0x2000, 4096), (0, data))
    expect("FLASH", host.property(0x5254_0005), before)
    expect("flash", host.read(FLASH + 0x2000, 4096, 9)[1], data)


def start(host):
    """Starts a vector table in flash whose code, in RAM, stores VTOR, SP, PRIMASK and CCR."""
    nor = host.board.nor
    expect("start without IVT", host.simple(START, FLASH)[1][0], 59010)
    ivt = struct.pack("<11I", 0x4120_00D1, FLASH + 0x2000, 0, 0, FLASH + 0x1020, FLASH + 0x1000, 0, 0, FLASH, 0x4000, 0)
    nor.mem[0x1000:0x1000 + len(ivt)] = ivt
    nor.mem[0x2000:0x2008] = struct.pack("<2I", 0x2000_8000, 0x2000_1001)
    # ldr r3, =0xE000ED08; ldr r0, [r3]; mov r1, sp; mrs r2, primask; ldr r4, [r3, #12]; ldr r5, =0x20004000; stmia; b .
    code = struct.pack("<12H", 0x4B04, 0x6818, 0x4669, 0xF3EF, 0x8210, 0x68DC, 0x4D02, 0xC517, 0xE7FE, 0xBF00, 0xED08, 0xE000)
    host.write(0x2000_1000, code + struct.pack("<I", 0x2000_4000))
    expect("start", host.simple(START, FLASH)[1][0], 0)
    host.board.step(60 * 20)
    found = struct.unpack("<4I", bytes(host.board.cpu.uc.mem_read(0x2000_4000, 16)))
    expect("VTOR, SP, PRIMASK, CCR", found, (FLASH + 0x2000, 0x2000_8000, 0, 0x200))
    expect("USB", host.board.usb, None)


def main():
    image = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1] / "image/rtboot-loader.bin"
    host = Host(image, sys.argv[2] if len(sys.argv) > 2 else "silicon")
    host.start_firmware()
    inspect(host)
    expect("configure", host.configure(0xC000_0007)[1][0], 0)
    descriptors(host)
    hashes(host)
    bulk(host, 1 << 20)
    streams(host)
    protection(host)
    other_fcb(host)
    start(host)
    slow = Host(image, "silicon", high_speed=False)
    slow.start_firmware()
    expect("configure", slow.configure(0xC000_0007)[1][0], 0)
    slow.board.nor.mem[:1 << 14] = random.Random(3).randbytes(1 << 14)
    descriptors(slow)
    bulk(slow, 1 << 14)
    violations = host.board.violations + slow.board.violations
    broken = [violation for violation in violations if violation.text not in UNKNOWN_REGISTERS]
    for violation in broken:
        print(violation)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()

"""Random sessions with NXP's genuine flashloaders on the emulated board: tests/transcripts/CHIP/random.

    PYTHONPATH=FOLDER python sim/tests/recordings/random_chips.py BUILDS [--chips rt1062,...] [--seeds 1:6] [--out DIR]

FOLDER holds the package `oracle`; BUILDS holds rt1011.bin to rt1064.bin, the flashloaders of NXP-MCUBootUtility, and rt1015-itcm.bin, which
stands in for the driver in the RT1011's ROM. `sim/tests/random_script.rs` plays the sessions on the virtual board.

Left out, as the virtual board has no model of it: read-resource where it answers, what is in an SB file, option words of octal parts and
key blobs, RAM that the host has not written, reports of exactly one packet where that does not end a transfer, execute and call."""

import argparse
import json
import pathlib
import random
import struct

from oracle.mboot import (CONFIGURE, ERASE_ALL, ERASE_REGION, FILL, GET_PROPERTY, KEY_BLOB, PROGRAM_ONCE, READ, READ_ONCE,
                          READ_RESOURCE, SET_PROPERTY, WRITE, Session)
from oracle.record import pattern

PROJECT = pathlib.Path(__file__).parents[3]
TRANSCRIPTS = PROJECT / "tests/transcripts"
CHIPS = ("rt1011", "rt1015", "rt1024", "rt1042", "rt1052", "rt1062", "rt1064")
RESPONSE = 0xA0
RAM = 0x2020_2000
RAM_SIZE = 0x2000
# the 0x60000000 of another chip, OCRAM's end, nothing, a peripheral that is no register of the model
ODD = (0x6000_0000, 0x7000_0000, 0x1000_0000, 0x0200_0000, 0x4040_0000, 0x8000_0000, 0xFFFF_FFF0)
REGISTERS = (0x400D_8260, 0x401F_4410, 0x401F_4420, 0x401F_4440)
MEMORIES = (0, 1, 8, 9, 9, 9, 9, 0x100, 0x101, 0x110, 0x120, 0x121, 0x200)
OPTIONS = [(0xC000_0000 + f,) for f in range(16)] + [
    (0xC000_0007,), (0xC000_0007,), (0xC000_0007,), (0xC000_1007,), (0xC001_0007,), (0xC010_0003,), (0xC010_0007,),
    (0xC100_0007, 0), (0xC100_0007, 6), (0xC100_0007, 0x0001_0000), (0xC020_0003,), (0xC030_0003,), (0,), (0xA000_0007,),
    (0xD000_0000,), (0xFFFF_FFFF,)]


class Player:
    def __init__(self, builds, chip, seed):
        self.r = random.Random(f"{chip} {seed}")
        self.chip = chip
        flash = self.r.choice(("is25lp064a", "is25lp064a", "w25q64jv"))
        driver = {"rom_driver": str(builds / "rt1015-itcm.bin")} if chip == "rt1011" else {}
        self.s = Session(builds / f"{chip}.bin", chip=chip, flash=flash, **driver).start_firmware()
        self.nor, self.flash = self.s.board.nor, self.s.flash
        self.s.lines.clear()
        self.s.recording = True
        self.dead = False

    def tamper(self, **what):
        self.s._flush_spi()
        for at, count, seed in what.get("memory", ()):
            self.nor.mem[at:at + count] = pattern(count, seed) if seed else bytes(count)
        for at, count in what.get("blank", ()):
            self.nor.mem[at:at + count] = b"\xFF" * len(self.nor.mem[at:at + count])
        if "qe" in what:
            self.nor.qe = what["qe"]
        self.s.note(board=what)

    def offset(self):
        return self.r.choice((0, 0x400, 0x1000, 0x2000, 0xF000, 0x1_0000, 0x2_0000, 0x7F_F000, self.r.randrange(0, 0x80_0000, 0x1000)))

    def place(self, count):
        """An address: flash mostly, RAM of the host's, somewhere odd."""
        kind = self.r.random()
        if kind < 0.6:
            return self.flash + self.offset() + self.r.choice((0, 0, 0, 0x100, 0x10, 1))
        if kind < 0.85:
            return RAM + self.r.randrange(0, RAM_SIZE - count, 4) if count < RAM_SIZE - 4 else RAM
        return self.r.choice(ODD)

    def answers(self):
        """Every report until a response that ends the command, or silence."""
        while True:
            answer = self.s.response(insns=60_000_000)
            if answer is None:
                self.dead = True
                return None
            begins = answer[0] in (READ + RESPONSE, READ_RESOURCE + RESPONSE)
            if answer[0] not in ("data", "abort") and not begins:
                return answer

    def run(self, tag, *words, name, answers=None):
        self.s.step(name)
        if not self.s.command(tag, *words):
            self.dead = True
            return None
        answer = self.answers()
        # out of step: what the flash sees then falls into another step than the answer
        if answer and (answers or tag) not in (answer[0] - RESPONSE, answer[1][1] if len(answer[1]) > 1 else None):
            self.dead = True
        return answer

    def configure(self, option):
        self.s.step("configure " + " ".join(f"{word:#010x}" for word in option))
        for i, word in enumerate(option):
            if self.s.simple(FILL, RAM + 4 * i, 4, word) is None:
                self.dead = True
                return
        if self.s.command(CONFIGURE, 9, RAM):
            self.answers()

    def write(self):
        r = self.r
        count = r.choice((1, 4, 16, 255, 256, 257, 512, 1000, 1012, 1013, 2048, r.randrange(1, 3000)))
        address, memory = self.place(count), r.choice(MEMORIES)
        if r.random() < 0.6 and self.flash <= address < self.flash + 0x80_0000:
            at = address - self.flash & ~0xFFF
            self.tamper(blank=[[at, 0x2000]])
        chunk = r.choice((self.s.chunk, self.s.chunk, 1000, 512, 100))
        pad = r.choice((0, 0, self.s.chunk + 4))
        self.s.step(f"write {address:#x} {count} {memory:#x} in {chunk}, padded to {pad}")
        if not self.s.command(WRITE, address, count, memory, flags=1):
            self.dead = True
            return
        first = self.s.response()
        if first is None or first[0] in ("data", "abort") or first[1][0]:
            self.dead = first is None
            return
        data = pattern(count, r.randrange(1, 1 << 30))
        stop = r.random() < 0.06
        for at in range(0, count, chunk):
            piece = data[at:at + chunk]
            full = len(piece) + 4 == 1019 and self.chip != "rt1024" and not pad
            self.s.out(2, struct.pack("<BH", 0, len(piece)) + piece, 1021 if full else pad)
            if stop:
                break
        if stop and count > chunk:
            self.run(GET_PROPERTY, 1, 0, name="a command in place of data", answers=WRITE)
        else:
            self.answers()

    def step(self):
        r = self.r
        kind = r.choice(("configure", "write", "write", "write", "read", "read", "read", "erase", "erase", "fill", "property", "property",
                         "fuse", "once", "unknown", "set", "fcb", "block", "register", "all", "tamper", "blob"))
        if kind == "configure":
            self.configure(r.choice(OPTIONS))
        elif kind == "write":
            self.write()
        elif kind == "read":
            count = r.choice((0, 1, 4, 16, 256, 1011, 1012, 1013, 1016, 1017, r.randrange(1, 4000)))
            address, memory = self.place(count), r.choice(MEMORIES)
            self.run(READ, address, count, memory, name=f"read {address:#x} {count} {memory:#x}")
        elif kind == "erase":
            count = r.choice((0, 1, 0x1000, 0x1000, 0x2000, 0x1_0000, 0x1_1000))
            address, memory = self.place(16), r.choice(MEMORIES)
            self.run(ERASE_REGION, address, count, memory, name=f"erase {address:#x} {count:#x} {memory:#x}")
        elif kind == "fill":
            count = r.choice((0, 4, 16, 256, 300))
            address, word = self.place(count), r.getrandbits(32)
            self.run(FILL, address, count, word, name=f"fill {address:#x} {count} {word:#x}")
        elif kind == "property":
            number = r.choice((r.randrange(0, 32), 25, 25, 12, 14, 15, 7))
            index = r.choice((0, 1, 2, 3, *MEMORIES))
            self.run(GET_PROPERTY, number, index, name=f"property {number} {index:#x}")
        elif kind == "fuse":
            index, value = r.choice((0x26, 0x27, 0x2F, 0x3F, 0x40)), r.choice((0, 1, 3, 0xA0, r.getrandbits(32)))
            self.run(PROGRAM_ONCE, index, r.choice((4, 4, 4, 8)), value, name=f"program-once {index:#x} {value:#x}")
        elif kind == "once":
            index, count = r.choice((0x26, 0x27, 0x2F, 0x3F, 4, 1, 2, 0x40)), r.choice((4, 4, 4, 8, 0))
            self.run(READ_ONCE, index, count, name=f"read-once {index:#x} {count}")
        elif kind == "unknown":
            tag = r.choice((0, 6, 0x0D, 0x12, 0x14, 0x15, 0x20, 0x7F, 0xFF))
            self.run(tag, r.getrandbits(8), 0, name=f"command {tag:#x}")
        elif kind == "set":
            number = r.choice((1, 7, 10, 11, 12, 14, 17, 18, 22, 24, 25, 30))
            self.run(SET_PROPERTY, number, r.getrandbits(4), name=f"set-property {number}")
        elif kind == "fcb":
            if r.random() < 0.7:
                self.tamper(blank=[[0, 0x1000]])
            self.configure((0xF000_000F,))
        elif kind == "block":
            place = self.s.board.chip.fcb
            block = bytearray(self.nor.mem[place:place + 512])
            if block[:4] != b"FCFB":
                return
            block[0x46] = r.choice((1, 3, 7, 8, 10))
            self.s.step("a whole block")
            if self.s.write(RAM, bytes(block)) is None:
                self.dead = True
                return
            self.run(CONFIGURE, 9, RAM, name="set up by it")
        elif kind == "register" and self.chip not in ("rt1015", "rt1024"):
            address = r.choice(REGISTERS)
            self.run(READ, address, 4, 0, name=f"register {address:#x}")
        elif kind == "register":
            address = r.choice(REGISTERS)
            self.run(READ, address, 4, 0, name=f"refused register {address:#x}")
        elif kind == "all" and r.random() < 0.4:
            memory = r.choice((0, 1, 8, 0x100, 0x110, 0x120, 0x121))
            self.run(ERASE_ALL, memory, name=f"erase all of {memory:#x}")
        elif kind == "tamper":
            self.tamper(qe=r.random() < 0.5, memory=[[self.offset(), r.choice((1, 256, 4096)), r.randrange(0, 9)]])
        elif kind == "blob" and self.chip == "rt1011":
            self.run(KEY_BLOB, 0x2020_2000, 16, 0, name="key blob, which it does not have")
        elif kind == "blob" and self.chip in ("rt1024", "rt1042", "rt1062", "rt1064"):
            self.run(READ_RESOURCE, 0, 4, 1, name="read-resource, which it does not have")


def record(builds, chip, seed, steps):
    player = Player(builds, chip, seed)
    player.tamper(qe=player.r.random() < 0.5, memory=[[0x1000, 0x2000, 1 + seed % 9]])
    for number in range(steps):
        if number == 3:
            player.configure((0xC000_0007,))
        player.step()
        if player.dead:
            break
    lines = player.s.finish()
    head = {"scenario": f"random_{seed}", "about": f"random commands, {chip}, seed {seed}", "flash": player.nor.dev.name,
            "high_speed": True}
    return [head, *lines]


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("builds", type=pathlib.Path)
    args.add_argument("--chips", default=",".join(CHIPS))
    args.add_argument("--seeds", default="1:6")
    args.add_argument("--steps", type=int, default=60)
    args.add_argument("--out", type=pathlib.Path, default=TRANSCRIPTS)
    opt = args.parse_args()
    first, end = map(int, opt.seeds.split(":"))
    for chip in opt.chips.split(","):
        folder = opt.out / chip / "random"
        folder.mkdir(parents=True, exist_ok=True)
        for seed in range(first, end):
            lines = record(opt.builds, chip, seed, opt.steps)
            with open(folder / f"random_{seed}.jsonl", "w", encoding="utf-8") as out:
                out.writelines(json.dumps(line) + "\n" for line in lines)
            print(chip, seed, len(lines), flush=True)


if __name__ == "__main__":
    main()

"""The jobs of benches/peers, on the host or in the guest. What the clients say goes to $OUT/jobs.log."""

import glob
import os
import pathlib
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

RTBOOT, PROJECT, WHERE = (os.environ[name] for name in ("RTBOOT", "PROJECT", "WHERE"))
RUNS = int(os.environ.get("RUNS", "5"))
SIZES = [int(size) for size in os.environ.get("SIZES", "").split()] or [64, 1024]
OUT = pathlib.Path(os.environ["OUT"])
SPSDK, RBLHOST, UUU = (os.environ.get(name, "") for name in ("SPSDK", "RBLHOST", "UUU"))
USB = {"sdphost": "0x1fc9,0x0130", "blhost": "0x15a2,0x0073", "rblhost": "0x15a2,0x0073"}
# SPSDK discards what has come (tcflush) before each write: on a pseudo-terminal that can be an acknowledgement
SITE = """import termios
flush = termios.tcflush
termios.tcflush = lambda file, queue: None if queue == termios.TCOFLUSH else flush(file, queue)
"""
LOG = open(OUT / "jobs.log", "wb", buffering=0)
work = OUT / "work"
work.mkdir()
(work / "site").mkdir()
(work / "site/sitecustomize.py").write_text(SITE)
ENV = os.environ | {
    "HOME": str(work), "XDG_CACHE_HOME": f"{work}/cache", "XDG_CONFIG_HOME": f"{work}/config", "XDG_DATA_HOME": f"{work}/data",
    "NO_COLOR": "1", "SPSDK_CACHE_DISABLED": "1", "PYTHONPATH": f"{work}/site", "RTBOOT_CHIP": "rt1021",
}


class Failed(Exception):
    """A client did not do its job."""


def run(words, check=True):
    LOG.write(("$ " + " ".join(map(str, words)) + "\n").encode())
    code = subprocess.run(words, env=ENV, stdin=subprocess.DEVNULL, stdout=LOG, stderr=LOG, check=False, cwd=work).returncode
    if check and code != 0:
        raise Failed(f"exit code {code}: {words}")


def embedded(folder, *words):
    """rtboot on a board that no server offers: prepares what a job finds."""
    run([RTBOOT, "-b", f"virtual:{folder}", "--flashloader", work / "loader.bin", *words])


def wait_for(ids):
    end = time.monotonic() + 60
    vendor, product = (part.upper().zfill(8) for part in ids.split(":"))
    while True:
        for path in glob.glob("/sys/class/hidraw/*/device/uevent"):
            try:
                if f"HID_ID=0003:{vendor}:{product}" in pathlib.Path(path).read_text(encoding="utf-8"):
                    return
            except OSError:
                pass
        if time.monotonic() > end:
            raise Failed(f"no device {ids}")
        time.sleep(0.02)


class Board:
    """A virtual board in a folder, offered to others."""

    def __init__(self, folder, program):
        self.said = open(work / "serve", "wb+")
        how = ["--pty"] if WHERE == "pty" else ["--usbip=3240"]
        self.server = subprocess.Popen([RTBOOT, "virtual", "serve", folder, *how], env=ENV, stdout=self.said, stderr=self.said)
        self.cable, self.place = None, None
        pattern = rb"/dev/pts/\d+" if WHERE == "pty" else rb"USB/IP at"
        end = time.monotonic() + 60
        while not (found := re.search(pattern, (work / "serve").read_bytes())):
            if time.monotonic() > end:
                raise Failed("the board is not served")
            time.sleep(0.02)
        if WHERE == "pty":
            self.place = found[0].decode()
        else:
            self.cable = subprocess.Popen([f"{PROJECT}/tests/guest/cable", "127.0.0.1:3240", "1-1", "0"], stdout=LOG, stderr=LOG)
            wait_for("1fc9:0130" if program == "rom" else "15a2:0073")

    def selector(self):
        return f"uart:{self.place}" if self.place else "usb"

    def interface(self, tool):
        return ["-p", f"{self.place},115200"] if self.place else ["-u", USB[tool]]

    def end(self):
        for process in (self.cable, self.server):
            if process and process.poll() is None:
                process.send_signal(signal.SIGTERM if process is self.cable else signal.SIGINT)
                process.wait(60)
        self.said.close()


def rtboot(*options, no_skip=False):
    def job(board, files):
        words = ["write", files["app"], "--base", "0x60002000", "--fcb", "issi.cfg", *(["--no-skip"] if no_skip else [])]
        run([RTBOOT, "-b", board.selector(), *options, *words])
    return job


NXPS = ("--loader", "nxp", "--flashloader", str(work / "loader.bin"))
START = [["write-file", "0x20208000", str(work / "loader.bin")], ["jump-address", "0x20208400"]]
# an erase of 1 MiB is one command, and takes the flash longer than their 5 s where the board's clock is the wall's
PATIENCE = ["-t", "120000"]


def blhost_lines(files):
    size = files["size"]
    return [
        ["fill-memory", "0x20202000", "4", "0xC0000007", "word"],
        ["configure-memory", "9", "0x20202000"],
        ["flash-erase-region", "0x60000000", hex(size), "9"],
        ["write-memory", "0x60001000", str(files["boot"]), "9"],
        ["fill-memory", "0x20203000", "4", "0xF000000F", "word"],
        ["configure-memory", "9", "0x20203000"],
        ["read-memory", "0x60000000", hex(size), str(work / "back.bin"), "9"],
    ]


def mcubootutility_lines(files):
    """What MCUBootUtility sends for "all-in-one" of an image in flash: it connects, configures, asks and reads more than it needs."""
    lines = blhost_lines(files)
    before = [["get-property", "1", "0"], ["get-property", "12", "0"]]
    asks = [["get-property", "25", "9"], ["read-memory", "0x60000000", "0x400", str(work / "fcb.bin"), "9"]]
    return before + lines[:2] + asks + lines[2:]


def spsdk_commands(board, files):
    for line in START:
        run([f"{SPSDK}/bin/sdphost", *board.interface("sdphost"), *line])
    if WHERE == "usb":
        wait_for("15a2:0073")
    for line in blhost_lines(files):
        run([f"{SPSDK}/bin/blhost", *board.interface("blhost"), *PATIENCE, *line])


def spsdk_process(board, files):
    lines = [f"sdphost write-file 0x20208000 {work}/loader.bin", "sdphost jump-address 0x20208400"]
    lines += ["await 15a2:0073"] if WHERE == "usb" else []
    lines += ["blhost " + " ".join(line) for line in blhost_lines(files)]
    (work / "job").write_text("\n".join(lines))
    place = "usb" if WHERE == "usb" else f"{board.place},115200"
    run([f"{SPSDK}/bin/python", f"{PROJECT}/tests/guest/spsdk_job.py", place, work / "job"])


def sdphost_starts(board, _files):
    for line in START:
        run([f"{SPSDK}/bin/sdphost", *board.interface("sdphost"), *line])
    wait_for("15a2:0073")


def uuu_starts(_board, _files):
    """uuu does not know this boot ROM's ids; its script names them, and files from its own folder on."""
    lines = ["uuu_version 1.2.39", "CFG: SDP: -chip MXRT102X -vid 0x1fc9 -pid 0x0130"]
    lines += [f"SDP: write -f loader.bin -addr 0x20208000", "SDP: jump -addr 0x20208400", "SDP: done"]
    (work / "uuu").write_text("\n".join(lines) + "\n")
    run([UUU, work / "uuu"])
    wait_for("15a2:0073")


def rtboot_info(board, _files):
    run([RTBOOT, "-b", board.selector(), *NXPS, "info"])


def rblhost(lines):
    def job(board, files):
        for line in lines(files):
            run([RBLHOST, *board.interface("rblhost"), *PATIENCE, *(word for word in line if word != "word")])
    return job


def image(kib):
    """The application, the boot image from the IVT on as the others write it, and one with another sector."""
    app = pathlib.Path(f"{PROJECT}/examples/apps/blinky/blinky.bin").read_bytes()
    noise = random.Random(kib)
    app += noise.randbytes(kib * 1024 - 0x2000 - len(app))
    middle = len(app) // 2 & ~0xFFF
    other = app[:middle] + bytes(byte ^ 0x5A for byte in app[middle:middle + 0x1000]) + app[middle + 0x1000:]
    files = {"size": kib * 1024, "app": work / f"{kib}.bin", "other": work / f"{kib}-other.bin", "boot": work / f"{kib}-boot.bin"}
    files["app"].write_bytes(app)
    files["other"].write_bytes(other)
    folder = made("reference", files["app"])
    files["boot"].write_bytes((folder / "flash.bin").read_bytes()[0x1000:kib * 1024])
    return files


def made(name, app=None):
    folder = work / name
    shutil.rmtree(folder, ignore_errors=True)
    run([RTBOOT, "virtual", "new", folder])
    if app:
        embedded(folder, "write", app, "--base", "0x60002000", "--fcb", "issi.cfg")
    return folder


def prepared(state, program, files):
    """A board whose flash holds nothing, the image, or the image but for a sector; the boot ROM runs, or the flashloader."""
    folder = made("board", {"blank": None, "unchanged": files["app"], "one sector": files["other"]}[state])
    run([RTBOOT, "virtual", "set", folder, "--power-cycle"])
    if program == "flashloader":
        embedded(folder, "info")
    return folder


def measured(job, state, program, files):
    folder = prepared(state, program, files)
    board = Board(folder, program)
    try:
        start = time.monotonic()
        job(board, files)
        took = time.monotonic() - start
    finally:
        board.end()
    held = (folder / "flash.bin").read_bytes()[0x1000:files["size"]]
    if job not in STARTS and held != files["boot"].read_bytes():
        raise Failed("flash does not hold the image")
    return took


# jobs that write nothing
STARTS = (sdphost_starts, uuu_starts, rtboot_info)


def median(job, state, program, files):
    times, lost = [], 0
    while len(times) < RUNS:
        try:
            times.append(measured(job, state, program, files))
        except Failed as why:
            LOG.write(f"failed: {why}\n".encode())
            lost += 1
            if lost > 2 * RUNS:
                return None, lost
    return statistics.median(times), lost


def main():
    run([RTBOOT, "virtual", "loader", work / "loader.bin"])
    states = ("blank", "unchanged", "one sector")
    jobs = [("rtboot, NXP's loader", rtboot(*NXPS), "rom", states), ("rtboot, own loader", rtboot("--loader", "own"), "rom", states)]
    if SPSDK:
        jobs += [("SPSDK's commands", spsdk_commands, "rom", ("blank",)), ("SPSDK in one process", spsdk_process, "rom", ("blank",))]
    jobs.append(("rtboot, flashloader runs", rtboot(*NXPS), "flashloader", ("blank",)))
    # the job of those below: nothing is looked at before, all is erased and written
    jobs.append(("rtboot --no-skip, flashloader runs", rtboot(*NXPS, no_skip=True), "flashloader", ("blank",)))
    if RBLHOST:
        jobs.append(("rblhost, flashloader runs", rblhost(blhost_lines), "flashloader", ("blank",)))
        jobs.append(("MCUBootUtility's commands by rblhost, flashloader runs", rblhost(mcubootutility_lines), "flashloader", ("blank",)))
    print(f"| {WHERE}, client | size | flash | time | × rtboot |", flush=True)
    print("|--|--|--|--:|--:|", flush=True)
    starts = [("rtboot info starts the flashloader", rtboot_info)] if WHERE == "usb" else []
    starts += [("sdphost starts it", sdphost_starts)] if starts and SPSDK else []
    starts += [("uuu starts it", uuu_starts)] if starts and UUU else []
    first = None
    for name, job in starts:
        took, lost = median(job, "blank", "rom", image(SIZES[0]))
        first = first or took
        told, ratio = (f"{took:.2f} s", f"{took / first:.1f}") if took else (f"not done ({lost} runs lost)", "–")
        print(f"| {name} | – | blank | {told} | {ratio} |", flush=True)
    for kib in SIZES:
        files = image(kib)
        base = {}
        for name, job, program, states_of in jobs:
            for state in states_of:
                took, lost = median(job, state, program, files)
                if name in ("rtboot, NXP's loader", "rtboot, flashloader runs"):
                    base[program, state] = took
                ratio = f"{took / base[program, state]:.1f}" if took and base.get((program, state)) else "–"
                again = f" ({lost} runs lost)" if lost else ""
                told = f"{took:.2f} s" if took else "not done"
                print(f"| {name} | {kib} KiB | {state} | {told}{again} | {ratio} |", flush=True)


main()
sys.exit(0)

"""Runs lines of sdphost and blhost, NXP's own clients out of SPSDK, in one process.

    python spsdk_job.py usb|PORT JOB

Each start of SPSDK costs 20 s on an emulated processor, so all lines share one; they go through the same entry points as
the commands. SPSDK is loaded first, the job opened then: it may be a FIFO that is filled later. A job's lines:

    sdphost ...          options for the interface are put in front
    blhost ...
    exit N               the line before must have ended with this code; without it: 0
    says TEXT            what the line before printed holds this text
    await VID:PID        until the kernel has such a HID device, as in 15a2:0073
    ! COMMAND            a shell command

The first line that does not hold ends the process with code 1.
"""

import contextlib
import glob
import io
import os
import shlex
import subprocess
import sys
import time

os.environ["SPSDK_CACHE_DISABLED"] = "1"

from spsdk.apps.blhost import main as blhost  # noqa: E402  (the setting above is for its start)
from spsdk.apps.sdphost import main as sdphost  # noqa: E402

TOOLS = {"sdphost": sdphost, "blhost": blhost}
USB = {"sdphost": "0x1fc9,0x0130", "blhost": "0x15a2,0x0073"}


def interface(tool, place):
    return ["-u", USB[tool]] if place == "usb" else ["-p", place]


def run_tool(words, place):
    """One command line: its exit code and what it printed."""
    tool = words[0]
    main = TOOLS[tool]
    printed = io.StringIO()
    code = 0
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            code = main(interface(tool, place) + words[1:], standalone_mode=False) or 0
        except SystemExit as end:
            code = end.code or 0
        except Exception as error:  # what SPSDK's own wrapper would print
            print(f"{type(error).__name__}: {error}")
            code = 1
    return code, printed.getvalue()


def device_is_there(ids):
    vendor, product = (part.upper().zfill(8) for part in ids.split(":"))
    for path in glob.glob("/sys/class/hidraw/*/device/uevent"):
        with contextlib.suppress(OSError), open(path, encoding="utf-8") as facts:
            if f"HID_ID=0003:{vendor}:{product}" in facts.read():
                return True
    return False


def wait_for(ids):
    end = time.monotonic() + 30
    while not device_is_there(ids):
        if time.monotonic() > end:
            give_up(f"no device {ids}")
        time.sleep(0.1)


def give_up(why):
    print(f"spsdk: {why}", flush=True)
    sys.exit(1)


def main():
    place = sys.argv[1]
    with open(sys.argv[2], encoding="utf-8") as job:
        lines = [line.strip() for line in job]
    lines = [line for line in lines if line and not line.startswith("#")]
    code, printed = 0, ""
    for number, line in enumerate(lines):
        words = shlex.split(line)
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if words[0] in USB:
            start = time.monotonic()
            code, printed = run_tool(words, place)
            print(f"$ {line}\n{printed.rstrip()}\n= exit {code}, {time.monotonic() - start:.1f} s", flush=True)
            if code != 0 and not following.startswith("exit "):
                give_up(f"{line}: exit code {code}")
        elif words[0] == "exit":
            if code != int(words[1]):
                give_up(f"exit code {code}, expected {words[1]}")
        elif words[0] == "says":
            if line[5:].strip() not in printed:
                give_up(f"did not say: {line[5:]}")
        elif words[0] == "await":
            wait_for(words[1])
        elif words[0] == "!":
            command = line[1:].strip()
            print(f"$ {command}", flush=True)
            code = subprocess.run(["bash", "-c", command], check=False, stdin=subprocess.DEVNULL).returncode
            print(f"= exit {code}", flush=True)
            if code != 0 and not following.startswith("exit "):
                give_up(f"{command}: exit code {code}")
        else:
            give_up(f"what is {words[0]!r}?")
    print("spsdk: done", flush=True)


main()

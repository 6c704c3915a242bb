#!/usr/bin/env python3
"""A hook for `on = "pass"`: one ZPL label for each unit.

    label.py FOLDER        a file NAME.zpl for each unit: for trying it out
    label.py lpr PRINTER   to a printer's raw queue

The record comes as JSON on standard input. A record that is told again (`tries` above 0) may have been printed before: its label
says COPY. Exit code 0 means that the record was taken; with any other one the line tells it again.
"""

import json
import os
import subprocess
import sys


def field(text):
    """A text as ZPL field data. With ^FH, _41 is the byte 41h: nothing that the text holds can become a command."""
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .:-"
    shown = str(text if text is not None else "").encode("utf-8", "replace")[:60]
    return "^FH_^FD" + "".join(chr(b) if b in plain else "_%02X" % b for b in shown) + "^FS"


def label(record):
    numbers = record["numbers"]
    serial = numbers.get("sn") or record["uid"]
    lines = [
        "^XA^CI28",
        "^FO30,30^BQN,2,5^FH_^FDQA," + field(serial)[len("^FH_^FD"):],
        "^FO190,40^A0N,40,40" + field(serial),
        "^FO190,90^A0N,26,26" + field(numbers.get("mac")),
        "^FO190,125^A0N,22,22" + field(record["job"]),
        "^FO190,155^A0N,18,18" + field("%s %s" % (record["station"], record["operator"])),
    ]
    if record["tries"] > 0:
        lines.append("^FO330,30^A0N,26,26" + field("COPY"))
    return "\n".join(lines + ["^XZ", ""])


def main():
    record = json.load(sys.stdin)
    zpl = label(record)
    if sys.argv[1] == "lpr":
        subprocess.run(["lpr", "-P", sys.argv[2], "-o", "raw"], input=zpl.encode(), check=True, timeout=8)
        return
    # the unique id is 16 hex digits, whatever else the record holds: a safe name. The same unit has the same file.
    file = os.path.join(sys.argv[1], "%016x.zpl" % int(record["uid"], 16))
    with open(file + ".new", "w", encoding="ascii") as new:
        new.write(zpl)
        new.flush()
        os.fsync(new.fileno())
    os.replace(file + ".new", file)


if __name__ == "__main__":
    main()

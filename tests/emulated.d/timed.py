"""An emulated board whose USB keeps time, behind a TCP socket: the same lines as the emulator's own control port, and its clock.

    PYTHONPATH=FOLDER python tests/emulated.d/timed.py [--port N] [--flash NAME] [--full-speed]

FOLDER holds the package `oracle`, which needs unicorn and cryptography. Lines: `id`, `out HEX`, `in MS`, `power MODE`,
`bulk?` (the answer has the bytes of a packet), `bulk HEX`, `bulk-in MS`, `load FILE`, `dump FILE`, `leave STATE` (what the flash was left in: fresh, protected, quad, qpi, continuous, asleep, erasing), `status`, `now` (nanoseconds of virtual time), `work` (JSON: what the flash did so far), `quit`. The host here
takes no time of its own: a real one adds its own latency to each command."""

import argparse
import json
import pathlib
import socket
import sys

from oracle.board import Board
from oracle.nor import WIP
from oracle.usbframe import FrameHost
from oracle.usbhost import Gone, Timeout, UsbError

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "loader/tests"))
from waits import pass_over

# virtual time that one look at an erasing flash skips at most: a loader that looks each 25 us would take minutes to emulate
LOOK_NS = 1_000_000
INSNS_PER_MS = 400_000


class TimedHost(FrameHost):
    """Asks for the next report as soon as one is there, as an operating system does; of the bulk interface of rtboot's own loader
    it asks for transfers of 16 KiB, two at a time."""

    TRANSFER, DEPTH = 0x4000, 2

    def enumerate(self):
        self.asked = []
        return super().enumerate()

    def has_bulk(self):
        return 0x83 in self.queues

    def bulk_out(self, raw):
        self._ask()
        sent = self.queue_out(0x03, raw, self.board.hid.endpoints[0x03][1])
        self._wait(sent)

    def bulk_in(self, insns):
        self._ask()
        self._wait(self.asked[0], insns)
        got = bytes(self.asked.pop(0).data)
        self._ask()
        return got

    def _ask(self):
        while len(self.asked) < self.DEPTH:
            self.asked.append(self.queue_in(0x83, self.TRANSFER, self.board.hid.endpoints[0x83][1]))

    def tick(self):
        super().tick()
        if self.posted and self.posted.done and self.board.hid:
            self._post_in(self.board.hid)


def keep_time(nor, clock):
    """Erases and programs end when their time is over. Long ones are looked at rarely, or the emulation would take hours."""
    nor.busy_by_time = True
    nor.spent = {"erase": 0, "program": 0}
    start, read_status = nor._start, nor._read_status

    def started(seconds):
        start(seconds)
        if seconds in nor.dev.t_erase.values() or seconds == nor.dev.t_chip:
            nor.spent["erase"] += nor.busy_ns
        elif seconds == nor.dev.t_page:
            nor.spent["program"] += nor.busy_ns

    def looked(index, length):
        answer = read_status(index, length)
        if index == 0 and answer[0] & WIP and nor.busy_ns > 1_000_000:
            clock.advance(min(LOOK_NS, max(0, nor.busy_until - clock.ns)))
        return answer

    nor._start, nor._read_status = started, looked


def sleep(nor):
    """Deep power-down: deaf to everything but ABh, and to that for a moment more."""
    heard = nor._dispatch

    def asleep(cycle):
        if cycle.op == 0xAB and cycle.op_pads == 1:
            nor._dispatch = heard

    nor._dispatch = asleep


def leave(nor, state):
    """What an earlier program left the flash in."""
    nor.qpi = nor.continuous = False
    nor.qe = state in ("quad", "qpi", "continuous")
    nor.status[0] &= ~nor.dev.bp_mask & 0xFF
    match state:
        case "fresh" | "quad":
            pass
        case "protected":
            nor.status[0] |= nor.dev.bp_mask
        case "qpi":
            nor.qpi = True
        case "continuous":
            nor.continuous = True
        case "asleep":
            sleep(nor)
        case "erasing":
            nor._start(nor.dev.t_erase[0x10000] if 0x10000 in nor.dev.t_erase else max(nor.dev.t_erase.values()))
        case _:
            raise ValueError(f"no state {state}")


def converse(listener, answer):
    """Answers the lines of one connection. Whether it ended with `quit`."""
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rw") as stream:
        for line in stream:
            words = line.split()
            if words == ["quit"]:
                return True
            try:
                said = answer(words)
            except (Gone, Timeout, UsbError) as err:
                said = f"error: {type(err).__name__}: {err}"
            except (OSError, ValueError) as err:
                said = f"error: {err}"
            stream.write(said + "\n")
            stream.flush()
    return False


class Server:
    def __init__(self, options):
        self.board = Board(options.flash, None, "serial", high_speed=not options.full_speed, strict=True, entry="silicon")
        keep_time(self.board.nor, self.board.clock)
        TimedHost(self.board)
        pass_over(self.board)
        self.board.power_on()

    def answer(self, words):
        board, (verb, arg) = self.board, (words + ["", ""])[:2]
        match verb:
            case "now":
                return str(board.clock.ns)
            case "work":
                return json.dumps(board.nor.spent | dict(board.nor.counts))
            case "status":
                return json.dumps({"state": board.state, "boot": board.boot_report,
                                   "rules": [violation.rule for violation in board.violations],
                                   "violations": [str(violation) for violation in board.violations]})
            case "power":
                board.boot_mode = arg or board.boot_mode
                board.power_on()
            case "load":
                with open(arg, "rb") as source:
                    content = source.read()
                board.nor.mem[:] = content.ljust(board.nor.dev.size, b"\xFF")
            case "leave":
                leave(board.nor, arg)
            case "dump":
                with open(arg, "wb") as out:
                    out.write(board.nor.mem)
            case "id":
                board.wait_usb()
                desc = board.hid or board.enumerate()
                return f"{desc.vid:04x}:{desc.pid:04x} {desc.report.hex()}"
            case "out":
                return f"ok {board.hid_out(int(arg[:2], 16), bytes.fromhex(arg[2:]))}"
            case "in":
                # 0 only looks: what has come is in the host's queue already
                if arg == "0" and not board.host.inbox:
                    return "error: Timeout: nothing there"
                return board.hid_in(int(arg or 2000) * INSNS_PER_MS).hex()
            case "bulk":
                board.host.bulk_out(bytes.fromhex(arg))
            case "bulk?":
                if not (board.hid and board.host.has_bulk()):
                    return "error: no bulk interface"
                return f"ok {board.hid.endpoints[0x03][1]}"
            case "bulk-in":
                if arg == "0" and not board.host.asked[0].done:
                    return "error: Timeout: nothing there"
                return board.host.bulk_in(int(arg or 2000) * INSNS_PER_MS).hex()
            case _:
                return "error: unknown"
        return "ok"

    def serve(self, port):
        with socket.create_server(("127.0.0.1", port)) as listener:
            print(listener.getsockname()[1], flush=True)
            while not converse(listener, self.answer):
                pass


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--port", type=int, default=0, help="0: a free one, which is printed")
    args.add_argument("--flash", default="is25lp064a")
    args.add_argument("--full-speed", action="store_true")
    options = args.parse_args()
    Server(options).serve(options.port)
    sys.exit(0)


if __name__ == "__main__":
    main()

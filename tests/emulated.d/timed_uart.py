"""The UART of an emulated board behind a TCP socket, on the board's clock: a port that waits and counts as the loader does, where a
pseudo-terminal would go by the wall.

    PYTHONPATH=FOLDER python tests/emulated.d/timed_uart.py IMAGE [--port N] [--flash NAME] [--baud N]

FOLDER holds the package `oracle`, which needs unicorn and cryptography. IMAGE is a loader for a UART: the emulated boot ROM has none, so the
loader is downloaded over USB beforehand, and its speed is that of the host's first ping. Lines: `baud N`, `send HEX`, `recv COUNT US` (what is there, or comes within the time), `discard`,
`now` (nanoseconds of virtual time), `load FILE`, `dump FILE`, `power MODE`, `status`, `quit`."""

import argparse
import json
import socket
import sys

from oracle.uart import Serial

from timed import converse, keep_time

# virtual time between two looks at what the board sends
STEP_NS = 20_000


class Server:
    def __init__(self, options):
        serial = Serial(options.image, options.baud, strict=True, entry="silicon", flash=options.flash)
        self.board, self.line = serial.board, serial.line
        keep_time(self.board.nor, self.board.clock)

    def receive(self, count, limit_us):
        line, clock = self.line, self.board.clock
        end = clock.ns + limit_us * 1000
        line.collect()
        while not line.got and clock.ns < end:
            line.run_to(min(end, clock.ns + STEP_NS))
        return bytes(line.got.popleft() for _ in range(min(count, len(line.got))))

    def answer(self, words):
        board, line = self.board, self.line
        match words:
            case ["now"]:
                return str(board.clock.ns)
            case ["baud", baud]:
                line.host_baud = int(baud)
            case ["send", data]:
                line.send(bytes.fromhex(data))
            case ["recv", count, limit]:
                return self.receive(int(count), int(limit)).hex()
            case ["discard"]:
                line.collect()
                line.got.clear()
            case ["load", path]:
                with open(path, "rb") as source:
                    board.nor.mem[:] = source.read().ljust(board.nor.dev.size, b"\xFF")
            case ["dump", path]:
                with open(path, "wb") as out:
                    out.write(board.nor.mem)
            case ["power", mode]:
                board.boot_mode = mode
                board.power_on()
            case ["status"]:
                return json.dumps({"state": board.state, "boot": board.boot_report, "lost": board.uart1.lost,
                                   "rules": [str(violation) for violation in board.violations]})
            case _:
                return "error: unknown"
        return "ok"

    def serve(self, port):
        with socket.create_server(("127.0.0.1", port)) as listener:
            print(listener.getsockname()[1], flush=True)
            converse(listener, self.answer)


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("image")
    args.add_argument("--port", type=int, default=0, help="0: a free one, which is printed")
    args.add_argument("--flash", default="is25lp064a")
    args.add_argument("--baud", type=int, default=921_600, help="speed of the host's first ping")
    options = args.parse_args()
    Server(options).serve(options.port)
    sys.exit(0)


if __name__ == "__main__":
    main()

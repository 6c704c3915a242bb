#!/usr/bin/env python3
"""A hook for `on = "pass"` and `on = "fail"`: the record to an MES, by HTTP.

    mes.py http://mes.example/units

The body is the record as JSON. `Idempotency-Key` is the attempt's id, which is the same however often the record is told: an MES
that keeps it takes no unit twice. A token is read from the file that MES_TOKEN_FILE names, not from the command line, which every
user of the PC can read. Exit code 0: the MES has it. Any other one: the line tells it again.
"""

import json
import os
import sys
import urllib.error
import urllib.request


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A record and its token go to the server that was named, and to no other."""

    def redirect_request(self, *_):
        return None


def main():
    record = json.load(sys.stdin)
    headers = {"Content-Type": "application/json", "Idempotency-Key": record["attempt"]}
    token = os.environ.get("MES_TOKEN_FILE")
    if token:
        with open(token, encoding="ascii") as file:
            headers["Authorization"] = "Bearer " + file.read().strip()
    request = urllib.request.Request(sys.argv[1], json.dumps(record).encode(), headers, method="POST")
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=8) as answer:
            answer.read(65536)
    except urllib.error.HTTPError as error:
        # 409: it has this attempt already
        if error.code != 409:
            sys.exit("the MES answered %d" % error.code)
    except OSError as error:
        sys.exit("the MES cannot be reached: %s" % error)


if __name__ == "__main__":
    main()

"""An OpenHTF plug that makes the board in a slot by a sealed job, and a phase that measures the verdict. Run with OpenHTF 1.6 by the tests."""

import json
import signal
import subprocess

import openhtf as htf
from openhtf import plugs


class RtbootPlug(plugs.BasePlug):
    """One slot of the station; the line's own ledger keeps the numbers, OpenHTF the test."""

    SLOT = "A=usb:1-4.1"
    LIMIT_S = 300

    def make_unit(self, job):
        """Makes the board in the slot by a sealed job. Returns the slot's last event."""
        command = ["rtboot", "--json", "line", "run", job, "--slot", self.SLOT, "--units", "1"]
        line = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            return self._last(line)
        finally:
            # as Ctrl-C: a unit that is being made is finished
            line.send_signal(signal.SIGINT)
            line.wait(self.LIMIT_S)

    def _last(self, line):
        for text in line.stdout:
            event = json.loads(text)
            if event.get("phase") in ("passed", "failed", "aborted", "refused", "out"):
                return event
        raise RuntimeError("rtboot ended with code %s and made no unit" % line.wait(self.LIMIT_S))


@htf.measures(htf.Measurement("rtboot_verdict").equals("passed"), htf.Measurement("rtboot_code"))
@htf.plug(rtboot=RtbootPlug)
def write_unit(test, rtboot):
    """A phase: put it where the firmware is to be written."""
    event = rtboot.make_unit("blinky.rtjob")
    test.test_record.dut_id = (event.get("numbers") or [event.get("uid")])[0]
    test.measurements.rtboot_verdict = event["phase"]
    test.measurements.rtboot_code = event.get("code") or "none"
    test.logger.info("rtboot: %s", json.dumps(event))

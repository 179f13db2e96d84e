#!/usr/bin/env python3
"""What tools/run_tests.py counts, from reports as GoogleTest writes them: passed, failed, and skipped with
its reason; and which part of a failing binary's output is shown.
"""
import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f"{ROOT}/tools")
import run_tests  # noqa: E402

REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1" disabled="1" errors="0" name="AllTests"><testsuite name="pipe">
  <testcase name="flushes" status="run" result="completed" classname="pipe" />
  <testcase name="pauses" status="run" result="completed" classname="pipe">
    <failure message="a.cc:3&#x0A;1 is not 2" type=""></failure></testcase>
  <testcase name="on_io_uring" status="run" result="skipped" classname="pipe">
    <skipped message="tests/a.cc:9&#x0A;io_uring is switched off&#x0A;"></skipped></testcase>
  <testcase name="later" status="notrun" result="suppressed" classname="pipe" />
</testsuite></testsuites>
"""

OUTPUT = """[ RUN      ] pipe.flushes
[       OK ] pipe.flushes (0 ms)
[ RUN      ] pipe.pauses
a.cc:3: Failure
[  FAILED  ] pipe.pauses (0 ms)
[  FAILED  ] 1 test, listed below:
[  FAILED  ] pipe.pauses
"""


class counting(unittest.TestCase):
    def test_cases_of_a_report(self):
        count = run_tests.Count()
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as report:
            report.write(REPORT)
            report.flush()
            self.assertEqual(run_tests.count_cases("dev", "core", report.name, count), 1)
        self.assertEqual(count.last_line(), "1 passed, 1 failed, 1 skipped")
        self.assertEqual(count.failed, ["dev: core: pipe.pauses"])
        self.assertEqual(count.skipped, [("dev: core: pipe.on_io_uring", "io_uring is switched off")])

    def test_without_skips_the_last_line_names_none(self):
        self.assertEqual(run_tests.Count().last_line(), "0 passed, 0 failed")

    def test_how_far_it_is(self):
        self.assertEqual(run_tests.how_far("[1/9] Building a\n[2/9] Building b\n"), "[2/9]")
        self.assertEqual(run_tests.how_far("    Start  1: core\n    Start 12: hosting\n"
                                           " 1/19 Test  #1: core ......   Passed    0.09 sec\n"), "hosting")

    def test_only_what_failed_is_shown(self):
        self.assertEqual(run_tests.failing_part(OUTPUT).splitlines(), OUTPUT.splitlines()[2:5])


if __name__ == "__main__":
    unittest.main()

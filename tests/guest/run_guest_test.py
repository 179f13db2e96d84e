#!/usr/bin/env python3
"""Runs the tests that need a kernel with TLS in a guest that has it (guest.py): the same GoogleTest binary, its
report where ctest wants it (GTEST_OUTPUT), GTEST_FILTER as it is here. The kernel's own counters must tell that
it sent and received TLS, unless a filter chose what ran. Ends with 77 and the reason where no guest can be had.

    tests/guest/run_guest_test.py TEST_BINARY [--saker COMMAND] [--kernel, --suite, --root as guest.py has them]
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as xml

import guest

COUNTED = ("TlsTxSw", "TlsRxSw")


def listed(binary):
    """How many tests the filter leaves: a boot for none is not worth it."""
    shown = subprocess.run([binary, "--gtest_list_tests"], capture_output=True, text=True, check=True,
                           env={name: value for name, value in os.environ.items() if name != "GTEST_OUTPUT"}).stdout
    return len(re.findall(r"^  \S", shown, re.M))


def ran(report):
    return sum(case.get("status") == "run" and case.get("result") != "skipped"
               for case in xml.fromstring(report).iter("testcase"))


def main():
    signal.signal(signal.SIGTERM, guest.interrupted)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--saker", help="the command: what its doctor says there is kept in the log")
    parser.add_argument("--kernel", nargs="+")
    parser.add_argument("--suite")
    parser.add_argument("--root", default="/")
    options = parser.parse_args()
    if not listed(options.binary):
        return subprocess.run([options.binary]).returncode

    wanted = os.environ.get("GTEST_OUTPUT", "")
    wanted = os.path.abspath(wanted[len("xml:"):]) if wanted.startswith("xml:") else None
    name = os.path.basename(options.binary)
    environment = {"GTEST_OUTPUT": "xml:/out/report.xml"}
    environment.update({key: os.environ[key] for key in ("GTEST_FILTER",) if key in os.environ})
    commands, binaries = [f"./{name}"], [options.binary]
    if options.saker and os.path.exists(options.saker):
        commands.append(f"./{os.path.basename(options.saker)} doctor")
        binaries.append(options.saker)
    try:
        result = guest.boot(commands, binaries=binaries, environment=environment, kernel=options.kernel,
                            suite=options.suite, root=options.root,
                            logs=os.path.dirname(wanted) if wanted else guest.LOGS)
    except guest.Unavailable as reason:
        print(f"kernel TLS was not tested, there is no guest: {reason}")
        return guest.SKIPPED
    except guest.Failed as failure:
        print(failure)
        return 1

    report = result.files.get("report.xml")
    if report and wanted:
        with open(wanted, "wb") as file:
            file.write(report)
    for ended in result.commands:
        print(f"--- {ended.command} ended with {ended.code}:\n{ended.output}")
    counted = {counter: result.tls_stat.get(counter, 0) for counter in COUNTED}
    print(f"--- Linux {result.release}, {result.seconds:.1f} s, {counted}")
    faults = [f"the kernel says: {row}" for row in result.complaints]
    if not report:
        faults.append("the tests left no report")
    elif ran(report) and "GTEST_FILTER" not in os.environ and not all(counted.values()):
        faults.append(f"the kernel's counters say that it did no TLS: {result.tls_stat}")
    for fault in faults:
        print(fault)
    return result.commands[0].code or (1 if faults else 0)


if __name__ == "__main__":
    sys.exit(main())

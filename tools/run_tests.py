#!/usr/bin/env python3
"""Builds each preset, runs its ctest entries, and counts test cases over all of them.

An entry that is a GoogleTest binary writes an XML report (the property GTEST_OUTPUT that
cmake/saker_targets.cmake sets): its cases are counted. Any other entry is one case. Quiet where all is
well; a failing test's output is shown; every skip is listed with its reason. Exit code 0 only if
something ran and nothing failed.
"""
import argparse
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as xml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEARTBEAT_S = 30
SHOWN_LINES = 80  # of one failing test's output; the whole is in its log


class Count:
    def __init__(self):
        self.passed = 0
        self.failed = []   # names
        self.skipped = []  # (name, reason)

    def last_line(self):
        line = f"{self.passed} passed, {len(self.failed)} failed"
        return line + (f", {len(self.skipped)} skipped" if self.skipped else "")


def say(text):
    print(text, flush=True)


def how_far(text):
    """Of ninja's or ctest's output so far: the last step, or which tests are running."""
    running = re.findall(r"^\s+Start\s+\d+: (\S+)", text, re.M)
    for ended in re.findall(r"Test\s+#\d+: (\S+) \.", text):
        running.remove(ended)
    steps = re.findall(r"\[\d+/\d+\]", text)
    return ", ".join(running) or (steps[-1] if steps else "")


def run(title, command, log, env=None):
    """Runs a command into a log file. Says how far it is when it takes long. Returns its exit code."""
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with open(log, "wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, env=env, start_new_session=True)
    started, done = time.monotonic(), threading.Event()

    def heartbeat():
        while not done.wait(HEARTBEAT_S):
            say(f"  {title}: {time.monotonic() - started:.0f} s {how_far(text_of(log))}")

    beat = threading.Thread(target=heartbeat, daemon=True)
    beat.start()
    try:
        return process.wait()
    finally:
        if process.poll() is None:  # interrupted: nothing of it goes on alone
            os.killpg(process.pid, signal.SIGTERM)
        done.set()
        beat.join()


def text_of(path):
    with open(path, "rb") as file:
        return file.read().decode("utf-8", "replace")


def tail(text, lines=SHOWN_LINES):
    rows = text.rstrip().splitlines()
    return "\n".join((["    ..."] if len(rows) > lines else []) + ["    " + row for row in rows[-lines:]])


def build(preset, count):
    """True when the preset is configured and built."""
    log = f"{ROOT}/build/{preset}/log/build.txt"
    steps = [["cmake", "--build", "--preset", preset]]
    if not os.path.exists(f"{ROOT}/build/{preset}/build.ninja"):
        steps.insert(0, ["cmake", "--preset", preset])
    for step in steps:
        if run(f"{preset}: building", step, log) != 0:
            text = text_of(log)
            found = re.findall(r"^.*(?:error|Error|FAILED)[: ].*(?:\n.*){0,6}", text, re.M)
            say(tail("\n".join(found[:8]) or text))
            say(f"  {preset}: the build failed, all of it is in build/{preset}/log/build.txt")
            count.failed.append(f"{preset}: build")
            return False
    return True


def entries_of(ctest):
    """name -> (report file or None) of every ctest entry."""
    shown = subprocess.run([*ctest, "--show-only=json-v1"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = {}
    for test in json.loads(shown)["tests"]:
        environment = next((p["value"] for p in test.get("properties", []) if p["name"] == "ENVIRONMENT"), [])
        report = next((v.split(":", 1)[1] for v in environment if v.startswith("GTEST_OUTPUT=xml:")), None)
        found[test["name"]] = report
    return found


def count_cases(preset, entry, report, count):
    """Counts the cases of a GoogleTest report: the number of those that failed."""
    failed = 0
    for case in xml.parse(report).getroot().iter("testcase"):
        name = f"{preset}: {entry}: {case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None:
            failed += 1
            count.failed.append(name)
        elif case.get("result") == "skipped":
            reason = case.find("skipped").get("message") if case.find("skipped") is not None else ""
            reason = re.sub(r"^\S+:\d+\n?", "", reason or "").strip() or "no reason given"
            count.skipped.append((name, reason))
        elif case.get("status") == "run":
            count.passed += 1
    return failed


def test(preset, options, count):
    """Runs the entries of a preset and counts them."""
    ctest = ["ctest", "--preset", preset] + (["-C", "slow"] if options.slow else [])
    entries, env = entries_of(ctest), dict(os.environ)
    if options.filter:
        env["GTEST_FILTER"] = f"*{options.filter}*"
        entries = {n: r for n, r in entries.items() if r or options.filter in n}
    if not entries:
        return
    for report in filter(None, entries.values()):
        if os.path.exists(report):
            os.remove(report)
    junit = f"{ROOT}/build/{preset}/log/ctest.xml"
    pattern = "^(" + "|".join(map(re.escape, entries)) + ")$"
    command = [*ctest, "-R", pattern, "-j", str(os.cpu_count()), "--output-junit", junit]
    command += ["--test-output-size-passed", "100000", "--test-output-size-failed", "10000000"]
    if preset == "tsan" and subprocess.run(["setarch", "-R", "true"], capture_output=True).returncode == 0:
        command = ["setarch", "-R"] + command  # older thread sanitizers fail under strong address randomisation
    run(f"{preset}: testing", command, f"{ROOT}/build/{preset}/log/test.txt", env)
    for case in xml.parse(junit).getroot().iter("testcase"):
        entry, status = case.get("name"), case.get("status")
        output = case.findtext("system-out") or ""
        report = entries.get(entry)
        failed = 0
        if report and os.path.exists(report):
            failed = count_cases(preset, entry, report, count)
            if status == "fail" and not failed:
                count.failed.append(f"{preset}: {entry} (ended badly after its tests passed)")
        elif status == "run":
            count.passed += 1
        elif case.find("skipped") is not None and status != "fail":
            rows = output.strip().splitlines()
            count.skipped.append((f"{preset}: {entry}", rows[-1] if rows else "no reason given"))
        else:
            reason = case.find("failure").get("message") if case.find("failure") is not None else ""
            count.failed.append(f"{preset}: {entry} {reason}".rstrip())
        if status == "fail":
            say(f"  {preset}: {entry} failed:")
            say(tail(failing_part(output) if failed else output))
        elif options.verbose:
            say(tail(output))


def failing_part(output):
    """Of a GoogleTest binary's output: what the failing tests said."""
    kept, block = [], []
    for row in output.splitlines():
        if row.startswith("[ RUN "):
            block = []
        block.append(row)
        if row.startswith("[  FAILED  ]") and row.endswith("ms)"):
            kept += block
            block = []
    return "\n".join(kept) or output


def stage(preset, options, count):
    started, before = time.monotonic(), (count.passed, len(count.failed), len(count.skipped))
    if preset == "fuzz" and not shutil.which("clang++"):
        count.skipped.append(("fuzz", "there is no clang++, which libFuzzer needs"))
        return
    if not build(preset, count):
        return
    built = time.monotonic()
    test(preset, options, count)
    passed, failed, skipped = (count.passed - before[0], len(count.failed) - before[1], len(count.skipped) - before[2])
    say(f"  {preset}: {passed} passed, {failed} failed, {skipped} skipped "
        f"(built in {built - started:.0f} s, tested in {time.monotonic() - built:.0f} s)")


def main():
    parser = argparse.ArgumentParser(prog="tools/test", description="Builds and runs every test.")
    parser.add_argument("--quick", action="store_true", help="dev only: no sanitizers, no fuzzing")
    parser.add_argument("--slow", action="store_true", help="also what takes minutes: the mutations")
    parser.add_argument("--filter", metavar="PATTERN", help="only cases whose name contains PATTERN")
    parser.add_argument("--preset", action="append", help="only this preset (may be repeated)")
    parser.add_argument("--verbose", action="store_true", help="show the output of tests that pass, too")
    options = parser.parse_args()
    presets = options.preset or (["dev"] if options.quick else ["dev", "asan", "tsan", "fuzz"])

    count = Count()
    for preset in presets:
        stage(preset, options, count)

    by_reason = {}
    for name, reason in count.skipped:
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        say(f"skipped: {names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {reason}")
    for name in count.failed:
        say(f"failed: {name}")
    if not count.passed and not count.failed:
        say("nothing ran")
    say(count.last_line())
    return 0 if count.passed and not count.failed else 1


def interrupted(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)

#!/usr/bin/env python3
"""The examples of docs/operation.md: their commands have flags that exist, their numbers fit each other.

    operation_test.py SAKER
"""
import os
import re
import subprocess
import sys
import tempfile

SAKER = os.path.abspath(sys.argv[1])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(ROOT, "examples", "operation")
ABORT_S = 5  # server_host::abort_time


def text_of(name):
    with open(os.path.join(EXAMPLES, name)) as file:
        return file.read()


def value_of(unit, key):
    found = re.findall(rf"^{key}=(.*)$", unit, re.M)
    assert len(found) == 1, f"{key} is there {len(found)} times"
    return found[0]


def seconds(time_span):
    hours, minutes, rest = time_span.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


def check(arguments, settings=None):
    """The arguments of `saker` are understood, with that settings file."""
    with tempfile.TemporaryDirectory() as folder:
        if settings:
            with open(os.path.join(folder, "appsettings.json"), "w") as file:
                file.write(settings)
        done = subprocess.run([SAKER, *arguments, "--check-config"], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


def test_the_unit():
    unit = text_of("saker.service")
    program, *arguments = value_of(unit, "ExecStart").split()
    assert os.path.basename(program) == "saker"
    shown = check(arguments)
    delay, timeout = (re.search(rf"Saker:{key}\D+([\d:]+)", shown).group(1)
                      for key in ("ShutdownDelay", "ShutdownTimeout"))
    assert int(value_of(unit, "TimeoutStopSec")) > seconds(delay) + seconds(timeout) + ABORT_S
    assert value_of(unit, "Type") == "notify" and "-HUP" in value_of(unit, "ExecReload")


def test_the_socket_has_an_endpoints_name():
    assert value_of(text_of("saker.socket"), "FileDescriptorName") in text_of("kubernetes.yaml")


def test_the_manifest():
    manifest = text_of("kubernetes.yaml")
    settings = re.search(r"appsettings\.json: \|\n((?:    .*\n)+)", manifest).group(1)
    arguments = re.findall(r'"([^"]*)"', re.search(r"args: \[(.*)\]", manifest).group(1))
    shown = check(arguments, settings)
    port = re.search(r"containerPort: (\d+)", manifest).group(1)
    assert f":{port}" in settings and settings.count(port) == 1
    delay, timeout = (seconds(re.search(rf"Saker:{key}\D+([\d:]+)", shown).group(1))
                      for key in ("ShutdownDelay", "ShutdownTimeout"))
    grace = int(re.search(r"terminationGracePeriodSeconds: (\d+)", manifest).group(1))
    assert grace > delay + timeout + ABORT_S, (grace, delay, timeout)
    # Several probes have failed before it stops.
    period = int(re.search(r"readinessProbe:.*?periodSeconds: (\d+)", manifest, re.S).group(1))
    assert delay > 2 * period
    with open(os.path.join(ROOT, "tools", "saker", "demo.cc")) as demo:
        served = demo.read()
    for path in re.findall(r"path: (/\w+)", manifest):
        assert f'"{path}"' in served, path


def main():
    for name, test in [item for item in globals().items() if item[0].startswith("test_")]:
        test()
        print(f"ok   {name[5:].replace('_', ' ')}")


if __name__ == "__main__":
    main()

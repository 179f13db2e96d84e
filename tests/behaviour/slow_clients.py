#!/usr/bin/env python3
"""A thousand slow clients (slowhttptest) beside one that is not slow, over each transport: heads that come
line by line, bodies that come byte by byte, answers that are hardly read. Shows how each kind is ended, how
long the ordinary client waits meanwhile, and what the server needs; fails where a slow client is left, is
ended for another reason than its slowness, or the ordinary client goes without an answer. Times are shown,
and not judged.

Usage: slow_clients.py [--saker PATH] [--connections N] [--seconds N] [--transport NAME]...
Ends with 77 (skipped) where there is no slowhttptest.
"""
import argparse
import http.client
import pathlib
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SKIPPED = 77
# Shorter times than the defaults, so that a run is over within a minute; the rate of answers is one that
# slowhttptest's five bytes a second are far below.
LIMITS = ["--Kestrel:Limits:RequestHeadersTimeout=00:00:05",
          "--Kestrel:Limits:MinRequestBodyDataRate:GracePeriod=00:00:05",
          "--Kestrel:Limits:MinResponseDataRate:BytesPerSecond=500000",
          "--Kestrel:Limits:MinResponseDataRate:GracePeriod=00:00:05"]
# Name -> the flags, the path, and what has to end the connections.
ATTACKS = {
    "slow heads": (["-H", "-i", "2"], "/plaintext", {"request_headers_timeout"}),
    "slow bodies": (["-B", "-i", "2", "-s", "100000", "-x", "10"], "/echo", {"min_request_body_data_rate"}),
    "slow readers": (["-X", "-n", "1", "-z", "5", "-w", "1", "-y", "256", "-k", "1"], "/bytes/4000000",
                     {"min_response_data_rate"}),
}
# How the ordinary client and the probes of slowhttptest end, and those that slowhttptest itself gives up.
ORDINARY = {"client_closed", "connection_close_requested", "connection_reset", "app_shutdown"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, command, transport):
        self.port = free_port()
        self.process = subprocess.Popen([command, "serve", "--urls", f"http://127.0.0.1:{self.port}",
                                         "--transport", transport, "--cores", "1", "--no-pin",
                                         "--log-level", "warning", *LIMITS])
        limit = time.monotonic() + 10
        while True:
            try:
                self.ask("/plaintext")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > limit:
                    raise SystemExit("the server does not answer")
                time.sleep(0.05)

    def ask(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status != 200:
            raise OSError(f"{path} is answered with {answer.status}")
        return body

    def ends(self):
        page = self.ask("/metrics").decode()
        return {reason: int(float(count)) for reason, count in
                re.findall(r'^saker_connection_ends_total\{[^}]*reason="(\w+)"[^}]*\} (\S+)$', page, re.M)}

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=40)


def latencies(server, until):
    """Milliseconds of a request on a new connection, one after another; until `until` says so."""
    taken, failures = [], 0
    while not until():
        begin = time.monotonic()
        try:
            server.ask("/plaintext")
            taken.append((time.monotonic() - begin) * 1000)
        except (OSError, http.client.HTTPException):
            failures += 1
        time.sleep(0.02)
    return taken, failures


def for_seconds(seconds):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def attack(server, name, options):
    flags, path, expected = ATTACKS[name]
    before = server.ends()
    quiet, _ = latencies(server, for_seconds(2))
    tool = subprocess.Popen(["slowhttptest", *flags, "-c", str(options.connections), "-r",
                             str(options.connections // 2), "-l", str(options.seconds), "-p", "3", "-v", "0",
                             "-u", f"http://127.0.0.1:{server.port}{path}"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    limit = for_seconds(options.seconds + 30)
    busy, failures = latencies(server, lambda: tool.poll() is not None or limit())
    if tool.poll() is None:
        tool.terminate()
        tool.wait()
    after = server.ends()
    ends = {reason: count - before.get(reason, 0) for reason, count in after.items()
            if count > before.get(reason, 0)}
    slow = sum(ends.get(reason, 0) for reason in expected)
    other = {reason: count for reason, count in ends.items() if reason not in expected | ORDINARY}
    print(f"  {name:13} {slow:5} ended by {'/'.join(sorted(expected))}; an ordinary request takes "
          f"{statistics.median(quiet):.1f} ms alone, {statistics.median(busy):.1f} ms beside them "
          f"(slowest {max(busy):.0f}), {failures} of {len(busy) + failures} failed; "
          f"{server.memory():.0f} MiB at most", flush=True)
    mistakes = []
    if slow < options.connections * 0.9:
        mistakes.append(f"{name}: {slow} of {options.connections} were ended for it; all ends: {ends}")
    if other:
        mistakes.append(f"{name}: some ended for another reason: {other}")
    if failures:
        mistakes.append(f"{name}: {failures} ordinary requests failed")
    return mistakes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saker", default=ROOT / "build/release/saker")
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=15, help="of each attack")
    parser.add_argument("--transport", action="append", help="epoll and io_uring unless given")
    options = parser.parse_args()
    if shutil.which("slowhttptest") is None:
        print("SKIPPED: there is no slowhttptest (apt-get install slowhttptest)")
        return SKIPPED
    # A connection is a descriptor here and in the server.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    mistakes = []
    for transport in options.transport or ["epoll", "io_uring"]:
        print(f"{transport}, {options.connections} slow clients", flush=True)
        server = Server(str(options.saker), transport)
        try:
            for name in ATTACKS:
                mistakes += [f"{transport}: {one}" for one in attack(server, name, options)]
        finally:
            server.stop()
    for one in mistakes:
        print(f"FAILED: {one}", file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())

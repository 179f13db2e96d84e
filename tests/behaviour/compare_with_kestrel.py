#!/usr/bin/env python3
"""Sends the same raw requests to `saker serve` and to real Kestrel (bench/servers/kestrel) and prints where
the answers differ: status, framing, body, Connection and Allow, and what becomes of the connection. A
difference that is listed in intended.json, with its reason and with both sides as they are, is intended;
any other one is a failure, and so is an entry of the list that is not true any more. "*" in the list stands
for a side that depends on chance.

Usage: compare_with_kestrel.py [--saker PATH] [--kestrel PATH] [--case TEXT] [--write]
Ends with 77 (skipped) where there is no .NET or no Kestrel can be built.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

from cases import CASES

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
INTENDED = HERE / "intended.json"
# Seconds without a byte after which the server is believed to wait for more; and where that makes a
# difference, which on a busy machine it does, asked again with more of them.
QUIET, PATIENT = 0.4, 3.0
SKIPPED = 77
# One delivery more than one has to be cheap to be sent a byte at a time.
LARGEST_CUT = 1200
# A whole answer of the kind that is not streamed.
COMPLETE = re.compile(rb"Content-Length: (?:0\r\n(?:.+\r\n)*\r\n$|13\r\n(?:.+\r\n)*\r\nHello, World!$)")
WARM_UP = ("line: get", "length: five", "chunk: one", "answer: /json", "answer: /stream/3", "line: nonsense")


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server process on a port of its own, ended by its id."""

    def __init__(self, name, command):
        self.name, self.port = name, free_port()
        self.process = subprocess.Popen([part.format(url=f"http://127.0.0.1:{self.port}") for part in command],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > limit:
                    self.stop()
                    raise SystemExit(f"{name} does not start: {command}")
                time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()


def pieces(data, way):
    if way == "whole" or len(data) > LARGEST_CUT:
        return [data]
    if way == "bytes":
        return [data[i:i + 1] for i in range(len(data))]
    middle = len(data) // 2
    return [data[:middle], data[middle:]]


def converse(port, data, half_close, way, patience):
    """All that the server says, and what becomes of the connection: open, end or reset."""
    with socket.create_connection(("127.0.0.1", port), 60) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def say():
            try:
                for piece in pieces(data, way):
                    wire.sendall(piece)
                    if way == "halves":
                        time.sleep(0.02)
                if half_close:
                    wire.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the server has closed: what it said is read below

        talker = threading.Thread(target=say)
        talker.start()
        heard, fate = b"", "open"
        wire.settimeout(patience)
        while True:
            try:
                piece = wire.recv(65536)
            except socket.timeout:
                if talker.is_alive():
                    continue
                break
            except OSError:
                fate = "reset"
                break
            if not piece:
                fate = "end"
                break
            heard += piece
        # Nothing of this conversation may keep the server busy.
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        talker.join()
        return heard, fate


def take_chunks(rest):
    body = b""
    while True:
        line, found, rest = rest.partition(b"\r\n")
        if not found:
            return body, b"", "cut short"
        size = int(line.split(b";")[0], 16)
        if size == 0:
            while True:
                line, found, rest = rest.partition(b"\r\n")
                if not line:
                    return body, rest, ""
        body, rest = body + rest[:size], rest[size + 2:]


def words(heard, fate, data):
    """What was answered in a few words, without what differs from run to run."""
    if fate == "reset" and not COMPLETE.search(heard):
        return "cut short -> reset"  # how much of it came before is chance
    told = []
    while heard:
        head, found, rest = heard.partition(b"\r\n\r\n")
        if not found or not head.startswith(b"HTTP/1.1 "):
            told.append(f"not HTTP: {heard[:40]!r}")
            break
        fields = {}
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.decode("latin-1").partition(":")
            fields.setdefault(name.lower(), value.strip())
        status = int(head[9:12])
        is_head = data.lstrip().startswith(b"HEAD") or (status < 300 and data.startswith(b"CONNECT"))
        text = str(status)
        if status < 200:
            body = None
        elif is_head or status in (204, 304):
            text += " cl=" + fields["content-length"] if "content-length" in fields else ""
            text += " chunked" if "transfer-encoding" in fields else ""
            body = None
        elif fields.get("transfer-encoding") == "chunked":
            body, rest, short = take_chunks(rest)
            text += " chunked" + (" " + short if short else "")
        elif "content-length" in fields:
            size = int(fields["content-length"])
            body, rest = rest[:size], rest[size:]
            text += " sized" + (" cut short" if len(body) < size else "")
        else:
            body, rest = rest, b""
            text += " until-end"
        if status < 300 and body is not None:
            text += f" {len(body)}"
        if "connection" in fields:
            text += " " + fields["connection"].lower()
        if "allow" in fields:
            text += " allow"
        told.append(text)
        heard = rest
    folded = []
    for one in told:
        if folded and folded[-1][0] == one:
            folded[-1][1] += 1
        else:
            folded.append([one, 1])
    return "; ".join(text if count == 1 else f"{count} x {text}" for text, count in folded) + f" -> {fate}" \
        if told else f"nothing -> {fate}"


def ask(server, name, way, patience=QUIET):
    data, half_close = CASES[name]
    heard, fate = converse(server.port, data, half_close, way, patience)
    return words(heard, fate, data)


def find_servers(options):
    built_here = [ROOT / "build" / preset / "saker" for preset in ("release", "dev")]
    saker = options.saker or next((str(path) for path in built_here if path.exists()), None)
    if saker is None:
        skip("there is no saker: cmake --build --preset release --target saker_command")
    kestrel = options.kestrel or str(ROOT / "build/kestrel/kestrel")
    if not os.path.exists(kestrel):
        if shutil.which("dotnet") is None:
            skip("there is no dotnet here, and no build/kestrel/kestrel")
        built = subprocess.run(["dotnet", "publish", "-c", "Release", "-o", str(ROOT / "build/kestrel")],
                               cwd=ROOT / "bench/servers/kestrel", capture_output=True, text=True)
        if built.returncode != 0:
            skip("Kestrel's twin cannot be built here:\n" + built.stdout[-2000:])
    return saker, kestrel


def compare(servers, names, ways=("whole", "bytes", "halves"), patience=QUIET, threads=16):
    """{case: {server: words}}, and the cases whose answer depends on how they were delivered."""
    results, unsteady = {name: {} for name in names}, []
    jobs = [(server, name, way, patience) for name in names for server in servers for way in ways]
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        for (server, name, way, _), said in zip(jobs, pool.map(lambda job: ask(*job), jobs)):
            known = results[name].setdefault(server.name, said)
            if known != said:
                unsteady.append((name, server.name, way, known, said))
    return results, unsteady


def is_intended(listed, both):
    return listed is not None and all(listed[side] in (both[side], "*") for side in both) and listed["why"] != "?"


def compare_with_patience(servers, names, intended, by_delivery):
    """As `compare`, but what would be a failure is asked again, with patience and few at a time."""
    results, unsteady = compare(servers, names)
    again = {name for name, both in results.items()
             if both["saker"] != both["kestrel"] and not is_intended(intended.get(name), both)}
    again |= {one[0] for one in unsteady if one[1] == "saker" and one[0] not in by_delivery}
    again |= {name for name, both in results.items() if name in intended and both["saker"] == both["kestrel"]}
    if again:
        surely, still_unsteady = compare(servers, sorted(again), patience=PATIENT, threads=4)
        results.update(surely)
        unsteady = [one for one in unsteady if one[0] not in again] + still_unsteady
    return results, unsteady


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--saker")
    parser.add_argument("--kestrel")
    parser.add_argument("--case", default="", help="only cases whose name has this in it")
    parser.add_argument("--write", action="store_true", help="writes intended.json anew, with the reasons known")
    options = parser.parse_args()
    saker, kestrel = find_servers(options)
    names = [name for name in CASES if options.case in name]
    servers = []
    try:
        flags = ["--cores", "1", "--no-pin", "--log-level", "none"]
        servers.append(Server("saker", [saker, "serve", "--urls", "{url}", *flags]))
        servers.append(Server("kestrel", [kestrel, "--urls", "{url}"]))
        for name in WARM_UP * 3:  # what is compiled at its first use is slow at it
            for server in servers:
                ask(server, name, "whole")
        intended = json.loads(INTENDED.read_text()) if INTENDED.exists() else {}
        by_delivery = intended.pop("deliveries", {})
        results, unsteady = compare_with_patience(servers, names, intended, by_delivery)
    finally:
        for server in servers:
            server.stop()

    different = {name: both for name, both in results.items() if both["saker"] != both["kestrel"]}
    if options.write:
        made = {name: {**both, "why": intended.get(name, {}).get("why", "?")} for name, both in different.items()}
        INTENDED.write_text(json.dumps({"deliveries": by_delivery, **made}, indent=2) + "\n")
    failures = 0
    for name, both in different.items():
        if is_intended(intended.get(name), both):
            continue
        failures += 1
        print(f"{name}\n  saker    {both['saker']}\n  kestrel  {both['kestrel']}")
    for name in intended:
        if name in results and name not in different and intended[name]["kestrel"] != "*":
            failures += 1
            print(f"{name}: listed as different, and is the same now: {results[name]['saker']}")
    for name, server, way, known, said in unsteady:
        if server == "saker" and name not in by_delivery:
            failures += 1
            print(f"{name}: saker answers otherwise where it comes in {way}:\n  whole    {known}\n  {way:8} {said}")
    theirs = sum(1 for one in unsteady if one[1] == "kestrel")
    print(f"{len(names)} requests in 3 deliveries: {len(names) - len(different)} alike, "
          f"{len(different) - failures if failures <= len(different) else 0} different as intended, {failures} failures"
          + (f"; Kestrel's answer depends on the delivery {theirs} times" if theirs else ""))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

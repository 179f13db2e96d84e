#!/usr/bin/env python3
"""Gives the same certificates and settings to `saker serve` and to real Kestrel (HTTP/1.1 alone), lets the
same TLS clients talk to both, and prints where they differ: versions, ciphers, ALPN, SNI, clients'
certificates, what is no TLS, timeouts, ends, sessions, chains, and what they refuse at the start. A
difference that is listed in differences.json with its reason and both sides as they are is intended; any
other one is a failure, and so is an entry that is not true any more.

Usage: compare_tls.py [--saker PATH] [--kestrel PATH] [--case TEXT] [--all] [--write]
Ends with 77 (skipped) where there is no .NET, no Kestrel can be built, or openssl is missing.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "configuration"))

from tls_certificates import Certificates  # noqa: E402
from compare_configuration import find_servers, free_ports, skip  # noqa: E402
from tls_cases import ALONE, CASES, TOLD  # noqa: E402
from tls_settings import ENDPOINTS, START  # noqa: E402

LISTED = HERE / "differences.json"
SIDES = ("saker", "kestrel")


def environment(certificates):
    """The roots that clients' certificates are trusted by are the system's, which both read from here."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(("ASPNETCORE", "KESTREL"))}
    return {**kept, "DOTNET_EnableDiagnostics": "0", "HOME": certificates.path("home"),
            "SSL_CERT_FILE": certificates.path("root.leaf"), "SSL_CERT_DIR": certificates.path("home")}


def settings(endpoints):
    return json.dumps({"Kestrel": {"EndpointDefaults": {"Protocols": "Http1"}, "Endpoints": endpoints}})


class Server:
    """One of both, with these endpoints; `error` is its message where it does not start."""

    def __init__(self, side, program, certificates, endpoints):
        self.certificates = certificates
        self.ports = dict(zip(endpoints, free_ports(len(endpoints))))
        with_urls = {name: {"Url": f"{'http' if name == 'plain' else 'https'}://127.0.0.1:{port}", **endpoints[name]}
                     for name, port in self.ports.items()}
        self.settings = tempfile.NamedTemporaryFile("w", suffix=".json", dir=certificates.folder, delete=False)
        self.settings.write(settings(with_urls))
        self.settings.close()
        self.error = None
        command = [program, "--config", self.settings.name] if side == "kestrel" else \
            [program, "serve", "--cores", "1", "--no-pin", "--config", self.settings.name]
        self.process = subprocess.Popen(command, cwd=certificates.folder, env=environment(certificates), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._wait_for_kestrel() if side == "kestrel" else self._wait_for_saker()

    def _wait_for_kestrel(self):
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.error = json.loads(self.process.stdout.readline()).get("error")

    def _wait_for_saker(self):
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        said = ""
        for line in self.process.stderr:
            if "Application started" in line:
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return
            if not re.match(r"\S+Z (?:information|warning) ", line):
                said += re.sub(r"^\S+Z \w+ server: ", "", line)
        self.error = said.strip() or "ends without a word"

    def stop(self):
        self.process.stdin.close()  # on which Kestrel's twin ends
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def at_start(program_of, certificates, name, side):
    """"starts" or the message, without what is of this run."""
    server = Server(side, program_of[side], certificates, {"A": START[name]})
    try:
        if server.error is None:
            return "starts"
        text = server.error.splitlines()[0].replace(server.settings.name, "FILE")
        return "refuses: " + text.replace(os.path.basename(server.settings.name), "FILE") \
            .replace(str(certificates.folder), "FOLDER")
    finally:
        server.stop()


def run_cases(program_of, certificates, names):
    servers = {side: Server(side, program_of[side], certificates, {"plain": {}, **ENDPOINTS}) for side in SIDES}
    try:
        for side, server in servers.items():
            if server.error is not None:
                raise SystemExit(f"{side} does not start: {server.error}")
        for _ in range(3):  # what is compiled at its first use is slow at it
            for server in servers.values():
                for name in ("version: only 1.2", "version: only 1.3", "bytes: http to https"):
                    CASES[name](server)

        def ask(name, side):
            try:
                return {**CASES, **ALONE, **TOLD}[name](servers[side])
            except OSError as wrong:
                return type(wrong).__name__
        # Those that wait longest begin first.
        order = sorted(names, key=lambda name: not name.startswith("timeout"))
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            asked = {(name, side): pool.submit(ask, name, side) for name in order for side in SIDES
                     if name not in ALONE}
            results = {key: one.result() for key, one in asked.items()}
        results.update({(name, side): ask(name, side) for name in names if name in ALONE for side in SIDES})
        return {name: {side: results[name, side] for side in SIDES} for name in names}
    finally:
        for server in servers.values():
            server.stop()


def same(both):
    """Messages are each server's own words: that both refuse is alike."""
    return both["saker"] == both["kestrel"] or all(said.startswith("refuses") for said in both.values())


def is_listed(entry, both):
    return entry is not None and entry["why"] != "?" and all(entry[side] in (both[side], "*") for side in SIDES)


def print_table(results, listed, everything):
    for name, both in results.items():
        different = not same(both)
        if different or everything or name in TOLD:
            mark = " " if not different or name in TOLD else "~" if is_listed(listed.get(name), both) else "!"
            print(f"{mark} {name}\n      saker    {both['saker']}\n      kestrel  {both['kestrel']}")
            if mark == "~":
                print(f"      because  {listed[name]['why']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--saker")
    parser.add_argument("--kestrel")
    parser.add_argument("--case", default="", help="only cases whose name has this in it")
    parser.add_argument("--all", action="store_true", help="prints what is alike too")
    parser.add_argument("--write", action="store_true", help="writes differences.json anew, with the reasons known")
    options = parser.parse_args()
    if shutil.which("openssl") is None:
        skip("there is no openssl here")
    program_of = find_servers(options)
    names = [name for name in [*CASES, *ALONE, *START, *TOLD] if options.case in name]
    listed = json.loads(LISTED.read_text()) if LISTED.exists() else {}
    with tempfile.TemporaryDirectory(prefix="saker_tls_") as folder:
        certificates = Certificates(folder)
        os.mkdir(certificates.path("home"))

        def run(some):
            talks = [name for name in some if name not in START]
            results = run_cases(program_of, certificates, talks) if talks else {}
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                jobs = {(name, side): pool.submit(at_start, program_of, certificates, name, side)
                        for name in some if name in START for side in SIDES}
                for name, side in jobs:
                    results.setdefault(name, {})[side] = jobs[name, side].result()
            return {name: results[name] for name in some}

        results = run(names)
        doubtful = [name for name, both in results.items() if name not in TOLD and
                    (not is_listed(listed.get(name), both) if not same(both) else name in listed)]
        if doubtful and not options.write:  # a busy machine answers late
            results.update(run(doubtful))

    different = {name: both for name, both in results.items() if not same(both) and name not in TOLD}
    if options.write:
        made = {name: {**both, "why": listed.get(name, {}).get("why", "?")} for name, both in different.items()}
        if options.case:
            made = {**{name: one for name, one in listed.items() if name not in results}, **made}
        listed = {name: made[name] for name in [*CASES, *ALONE, *START] if name in made}
        LISTED.write_text(json.dumps(listed, indent=2) + "\n")
    print_table(results, listed, options.all)
    failures = [name for name, both in different.items() if not is_listed(listed.get(name), both)]
    gone = [name for name in listed if name in results and name not in different]
    unknown = [name for name in listed if name not in {**CASES, **ALONE, **START}]
    for name in gone:
        print(f"! {name}: listed as different, and is the same now: {results[name]['saker']}")
    for name in unknown:
        print(f"! {name}: listed, and no case any more")
    wrong = len(failures) + len(gone) + len(unknown)
    compared = len(results) - len([name for name in results if name in TOLD])
    print(f"{compared} cases: {compared - len(different)} alike, {len(different) - len(failures)} different as "
          f"intended, {wrong} failures")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

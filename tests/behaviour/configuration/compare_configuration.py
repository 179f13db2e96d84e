#!/usr/bin/env python3
"""Gives the same settings files, variables and arguments to `saker serve` and to real Kestrel (kestrel/), and
prints where they differ: whether they start, what they listen on (as the kernel sees it), which limits and
switches they have, which addresses they say they override, and how limits are enforced. A difference that is
listed in differences.json with its reason and both sides as they are is intended; any other one is a failure,
and so is an entry that is not true any more.

Usage: compare_configuration.py [--saker PATH] [--kestrel PATH] [--case TEXT] [--write]
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
import subprocess
import sys
import tempfile
import threading

from configuration_cases import CASES

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
LISTED = HERE / "differences.json"
SKIPPED, PATIENCE_S = 77, 60
# Kestrel has no setting of these kinds, or says nothing of them here.
NOT_COMPARED = re.compile(r".*:(?:GracePeriod|AllowSynchronousIO|DisableStringReuse)$")


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def find_servers(options):
    built_here = [ROOT / "build" / preset / "saker" for preset in ("release", "dev")]
    saker = options.saker or next((str(path) for path in built_here if path.exists()), None)
    if saker is None:
        skip("there is no saker: cmake --build --preset release --target saker_command")
    kestrel = options.kestrel or str(ROOT / "build/kestrel-configuration/kestrel_configuration")
    if not os.path.exists(kestrel):
        if shutil.which("dotnet") is None:
            skip("there is no dotnet here, and no build/kestrel-configuration")
        built = subprocess.run(["dotnet", "publish", "-c", "Release", "-o", str(ROOT / "build/kestrel-configuration")],
                               cwd=HERE / "kestrel", capture_output=True, text=True)
        if built.returncode != 0:
            skip("Kestrel's twin cannot be built here:\n" + built.stdout[-2000:])
    return {"saker": os.path.abspath(saker), "kestrel": os.path.abspath(kestrel)}


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def listening(pid):
    """What a process listens on: "127.0.0.1:80", "[::]:80", paths; as the kernel has it."""
    inodes = set()
    for handle in os.scandir(f"/proc/{pid}/fd"):
        try:
            found = re.match(r"socket:\[(\d+)\]", os.readlink(handle.path))
        except OSError:
            continue  # closed meanwhile
        if found:
            inodes.add(found.group(1))
    bound = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for row in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            parts = row.split()
            if parts[3] == "0A" and parts[9] in inodes:
                raw, port = parts[1].split(":")
                words = [bytes.fromhex(raw[i:i + 8])[::-1] for i in range(0, len(raw), 8)]
                text = socket.inet_ntop(family, b"".join(words))
                bound.add(f"[{text}]:{int(port, 16)}" if family == socket.AF_INET6 else f"{text}:{int(port, 16)}")
    for row in pathlib.Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]:
        parts = row.split()
        if len(parts) == 8 and parts[3] == "00010000" and parts[6] in inodes:
            bound.add(parts[7])
    return bound


class Run:
    """One case on one server."""

    def __init__(self, name, program, one):
        self.name, self.program, self.one = name, program, one
        self.folder = tempfile.mkdtemp(prefix="saker_configuration_")
        self.ports = free_ports(3)

    def filled(self, text):
        for number, port in enumerate(self.ports, 1):
            text = text.replace(f"PORT{number}", str(port))
        return text.replace("FOLDER", self.folder)

    def plain(self, text):
        """Without what is of this run alone."""
        for number, port in enumerate(self.ports, 1):
            text = text.replace(str(port), f"PORT{number}")
        text = text.replace(self.folder, "FOLDER")
        return re.sub(r":(?:3[2-9]|[4-6]\d)\d{3}\b", ":FREE", text)

    def run(self):
        for file, text in self.one["files"].items():
            pathlib.Path(self.folder, file).write_text(self.filled(text), encoding="utf-8")
        self.env = {key: value for key, value in os.environ.items()
                    if not re.match(r"(?i)aspnetcore_|urls$|http|kestrel|saker|dotnet_(urls|environment)", key)}
        self.env["DOTNET_EnableDiagnostics"] = "0"  # no socket for debuggers
        self.env.update({key: self.filled(value) for key, value in self.one["env"].items()})
        self.args = [self.filled(argument) for argument in self.one["args"]]
        try:
            return self.of_saker() if self.name == "saker" else self.of_kestrel()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def started(self, command):
        return subprocess.Popen(command, cwd=self.folder, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def ended(self, process):
        process.stdin.close()
        if self.name == "saker" and process.poll() is None:
            process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()

    def while_serving(self, process, said):
        said["bound"] = sorted(self.plain(one) for one in listening(process.pid))
        if self.one["probe"]:
            said["probe"] = " ".join(self.status(request) for request in self.one["probe"])

    def status(self, request):
        with socket.create_connection(("127.0.0.1", self.ports[0]), PATIENCE_S) as wire:
            wire.sendall(request.encode())
            heard = b""
            while b"\r\n" not in heard:
                piece = wire.recv(4096)
                if not piece:
                    return "nothing"
                heard += piece
            return heard.split()[1].decode()

    def of_kestrel(self):
        process = self.started([self.program, *self.args])
        threading.Thread(target=process.stderr.read, daemon=True).start()
        try:
            told = json.loads(process.stdout.readline())
            if "error" in told:
                return {"starts": "no", "says": self.plain(told["error"]).splitlines()[0]}
            said = {"starts": "yes", "warnings": [self.plain(one) for one in told["warnings"]],
                    "limits": told["limits"], "environment": told["environment"]}
            self.while_serving(process, said)
            return said
        finally:
            self.ended(process)

    def of_saker(self):
        checked = subprocess.run([self.program, "serve", "--check-config", *self.args], cwd=self.folder, env=self.env,
                                 capture_output=True, text=True)
        if checked.returncode != 0:
            return {"starts": "no", "says": self.plain(checked.stderr).splitlines()[0]}
        rows = [row.split() for row in checked.stdout.splitlines()]
        said = {"starts": "yes", "warnings": [], "environment": rows[0][1],
                "limits": {row[0]: row[1] for row in rows if len(row) > 2 and row[0].startswith("Kestrel:")}}
        process = self.started([self.program, "serve", "--cores", "1", "--no-pin", *self.args])
        threading.Thread(target=process.stdout.read, daemon=True).start()
        try:
            for line in process.stderr:
                if "Overriding" in line:
                    said["warnings"].append(self.plain(line[line.index("Overriding"):].rstrip()))
                if "Application started" in line:
                    threading.Thread(target=process.stderr.read, daemon=True).start()
                    self.while_serving(process, said)
                    return said
            return {"starts": "no", "says": self.plain(line.strip())}
        finally:
            self.ended(process)


def differences(both):
    """{what: {server: value}} of what is not the same; the words of mistakes are each server's own."""
    saker, kestrel = both["saker"], both["kestrel"]
    if saker["starts"] != kestrel["starts"]:
        return {"starts": {name: f"no: {said['says']}" if said["starts"] == "no" else "yes"
                           for name, said in both.items()}}
    if saker["starts"] == "no":
        return {}
    found = {what: {name: said.get(what) for name, said in both.items()}
             for what in ("bound", "warnings", "environment", "probe") if saker.get(what) != kestrel.get(what)}
    for key in sorted(set(saker["limits"]) | set(kestrel["limits"])):
        if NOT_COMPARED.match(key) or key.startswith(("Kestrel:Endpoints:", "Kestrel:Certificates:")):
            continue
        values = {name: said["limits"].get(key, "null") for name, said in both.items()}
        if values["saker"] != values["kestrel"]:
            found[key] = values
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--saker")
    parser.add_argument("--kestrel")
    parser.add_argument("--case", default="", help="only cases whose name has this in it")
    parser.add_argument("--write", action="store_true", help="writes differences.json anew, with the reasons known")
    options = parser.parse_args()
    programs = find_servers(options)
    names = [name for name in CASES if options.case in name]
    listed = json.loads(LISTED.read_text()) if LISTED.exists() else {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = {(name, server): pool.submit(Run(server, program, CASES[name]).run)
                for name in names for server, program in programs.items()}
        results = {name: {server: runs[name, server].result() for server in programs} for name in names}
    found = {name: difference for name in names if (difference := differences(results[name]))}
    if options.write:
        made = {name: {"differs": difference, "why": listed.get(name, {}).get("why", "?")}
                for name, difference in found.items()}
        LISTED.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
        listed = made
    failures = 0
    for name in names:
        known = listed.get(name)
        if name not in found and known is not None:
            failures += 1
            print(f"{name}: listed as different, and is the same now")
        elif name in found and (known is None or known["differs"] != found[name] or known["why"] == "?"):
            failures += 1
            print(f"{name}\n  {json.dumps(found[name], indent=2, ensure_ascii=False)}")
    for name in listed:
        if name not in CASES:
            failures += 1
            print(f"{name}: listed, and no case any more")
    both_refuse = sum(1 for both in results.values() if both["saker"]["starts"] == both["kestrel"]["starts"] == "no")
    print(f"{len(names)} configurations: {len(names) - len(found)} alike ({both_refuse} of them refused by both), "
          f"{len(found)} different, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

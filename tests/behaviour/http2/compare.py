#!/usr/bin/env python3
"""Says the same HTTP/2 frames, right and wrong, to Saker (server.cc) and to real Kestrel (kestrel/), and prints
where what comes back differs: frames, codes, statuses, and what becomes of the connection. A difference that
is listed in differences.json with its reason and both sides as they are is intended; any other one is a
failure, and so is an entry that is not true any more. "*" stands for a side that depends on chance.

Usage: compare.py [--saker PATH] [--kestrel PATH] [--case TEXT] [--all] [--write] [--only kestrel|saker]
Ends with 77 (skipped) where there is no .NET, no Kestrel can be built, or python3-hpack or openssl is missing.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import sys
import tempfile

import frame_cases
import life_cases
import request_cases
from http2_case import CASES, CLOSE, HALF_CLOSE, LISTEN, TERMINATE
from http2_servers import Server, find_kestrel, make_certificate, need_packages, skip, tls_context
from http2_wire import Story, Wire

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
LISTED = HERE / "differences.json"
# Seconds without a frame after which nothing more is expected; and where that makes a difference, more of them.
QUIET, PATIENT = 0.4, 1.2
THREADS = 12


def make_cases():
    for make in (frame_cases.starts, frame_cases.secured, frame_cases.setting_frames, frame_cases.small_frames,
                 frame_cases.after_the_end, frame_cases.header_blocks, request_cases.pseudo_fields,
                 request_cases.usual_fields, request_cases.connects, request_cases.compression, request_cases.trailers,
                 request_cases.answers, request_cases.streams, frame_cases.bodies, frame_cases.windows,
                 life_cases.aborts, life_cases.ends, life_cases.floods, life_cases.timeouts, life_cases.stops):
        make()


def act(wire, step, server):
    if isinstance(step, bytes):
        wire.send(step)
    elif step == LISTEN:
        wire.listen()
    elif isinstance(step, float):
        wire.listen(step, until=lambda _: False)
    elif step == HALF_CLOSE:
        wire.half_close()
    elif step == CLOSE:
        wire.close()
        wire.fate = "closed by us"
    elif step == TERMINATE:
        server.terminate()
    else:
        step(wire)


def ask(servers, name, patience, make_server):
    """What became of one case, in words."""
    one = CASES[name]
    alone = one.server == "stopping"
    server = make_server("stopping", {"h2c": "Http2"}) if alone else servers[one.server]
    try:
        wire = Wire(server.ports[one.endpoint], None if one.tls is None else tls_context(**one.tls), patience)
        try:
            wire.answers_pings = "pings" not in one.shows
            for step in (one.start, *one.steps):
                if wire.fate == "open" or not isinstance(step, (bytes, float)):
                    act(wire, step, server)
            wire.listen()
            if one.asked and wire.fate == "open":
                wire.notes.append("lives" if wire.is_alive() else "no answer to PING")
            if one.tls is not None and wire.negotiated is not None:
                wire.notes.insert(0, f"alpn {wire.negotiated}")
            return Story(wire, one.shows).words()
        finally:
            wire.close(abruptly=True)
    except Exception as wrong:  # pylint: disable=broad-except
        return f"{type(wrong).__name__}: {wrong}"
    finally:
        if alone:
            server.stop()


class Side:
    """All servers of one program, started when first needed."""

    def __init__(self, program, folder):
        self.make = lambda name, protocols=None: Server(program, folder, name, protocols)
        self.servers = {}

    def run(self, names, patience, threads):
        for needed in dict.fromkeys(CASES[name].server for name in names):
            if needed not in self.servers and needed != "stopping":
                self.servers[needed] = self.make(needed)
                for _ in range(3):  # what is compiled at its first use is slow at it
                    for warm in ("answer: /plaintext", "body: one frame", "frame: window 0", "answer: /throw-late"):
                        ask({CASES[warm].server: self.servers[needed]}, warm, 0.1, self.make)
        # Those that wait longest begin first.
        order = sorted(names, key=lambda name: not name.startswith(("timeout", "keep-alive", "stop", "flood")))
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            asked = {name: pool.submit(ask, self.servers, name, patience, self.make) for name in order}
            return {name: asked[name].result() for name in names}

    def stop(self):
        for server in self.servers.values():
            server.stop()


def find_programs(options):
    built_here = [ROOT / "build" / preset / "tests/behaviour/http2/saker_http2_twin" for preset in ("release", "dev")]
    built = next((str(path) for path in built_here if path.exists()), None)
    saker = os.path.abspath(options.saker) if options.saker else built
    if saker is None and options.only != "kestrel":
        skip("there is no saker_http2_twin: cmake --build --preset release --target saker_http2_twin")
    programs = {"saker": saker, "kestrel": None if options.only == "saker" else find_kestrel(options.kestrel)}
    return {side: program for side, program in programs.items() if options.only in (None, side)}


def is_listed(entry, both):
    return entry is not None and entry["why"] != "?" and all(entry[side] in (both[side], "*") for side in both)


def print_table(results, listed, everything):
    for name, both in results.items():
        if len(both) == 1:
            print(f"{name}\n      {next(iter(both.values()))}")
            continue
        different = both["saker"] != both["kestrel"]
        if different or everything:
            mark = " " if not different else "~" if is_listed(listed.get(name), both) else "!"
            print(f"{mark} {name}\n      saker    {both['saker']}\n      kestrel  {both['kestrel']}")
            if mark == "~":
                print(f"      because  {listed[name]['why']}")


def write(listed, results, everything):
    made = {name: {**both, "why": listed.get(name, {}).get("why", "?")} for name, both in results.items()
            if both["saker"] != both["kestrel"]}
    if not everything:
        made = {**{name: one for name, one in listed.items() if name not in results}, **made}
    listed = {name: made[name] for name in CASES if name in made}
    LISTED.write_text(json.dumps(listed, indent=2) + "\n")
    return listed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--saker", help="the test program saker_http2_twin")
    parser.add_argument("--kestrel")
    parser.add_argument("--case", default="", help="only cases whose name has this in it")
    parser.add_argument("--all", action="store_true", help="prints what is alike too")
    parser.add_argument("--write", action="store_true", help="writes differences.json anew, with the reasons known")
    parser.add_argument("--only", choices=("saker", "kestrel"), help="asks one of both, and prints what it said")
    options = parser.parse_args()
    need_packages(hpack="python3-hpack")
    if shutil.which("openssl") is None:
        skip("there is no openssl here")
    programs = find_programs(options)
    make_cases()
    names = [name for name in CASES if options.case in name]
    listed = json.loads(LISTED.read_text()) if LISTED.exists() else {}
    with tempfile.TemporaryDirectory(prefix="saker_http2_") as folder:
        make_certificate(folder)
        sides = {side: Side(program, folder) for side, program in programs.items()}
        try:
            results = {name: {} for name in names}
            for side, one in sides.items():
                for name, said in one.run(names, QUIET, THREADS).items():
                    results[name][side] = said
            for threads in (THREADS, 4, 1) if not options.write else ():  # a busy machine answers late
                doubtful = [name for name, both in results.items() if len(both) == 2 and
                            (both["saker"] != both["kestrel"]) == (not is_listed(listed.get(name), both))]
                for side, one in sides.items() if doubtful else ():
                    for name, said in one.run(doubtful, PATIENT, threads).items():
                        results[name][side] = said
        finally:
            for one in sides.values():
                one.stop()
    if options.write:
        listed = write(listed, results, not options.case)
    print_table(results, listed, options.all)
    if options.only:
        return 0
    return judge(results, listed)


def judge(results, listed):
    different = {name: both for name, both in results.items() if both["saker"] != both["kestrel"]}
    failures = [name for name, both in different.items() if not is_listed(listed.get(name), both)]
    gone = [name for name in listed if name in results and name not in different and "*" not in listed[name].values()]
    unknown = [name for name in listed if name not in CASES]
    for name in gone:
        print(f"! {name}: listed as different, and is the same now: {results[name]['saker']}")
    for name in unknown:
        print(f"! {name}: listed, and no case any more")
    wrong = len(failures) + len(gone) + len(unknown)
    print(f"{len(results)} cases: {len(results) - len(different)} alike, {len(different) - len(failures)} different as "
          f"intended, {wrong} failures")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

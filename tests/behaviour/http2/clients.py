#!/usr/bin/env python3
"""Real clients, and proxies that are clients, of a server that speaks HTTP/2: curl, nghttp, h2load, python3-h2,
Node, gRPC, Chromium; nginx, HAProxy and Apache in front of it. The server is Saker's server.cc, or its twin of
Kestrel's, which shows that a check asks for nothing that is ours alone.

Usage: clients.py [--twin] SERVER [TEXT]     TEXT: only checks whose name has this in it
--twin: the server is Kestrel's, which has no HTTP/2 beside HTTP/1.1 without TLS.
A client that is not there is left out, and said so; ends with 77 (skipped) where there is none of them.
"""
import importlib.util
import os
import pathlib
import shutil
import sys
import tempfile
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "checks"))

from http2_servers import need_packages  # noqa: E402
from site_of_clients import CHECKS, Site  # noqa: E402

PACKAGES = {"nghttp": "nghttp2-client", "h2load": "nghttp2-client", "curl": "curl", "node": "nodejs",
            "nginx": "nginx-light", "haproxy": "haproxy", "apache2": "apache2", "certutil": "libnss3-tools",
            "chromium-headless-shell": "chromium-headless-shell", "openssl": "openssl", "module h2": "python3-h2",
            "module grpc": "python3-grpcio"}
# What is of the server, not of the machine.
OURS = "h2c beside HTTP/1.1"


def missing(needs):
    """The packages of what is not here."""
    return sorted({PACKAGES[one] for one in needs if one != OURS and (
        importlib.util.find_spec(one.split()[1]) is None if one.startswith("module ") else shutil.which(one) is None)})


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    need_packages(required=False, h2="python3-h2", grpc="python3-grpcio")
    import browser_checks, command_checks, grpc_checks, library_checks, proxy_checks  # noqa: E401, F401
    twin, arguments = "--twin" in sys.argv, [one for one in sys.argv[1:] if one != "--twin"]
    if not arguments:
        sys.exit(__doc__)
    wanted = (arguments + [""])[1]
    done, failed = 0, []
    with tempfile.TemporaryDirectory(prefix="saker_http2_clients_") as folder:
        os.chmod(folder, 0o755)  # the proxies' workers are other users
        site = Site(os.path.abspath(arguments[0]), folder, both=not twin)
        try:
            for name, needs, check in CHECKS:
                if wanted not in name or twin and OURS in needs:
                    continue
                if lacking := missing(needs):
                    print(f"SKIPPED {name}: apt-get install {' '.join(lacking)}", flush=True)
                    continue
                done += 1
                try:
                    check(site)
                    site.look_after()
                    print(f"ok      {name}", flush=True)
                except Exception as wrong:  # pylint: disable=broad-except
                    failed.append(name)
                    where = "" if isinstance(wrong, AssertionError) and str(wrong) else traceback.format_exc()
                    print(f"FAIL    {name}: {wrong}\n{where}", flush=True)
                    site.restart()
        finally:
            site.stop()
    print(f"{done} checks, {len(failed)} failed" + "".join(f"\n  {name}" for name in failed))
    sys.exit(77 if done == 0 else 1 if failed else 0)


if __name__ == "__main__":
    main()

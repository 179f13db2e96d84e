#!/usr/bin/env python3
"""tools/run, as a newcomer uses it: it builds release, says what to try, serves, and ends at SIGINT.

The port is one that the kernel had free a moment ago. The first run builds; nothing else is timed.
"""
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE_S = 1200  # a release build on two slow processors


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nothing listens")


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, interrupted)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    # A group of its own, as a shell gives it: Ctrl+C reaches all of it.
    process = subprocess.Popen([f"{ROOT}/tools/run", "--urls", url, "--cores", "1"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    said = []
    reader = threading.Thread(target=lambda: said.extend(process.stdout), daemon=True)
    reader.start()
    try:
        wait_for(port, process)
        with urllib.request.urlopen(f"{url}/plaintext", timeout=10) as answer:
            assert answer.status == 200, answer.status
            assert answer.read() == b"Hello, World!"
            assert answer.headers["Server"] and answer.headers["Date"], answer.headers
        os.killpg(process.pid, signal.SIGINT)
        code = process.wait(40)
        assert code == 0, f"ended with {code}"
        reader.join(5)
        text = "".join(said)
        assert re.search(rf"wrk .*{url}/plaintext", text), "no wrk line to try"
        assert "Ctrl+C" in text, "does not say how to stop it"
    except (Exception, KeyboardInterrupt) as problem:  # what the command said explains it
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        reader.join(5)
        sys.exit(f"{problem}\n{''.join(said)}")


if __name__ == "__main__":
    main()

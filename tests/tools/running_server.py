"""`saker serve` as a process of a test in Python: in a folder of its own, with a settings file, and what it says.

The program is the test's first argument.
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

SAKER = os.path.abspath(sys.argv[1])
PATIENCE_S = 30
HOST = "127.0.0.1"


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Server:
    """Hears its news for systemd, too."""

    def __init__(self, folder, settings, environment=None, pass_fds=(), start=None):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.configure(settings)
        self.news_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.news_socket.bind(os.path.join(folder, "notify"))
        self.news_socket.settimeout(PATIENCE_S)
        surroundings = {key: value for key, value in os.environ.items() if "SAKER_" not in key}
        surroundings.update(environment or {}, NOTIFY_SOCKET=os.path.join(folder, "notify"))
        self.log = open(os.path.join(folder, "log"), "w+b")
        self.process = subprocess.Popen(start or [SAKER, "serve", "--no-pin"], cwd=folder, env=surroundings,
                                        stdout=self.log, stderr=self.log, pass_fds=pass_fds)

    def configure(self, settings):
        path = os.path.join(self.folder, "appsettings.json")
        with open(path + ".new", "w") as file:
            json.dump(settings, file)
        os.rename(path + ".new", path)

    def hears(self, wanted):
        """The next news that has it."""
        while True:
            news = self.news_socket.recv(4096).decode()
            if wanted in news:
                return news

    def said(self):
        with open(os.path.join(self.folder, "log"), errors="replace") as log:
            return log.read()

    def wait_until_said(self, wanted):
        end = time.monotonic() + PATIENCE_S
        while wanted not in self.said():
            assert time.monotonic() < end, f"it does not say '{wanted}'"
            assert self.process.poll() is None, f"it has ended with {self.process.returncode}"
            time.sleep(0.01)

    def tell(self, number):
        self.process.send_signal(number)

    def is_told_until_it_ends(self, number):
        """Again and again: what comes within 100 ms of the first one is taken for the same."""
        end = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < end, "it does not end"
            self.tell(number)
            time.sleep(0.02)
        return self.process.returncode

    def ends(self):
        return self.process.wait(PATIENCE_S)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.news_socket.close()
        self.log.close()


def run_tests(named):
    """Each function that is called test_..., with a folder of its own; shows the logs of those that fail."""
    failed = 0
    for name, test in [item for item in named.items() if item[0].startswith("test_")]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(folder)
                print(f"ok   {name[5:].replace('_', ' ')}", flush=True)
            except (AssertionError, OSError, subprocess.SubprocessError) as problem:
                failed += 1
                print(f"FAIL {name[5:].replace('_', ' ')}: {problem!r}", flush=True)
                for where, _, files in os.walk(folder):
                    if "log" in files:
                        with open(os.path.join(where, "log"), errors="replace") as log:
                            print(log.read()[-3000:])
    sys.exit(1 if failed else 0)

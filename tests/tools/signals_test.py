#!/usr/bin/env python3
"""`saker serve` under real signals: SIGHUP, SIGTERM, a second SIGINT, and what systemd hears meanwhile.

    signals_test.py SAKER

Nothing is timed but by what is waited for; a patience of 30 s says that something does not happen.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SAKER = os.path.abspath(sys.argv[1])
PATIENCE_S = 30
HOST = "127.0.0.1"


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def ask(port, path="/plaintext", send=None):
    """A whole exchange on a connection of its own; the bytes that came."""
    with socket.create_connection((HOST, port), PATIENCE_S) as to:
        to.sendall(send or f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        return rest_of(to)


def rest_of(to):
    heard = b""
    while piece := to.recv(65536):
        heard += piece
    return heard


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


class Server:
    """The program in a folder of its own, with a settings file, and a socket that hears its news."""

    def __init__(self, folder, settings, environment=None, pass_fds=(), start=None):
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


def listening_at(ports, **more):
    endpoints = {f"E{i}": {"Url": f"http://{HOST}:{port}"} for i, port in enumerate(ports)}
    return {"Kestrel": {"Endpoints": endpoints}, "Saker": {"Cores": 2, **more}}


class Crowd:
    """Clients that connect to a port without a pause."""

    def __init__(self, port):
        self.served, self.failures, self.over = 0, [], False
        self.threads = [threading.Thread(target=self.run, args=(port,), daemon=True) for _ in range(2)]
        for thread in self.threads:
            thread.start()

    def run(self, port):
        while not self.over:
            try:
                answer = ask(port)
                if status_of(answer) == 200:
                    self.served += 1
                else:
                    self.failures.append(repr(answer))
            except OSError as problem:
                self.failures.append(repr(problem))

    def wait_for_more(self, count):
        enough, end = self.served + count, time.monotonic() + PATIENCE_S
        while self.served < enough and not self.failures:
            assert time.monotonic() < end, "nobody is served"
            time.sleep(0.001)

    def stop(self):
        self.over = True
        for thread in self.threads:
            thread.join(PATIENCE_S)
        assert not self.failures, self.failures[:3]


def test_sighup_rebinds_without_refusing_anybody_at_an_address_that_stays(folder):
    stays, first, second = free_port(), free_port(), free_port()
    server = Server(folder, listening_at([stays, first]))
    try:
        assert f"http://{HOST}:{stays}" in server.hears("READY=1")
        crowd = Crowd(stays)
        for here, gone in ((second, first), (first, second), (second, first)):
            crowd.wait_for_more(20)
            server.configure(listening_at([stays, here]))
            server.tell(signal.SIGHUP)
            assert "MONOTONIC_USEC=" in server.hears("RELOADING=1")
            assert f"http://{HOST}:{here}" in server.hears("READY=1")
            assert status_of(ask(here)) == 200
            server.wait_until_said(f"(http://{HOST}:{gone}) removed")
        crowd.wait_for_more(20)
        crowd.stop()
        server.tell(signal.SIGTERM)
        assert server.ends() == 0
    finally:
        server.close()
    return server


def test_a_broken_file_is_told_and_changes_nothing(folder):
    port = free_port()
    server = Server(folder, listening_at([port]))
    try:
        server.hears("READY=1")
        server.configure({"Kestrel": {"Limits": {"MaxRequestBodySize": "much"}}})
        server.tell(signal.SIGHUP)
        server.wait_until_said("The configuration stays as it was:")
        assert status_of(ask(port)) == 200
        server.tell(signal.SIGINT)
        assert server.ends() == 0
    finally:
        server.close()


def test_a_slow_request_is_finished_after_sigterm(folder):
    port = free_port()
    server = Server(folder, listening_at([port]))
    try:
        server.hears("READY=1")
        with socket.create_connection((HOST, port), PATIENCE_S) as slow:
            slow.sendall(b"GET /delay/1500 HTTP/1.1\r\nHost: a\r\n\r\n")
            ask(port)  # behind it: the first one has arrived by now, or arrives before the stop is seen
            server.tell(signal.SIGTERM)
            assert "EXTEND_TIMEOUT_USEC=" in server.hears("STOPPING=1")
            answer = rest_of(slow)
            assert status_of(answer) == 200 and b"Connection: close" in answer, answer
        assert server.ends() == 0
    finally:
        server.close()


def test_a_second_signal_aborts_and_says_whom(folder):
    port = free_port()
    server = Server(folder, listening_at([port]))
    try:
        server.hears("READY=1")
        with socket.create_connection((HOST, port), PATIENCE_S) as stuck:
            stuck.sendall(b"GET /delay/600000 HTTP/1.1\r\nHost: a\r\n\r\n")
            ask(port)
            server.tell(signal.SIGINT)
            server.hears("STOPPING=1")
            assert server.is_told_until_it_ends(signal.SIGINT) == 0
        text = server.said()
        assert "was cut at the deadline: answering" in text, "nobody is named"
        assert "Told again: what is left is aborted." in text
    finally:
        server.close()


def test_it_says_that_it_is_not_ready_before_it_stops(folder):
    port = free_port()
    server = Server(folder, listening_at([port], ShutdownDelay="00:10:00"))
    try:
        server.hears("READY=1")
        assert status_of(ask(port, "/healthz")) == 200
        server.tell(signal.SIGTERM)
        server.hears("STOPPING=1")
        assert status_of(ask(port, "/healthz")) == 503
        assert status_of(ask(port, "/livez")) == 200
        assert status_of(ask(port)) == 200
        assert server.is_told_until_it_ends(signal.SIGTERM) == 0
    finally:
        server.close()


def test_two_signals_at_once_are_one(folder):
    port = free_port()
    server = Server(folder, listening_at([port]))
    try:
        server.hears("READY=1")
        with socket.create_connection((HOST, port), PATIENCE_S) as slow:
            slow.sendall(b"GET /delay/1500 HTTP/1.1\r\nHost: a\r\n\r\n")
            ask(port)
            server.tell(signal.SIGTERM)
            server.tell(signal.SIGTERM)  # timeout(1) tells the process and its group
            assert status_of(rest_of(slow)) == 200
        assert server.ends() == 0
    finally:
        server.close()


def test_sockets_that_systemd_has_opened_survive_a_restart(folder):
    with socket.socket() as given:
        given.bind((HOST, 0))
        given.listen(64)
        port = given.getsockname()[1]
        code = ("import os, sys; os.dup2(int(sys.argv[1]), 3, True); os.environ['LISTEN_PID'] = str(os.getpid()); "
                "os.execv(sys.argv[2], sys.argv[2:])")
        for attempt in range(2):
            inner = os.path.join(folder, str(attempt))
            os.mkdir(inner)
            server = Server(inner, listening_at([free_port()]), {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "e0"},
                            pass_fds=[given.fileno()],
                            start=[sys.executable, "-c", code, str(given.fileno()), SAKER, "serve", "--no-pin"])
            try:
                server.hears("READY=1")
                assert status_of(ask(port)) == 200
                server.tell(signal.SIGTERM)
                assert server.ends() == 0
                # The socket is systemd's: who connects now waits for the next one.
                waiting = socket.create_connection((HOST, port), PATIENCE_S)
                waiting.close()
            finally:
                server.close()


def test_the_watchdog_is_fed(folder):
    server = Server(folder, listening_at([free_port()]), {"WATCHDOG_USEC": "200000"})
    try:
        server.hears("READY=1")
        for _ in range(3):
            server.hears("WATCHDOG=1")
        server.tell(signal.SIGTERM)
        assert server.ends() == 0
    finally:
        server.close()


def main():
    failed = 0
    for name, test in [item for item in globals().items() if item[0].startswith("test_")]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(folder)
                print(f"ok   {name[5:].replace('_', ' ')}", flush=True)
            except (AssertionError, OSError, subprocess.TimeoutExpired) as problem:
                failed += 1
                print(f"FAIL {name[5:].replace('_', ' ')}: {problem!r}", flush=True)
                for where, _, files in os.walk(folder):
                    if "log" in files:
                        with open(os.path.join(where, "log"), errors="replace") as log:
                            print(log.read()[-3000:])
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

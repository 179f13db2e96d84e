#!/usr/bin/env python3
"""`saker serve` under real signals: SIGHUP, SIGTERM, a second SIGINT, and what systemd hears meanwhile.

    signals_test.py SAKER

Nothing is timed but by what is waited for; a patience of 30 s says that something does not happen.
"""
import os
import signal
import socket
import sys
import threading
import time

from running_server import HOST, PATIENCE_S, SAKER, Server, free_port, run_tests


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


if __name__ == "__main__":
    run_tests(globals())

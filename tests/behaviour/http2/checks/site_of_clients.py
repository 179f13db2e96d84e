"""What checks of clients have in common: their names, the server, a certificate, and running a program."""
import os
import subprocess
import threading
import time

from http2_servers import Server, make_certificate

CHECKS = []
PATIENCE_S = 60


def check(name, *needs):
    """Registers one: `needs` are programs, or "module NAME"."""
    def add(function):
        CHECKS.append((name, needs, function))
        return function
    return add


def run(*command, patience=PATIENCE_S, code=0, quiet=False, stdin_of=os.devnull, **more):
    """What a program printed, on both channels or (quiet) one; it has to end with this code."""
    try:
        with open(stdin_of, "rb") as given:
            done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, timeout=patience,
                                  stderr=subprocess.DEVNULL if quiet else subprocess.STDOUT, stdin=given, **more)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"{command[0]} has not ended after {patience} s:\n"
                             + (late.stdout or b"").decode("latin-1")[-3000:]) from None
    said = done.stdout.decode("latin-1")
    assert done.returncode == code, f"{' '.join(map(str, command))} ends with {done.returncode}:\n{said[-3000:]}"
    return said


def wait_for(holds, what, patience=10):
    limit = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < limit, what
        time.sleep(0.02)


class Site:
    """The server that is asked, with a certificate for localhost that is its own authority."""

    def __init__(self, program, folder, both):
        self.program, self.folder = program, folder
        self.endpoints = ("h2c", "clear", "tls", "tls_h2") if both else ("h2c", "tls", "tls_h2")
        make_certificate(folder)
        self.authority = os.path.join(folder, "server.pem")
        self.large = os.path.join(folder, "large")
        with open(self.large, "wb") as file:
            file.write(os.urandom(10_000_000))
        self.server, self.keys = None, 0
        self.restart()

    def restart(self):
        self.stop()
        self.server = Server(self.program, self.folder, "clients")
        self.ports = self.server.ports

    def stop(self):
        if self.server:
            self.server.stop()

    def look_after(self):
        code = self.server.process.poll()
        assert code is None, f"the server has ended with {code}"

    def url(self, endpoint, path="/plaintext"):
        return f"http{'s' if endpoint.startswith('tls') else ''}://localhost:{self.ports[endpoint]}{path}"

    def key(self):
        """A number that no other check's handlers have."""
        self.keys += 1
        return self.keys

    def was_told(self, key):
        """The handler of that number knows that its client is gone."""
        wait_for(lambda: run("curl", "-s", "--http2-prior-knowledge", self.url("h2c", f"/aborted/{key}")) == "yes",
                 "the handler is not told that its client is gone")


class Daemon:
    """A proxy, until the end of a `with`; what it says is in its folder."""

    def __init__(self, folder, name, *command, port):
        self.log = os.path.join(folder, f"{name}.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.port = port

    def __enter__(self):
        import socket

        def listens():
            assert self.process.poll() is None, f"it has ended with {self.process.returncode}: {self.said()}"
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        wait_for(listens, f"it does not listen: {self.said()}")
        return self

    def said(self):
        with open(self.log, errors="replace") as file:
            return file.read()[-3000:]

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def at_once(count, function):
    """What it returns in so many threads; the first mistake is everybody's."""
    results, wrong = [None] * count, []

    def one(i):
        try:
            results[i] = function(i)
        except Exception as mistake:  # pylint: disable=broad-except
            wrong.append(mistake)
    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]
    return results

"""A server with an https endpoint and what asks it, for tests in Python; see running_server.py."""
import os
import re
import socket
import ssl
import subprocess
import time

from certificates import Authority
from running_server import HOST, PATIENCE_S, Server, free_port

NAME = "localhost"


class Site:
    """A server with one https endpoint, whose certificate an authority of its own has issued."""

    def __init__(self, folder, saker=None, root=None, **endpoint):
        self.root = root or Authority(os.path.join(folder, "root"))
        self.port = free_port()
        if "Certificate" not in endpoint:
            endpoint["Certificate"] = {"Path": self.root.whole("server")}
        self.server = Server(os.path.join(folder, f"at_{self.port}"), {
            "Kestrel": {"Endpoints": {"Main": {"Url": f"https://{HOST}:{self.port}", **endpoint}}},
            "Saker": {"Cores": 2, **(saker or {})}})

    def __enter__(self):
        self.server.hears("READY=1")
        return self

    def __exit__(self, *_):
        self.server.close()

    def url(self, path="/plaintext"):
        return f"https://{NAME}:{self.port}{path}"

    def curl(self, *arguments, **more):
        return subprocess.run(["curl", "-sv", "--cacert", self.root.pem, "--max-time", str(PATIENCE_S), *arguments],
                              capture_output=True, **more)

    def s_client(self, *arguments, says=None):
        """What it shows; `says` are its lines, each after what it is to have shown before."""
        client = subprocess.Popen(["openssl", "s_client", "-connect", f"{HOST}:{self.port}", "-servername", NAME,
                                   "-CAfile", self.root.pem, *arguments],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        shown = b""
        try:
            for after, line in says or []:
                shown += read_until(client.stdout, after)
                client.stdin.write(line.encode())
                client.stdin.flush()
            return (shown + client.communicate(timeout=PATIENCE_S)[0]).decode(errors="replace")
        finally:
            client.kill()

    def context(self, **more):
        made = ssl.create_default_context(cafile=self.root.pem)
        for key, value in more.items():
            setattr(made, key, value)
        return made

    def connect(self, context=None, **more):
        raw = socket.create_connection((HOST, self.port), PATIENCE_S)
        return (context or self.context()).wrap_socket(raw, server_hostname=NAME, **more)

    def shown_certificate(self):
        """The subject of the one that a new connection gets."""
        with self.connect() as over:
            return dict(pair[0] for pair in over.getpeercert()["subject"])["commonName"]

    def wait_for_certificate(self, name):
        wait_for(lambda: self.shown_certificate() == name, f"the certificate of {name} is not served")

    def metric(self, name):
        page = self.curl(self.url("/metrics")).stdout.decode()
        found = re.findall(rf"^{re.escape(name)} (\S+)$", page, re.M)
        assert len(found) == 1, f"{name}: {found}"
        return float(found[0])


def wait_for(holds, what):
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def read_until(stream, wanted):
    shown = b""
    while wanted.encode() not in shown:
        byte = os.read(stream.fileno(), 1)
        assert byte, f"it has ended before '{wanted}': {shown.decode(errors='replace')}"
        shown += byte
    return shown


def get(over, path="/plaintext", last=False):
    """One exchange; the answer's body, which has a length."""
    close = "Connection: close\r\n" if last else ""
    over.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\n{close}\r\n".encode())
    heard = b""
    while b"\r\n\r\n" not in heard:
        piece = over.recv(65536)
        assert piece, "it has ended before an answer"
        heard += piece
    head, body = heard.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200 "), head
    size = int(re.search(rb"Content-Length: (\d+)", head).group(1))
    while len(body) < size:
        body += over.recv(65536)
    return body

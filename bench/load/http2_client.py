"""The little of HTTP/2 that bench/load/compare_http2 needs itself: who speaks it, and streams that stay open.

Blocking sockets, no flow control of its own, headers without Huffman coding and without a table. A server that does
not say what the RFC wants raises Unexpected, with what it did say.
"""
import socket
import ssl
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4
FRAME_HEAD = 9
GET, POST, HTTP, HTTPS = b"\x82", b"\x83", b"\x86", b"\x87"  # RFC 7541, appendix A


class Unexpected(Exception):
    pass


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(index, value):
    """A field that is not to be indexed; its name is in the static table."""
    head = bytes([index]) if index < 15 else bytes([15, index - 15])
    return head + bytes([len(value)]) + value


def request_block(method, scheme, path, length=None):
    block = method + scheme + literal(4, path.encode()) + literal(1, b"localhost")
    return block if length is None else block + literal(28, str(length).encode())


class Connection:
    """One connection, with prior knowledge or over TLS by ALPN; the settings of both sides are not awaited."""

    def __init__(self, port, tls=False, patience=5):
        self.socket = socket.create_connection(("127.0.0.1", port), patience)
        try:
            if tls:
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                context.set_alpn_protocols(["h2"])
                self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
                if self.socket.selected_alpn_protocol() != "h2":
                    raise Unexpected("it did not choose h2 by ALPN")
            self.bytes, self.settings_seen = b"", False
            self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0))
        except BaseException:
            self.socket.close()
            raise

    def receive(self):
        """The next frame: kind, flags, stream, payload. Settings are acknowledged."""
        while True:
            whole = self.take()
            if whole:
                kind, flags, stream, payload = whole
                if not self.settings_seen and kind != SETTINGS:
                    raise Unexpected(f"its first frame is of kind {kind}")
                if kind == SETTINGS and not flags & ACK:
                    self.settings_seen = True
                    self.socket.sendall(frame(SETTINGS, ACK, 0))
                return whole
            more = self.socket.recv(65536)
            if not more:
                raise Unexpected("it closed the connection")
            self.bytes += more

    def take(self):
        """A whole frame of what has come, or nothing."""
        if self.bytes[:5] == b"HTTP/":
            raise Unexpected(f"it answered {self.bytes[:40]!r}")
        if len(self.bytes) < FRAME_HEAD:
            return None
        length = int.from_bytes(self.bytes[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", self.bytes[3:FRAME_HEAD])
        if len(self.bytes) < FRAME_HEAD + length:
            return None
        payload = self.bytes[FRAME_HEAD:FRAME_HEAD + length]
        self.bytes = self.bytes[FRAME_HEAD + length:]
        return kind, flags, stream & 0x7fffffff, payload

    def until_pinged(self):
        """Sends a ping: when it is back, all that was sent before has been read. The frames before it, by kind."""
        word = struct.pack(">d", time.monotonic())
        self.socket.sendall(frame(PING, 0, 0, word))
        seen = {}
        while True:
            kind, flags, _, payload = self.receive()
            if kind == PING and flags & ACK and payload == word:
                return seen
            seen[kind] = seen.get(kind, 0) + 1

    def close(self):
        self.socket.close()


def answer_to_get(port, tls):
    """The body of GET /plaintext."""
    connection = Connection(port, tls)
    try:
        block = request_block(GET, HTTPS if tls else HTTP, "/plaintext")
        connection.socket.sendall(frame(HEADERS, END_STREAM | END_HEADERS, 1, block))
        body = b""
        while True:
            kind, flags, stream, payload = connection.receive()
            if kind == GOAWAY or (kind == RST_STREAM and stream == 1):
                raise Unexpected(f"it refused GET /plaintext: frame of kind {kind}, {payload[-8:].hex()}")
            if kind == DATA:
                body += payload
            if kind in (DATA, HEADERS) and flags & END_STREAM and stream == 1:
                return body
    finally:
        connection.close()


class OpenStreams:
    """Connections with prior knowledge whose requests have heads and no bodies: a handler waits on each."""

    def __init__(self, port, path):
        self.port, self.path, self.connections = port, path, []

    def connect(self, count):
        for _ in range(count):
            self.connections.append(Connection(self.port, patience=20))
        for one in self.connections:
            one.until_pinged()

    def open(self, streams):
        """On each connection; returns when the server has read all of them."""
        block = request_block(POST, HTTP, self.path, 1024)
        heads = b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, block) for i in range(streams))
        for one in self.connections:
            one.socket.sendall(heads)
        self.require_open()

    def require_open(self):
        """That no stream was answered, refused or ended until now."""
        for one in self.connections:
            seen = one.until_pinged()
            for kind, what in ((HEADERS, "answered"), (RST_STREAM, "reset"), (GOAWAY, "ended the connection of")):
                if kind in seen:
                    raise Unexpected(f"it {what} streams whose body it has to wait for")

    def close(self):
        for one in self.connections:
            one.close()
        self.connections = []

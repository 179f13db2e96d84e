"""A TLS client that sees what ssl.SSLSocket hides: records, handshake messages, alerts, how it ends.

Python's ssl over two buffers, so that the bytes can be held back, cut and counted.
"""
import re
import socket
import ssl
import struct
import subprocess
import threading
import time
import warnings

PATIENCE_S = 4
GET = b"GET /plaintext HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2,
            "1.3": ssl.TLSVersion.TLSv1_3}


def context(versions="1.2-1.3", ciphers="ALL:@SECLEVEL=0", alpn=None, certificate=None, tickets=True, curve=None):
    """`versions` is "1.2" or "1.2-1.3"; `certificate` a path without its .pem and .key."""
    least, _, most = versions.partition("-")
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version, made.maximum_version = VERSIONS[least], VERSIONS[most or least]
    made.post_handshake_auth = True
    if alpn:
        made.set_alpn_protocols(alpn)
    if certificate:
        made.load_cert_chain(certificate + ".pem", certificate + ".key")
    if not tickets:
        made.options |= ssl.OP_NO_TICKET
    if curve:
        made.set_ecdh_curve(curve)
    return made


def connect(port):
    wire = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return wire


class Ended(Exception):
    """Nothing more comes: "end", "reset" or "silence"."""


class Conversation:
    """One connection. What the server does is kept in `asked`, `alerts`, `tickets`, `records`."""

    def __init__(self, port, using, name=None, session=None, cut=None, records=None):
        self.asked, self.alerts, self.tickets, self.key_updates, self.records = False, [], 0, 0, []
        using._msg_callback = self._on_message  # not documented, in CPython since 3.8
        self.wire, self.cut, self.split, self._raw = connect(port), cut, records, b""
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = using.wrap_bio(self.incoming, self.outgoing, server_hostname=name, session=session)
        self.fate = None

    def _on_message(self, _, direction, __, content, kind, data):
        if direction != "read":
            return
        if content.name == "ALERT":
            self.alerts.append(kind.name.lower() if hasattr(kind, "name") else str(data[1]))
        elif getattr(kind, "name", "") == "CERTIFICATE_REQUEST":
            self.asked = True
        elif getattr(kind, "name", "") == "NEWSESSION_TICKET":
            self.tickets += 1
        elif getattr(kind, "name", "") == "KEY_UPDATE":
            self.key_updates += 1

    def flush(self):
        data = self.outgoing.read()
        if self.split and data:  # the ClientHello in records of this size
            parts = [data[i:i + self.split] for i in range(5, len(data), self.split)]
            data, self.split = b"".join(data[:3] + struct.pack(">H", len(part)) + part for part in parts), None
        try:
            if self.cut is None:
                self.wire.sendall(data)
            else:
                for i in range(0, len(data), self.cut):
                    self.wire.sendall(data[i:i + self.cut])
        except OSError:
            pass  # what the server has said is read below

    def receive(self):
        try:
            data = self.wire.recv(65536)
        except socket.timeout:
            raise Ended("silence") from None
        except OSError:
            raise Ended("reset") from None
        if not data:
            raise Ended("end")
        self._raw += data
        while len(self._raw) >= 5 + (size := int.from_bytes(self._raw[3:5], "big") if len(self._raw) >= 5 else 1 << 20):
            self.records.append((self._raw[0], size))
            self._raw = self._raw[5 + size:]
        self.incoming.write(data)

    def step(self, operation, *arguments):
        while True:
            try:
                result = operation(*arguments)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                self.receive()
            except ssl.SSLZeroReturnError:
                return b""

    def shake_hands(self):
        self.step(self.tls.do_handshake)

    def send(self, data):
        self.tls.write(data)
        self.flush()

    def ask(self, request=GET, body=13):
        """The status of the answer; reads `body` bytes behind its head."""
        self.send(request)
        heard = b""
        while True:
            head, found, rest = heard.partition(b"\r\n\r\n")
            if found and (len(rest) >= body or not head.startswith(b"HTTP/1.1 200")):
                return heard[9:12].decode()
            piece = self.step(self.tls.read, 65536)
            if not piece:
                raise Ended("end")
            heard += piece

    def until_end(self):
        """"close_notify, end" and the like: all that comes until nothing more does."""
        try:
            while True:
                if not self.step(self.tls.read, 65536):
                    break
        except Ended as ended:
            return str(ended)
        except ssl.SSLError as wrong:
            return "end" if "EOF" in str(wrong) else reason_of(wrong)
        try:
            while True:
                self.receive()
        except Ended as ended:
            return f"close_notify, {ended}"

    def close(self):
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.wire.close()


def reason_of(wrong):
    """"alert unknown_ca", or what OpenSSL here has against the other side."""
    reason = (wrong.reason or re.sub(r"^\[\w+\] | \(.*", "", str(wrong))).lower().replace(" ", "_")
    if found := re.match(r"(?:sslv3|tlsv1|tlsv13)_(?:alert_(\w+)|(unrecognized_name))$", reason):
        return f"alert {found.group(1) or found.group(2)}"
    return f"client: {reason}"


def visit(certificates, port, using, name=None, then=lambda one: one.ask()):
    """Handshake and a request in words: "TLSv1.3 ecdsa, 200" or "alert handshake_failure"."""
    one = Conversation(port, using, name)
    try:
        one.shake_hands()
        said = f"{one.tls.version()} {certificates.name_of(one.tls.getpeercert(True))}"
        alpn = one.tls.selected_alpn_protocol()
        asked = ", asked for a certificate" if one.asked else ""
        return f"{said}{' ' + alpn if alpn else ''}{asked}, {then(one)}"
    except Ended as ended:
        return "silence" if str(ended) == "silence" else "closed"
    except ssl.SSLError as wrong:
        return reason_of(wrong)
    finally:
        one.close()


def raw(port, data, half_close=False, patience=PATIENCE_S):
    """What a server says to bytes, and what becomes of the connection."""
    with connect(port) as wire:
        began = time.monotonic()
        wire.settimeout(patience)
        heard, fate = b"", None
        try:
            wire.sendall(data)
            if half_close:
                wire.shutdown(socket.SHUT_WR)
            while piece := wire.recv(65536):
                heard += piece
            fate = "end"
        except socket.timeout:
            fate = "open"
        except OSError:
            fate = "reset"
        return heard, fate, time.monotonic() - began


def words_of_bytes(heard):
    """Of an answer in the clear: an alert, an HTTP status, nothing."""
    if not heard:
        return "nothing"
    if heard[0] == 21 and len(heard) >= 7:
        return f"alert {ALERTS.get(heard[6], heard[6])}"
    if heard[0] == 22:
        return "a handshake"
    found = re.match(rb"HTTP/1\.[01] (\d+)", heard)
    return found.group(1).decode() if found else f"{heard[:20]!r}"


ALERTS = {0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow",
          40: "handshake_failure", 47: "illegal_parameter", 50: "decode_error", 70: "protocol_version",
          80: "internal_error", 86: "inappropriate_fallback", 112: "unrecognized_name", 120: "no_application_protocol"}


def s_client(port, *arguments, say=(), patience=8):
    """What openssl s_client prints; `say` are texts that it is given one after the other, or seconds."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    heard = []
    reader = threading.Thread(target=lambda: heard.append(process.stdout.read()))
    reader.start()
    try:
        for one in say:
            if isinstance(one, (int, float)):
                time.sleep(one)
            else:
                process.stdin.write(one)
                process.stdin.flush()
        process.wait(patience)  # its input stays open: at the end of that it would go
    except (subprocess.TimeoutExpired, BrokenPipeError):
        process.kill()
        process.wait()
    reader.join()
    process.stdout.close()
    try:
        process.stdin.close()
    except BrokenPipeError:
        pass
    return heard[0].decode("latin-1")


def said_by_s_client(text):
    """The same words as of `visit`."""
    if found := re.search(r"SSL alert number (\d+)", text):
        return f"alert {ALERTS.get(int(found.group(1)), found.group(1))}"
    version = re.search(r"New, (TLSv1\.\d), Cipher is (?!\(NONE\))", text)
    subject = re.search(r"subject=CN = (\S+)", text)
    status = re.search(r"HTTP/1\.1 (\d+)", text)
    if version is None or subject is None:
        return "closed"
    return f"{version.group(1)} {subject.group(1)}" + (f", {status.group(1)}" if status else "")

"""HTTP/2 as bytes: frames and field blocks made by hand, right or wrong, and a connection that keeps what
comes back and tells it in a form that does not change from run to run.
"""
import re
import select
import socket
import ssl
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
NAMES = ("DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY",
         "WINDOW_UPDATE", "CONTINUATION")
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITISED = 1, 1, 4, 8, 32
CODES = ("NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
         "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
         "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED")
SETTING = ("?", "HEADER_TABLE_SIZE", "ENABLE_PUSH", "MAX_CONCURRENT_STREAMS", "INITIAL_WINDOW_SIZE",
           "MAX_FRAME_SIZE", "MAX_HEADER_LIST_SIZE", "?", "ENABLE_CONNECT_PROTOCOL", "NO_RFC7540_PRIORITIES")
(TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, WINDOW_SIZE, FRAME_SIZE, LIST_SIZE) = range(1, 7)
LAST_CHECK = b"are you?"


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    size = len(payload) if length is None else length
    return size.to_bytes(3, "big") + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def integer(value, prefix=7, first=0):
    """RFC 7541 5.1."""
    most = (1 << prefix) - 1
    if value < most:
        return bytes((first | value,))
    value, made = value - most, [first | most]
    while value >= 128:
        made.append(value % 128 + 128)
        value //= 128
    return bytes(made + [value])


def text(value):
    raw = value.encode("latin-1") if isinstance(value, str) else value
    return integer(len(raw)) + raw


def literal(name, value, first=0x00):
    """A field with a new name: without indexing, or never (0x10), or into the table (0x40)."""
    return bytes((first,)) + text(name) + text(value)


def block(fields):
    return fields if isinstance(fields, bytes) else b"".join(literal(name, value) for name, value in fields)


def padded(payload, pad, flags):
    return (payload, flags) if pad is None else (bytes((pad,)) + payload + bytes(pad), flags | PADDED)


def headers(fields, stream=1, end=True, whole=True, pad=None, priority=None, flags=0):
    payload = block(fields)
    if priority is not None:
        payload, flags = priority + payload, flags | PRIORITISED
    payload, flags = padded(payload, pad, flags)
    return frame(HEADERS, flags | (END_STREAM if end else 0) | (END_HEADERS if whole else 0), stream, payload)


def continuation(fields, stream=1, whole=True, flags=0):
    return frame(CONTINUATION, flags | (END_HEADERS if whole else 0), stream, block(fields))


def data(payload=b"", stream=1, end=True, pad=None):
    payload, flags = padded(payload, pad, 0)
    return frame(DATA, flags | (END_STREAM if end else 0), stream, payload)


def settings(values=(), flags=0, stream=0):
    return frame(SETTINGS, flags, stream, b"".join(struct.pack(">HI", *one) for one in values))


def ping(payload=b"12345678", flags=0, stream=0):
    return frame(PING, flags, stream, payload)


def reset(stream=1, code=8):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def window(stream=0, size=1):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


def goaway(last=0, code=0, more=b"", stream=0):
    return frame(GOAWAY, 0, stream, struct.pack(">II", last, code) + more)


def priority(stream=1, on=0, weight=15):
    return frame(PRIORITY, 0, stream, struct.pack(">IB", on, weight))


def request(method="GET", path="/plaintext", *more, scheme="http", authority="a"):
    """Fields of a request; None leaves one out."""
    known = ((":method", method), (":scheme", scheme), (":authority", authority), (":path", path))
    return [one for one in known if one[1] is not None] + list(more)


def get(path="/plaintext", *more, stream=1, **others):
    return headers(request("GET", path, *more, **others), stream)


def post(path="/echo", *more, stream=1, **others):
    """The head of a request that has a body."""
    return headers(request("POST", path, *more, **others), stream, end=False)


def code_name(number):
    return CODES[number] if number < len(CODES) else f"code {number}"


class Wire:
    """One connection, with or without TLS. `frames` is all that came: (type, flags, stream, payload)."""

    def __init__(self, port, tls=None, patience=0.4):
        self.port, self.patience, self.tls = port, patience, tls
        self.frames, self.heard, self.fate, self.notes, self.negotiated = [], b"", "open", [], None
        self.answers_pings, self.unanswered = True, []
        self.wire = socket.create_connection(("127.0.0.1", port), 10)
        self.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            try:
                self.wire = tls.wrap_socket(self.wire)
                self.negotiated = self.wire.selected_alpn_protocol()
            except OSError as wrong:
                self.fate = "no handshake: " + re.sub(r"\[.*\] | \(_ssl.*", "", str(wrong))

    def send(self, raw):
        """All of it, reading meanwhile: who does not read what is said to him may wait for ever."""
        self.wire.setblocking(False)
        sent = 0
        while sent < len(raw) and self.fate == "open":
            readable, writable, _ = select.select([self.wire], [self.wire], [], 10)
            if not readable and not writable:
                break
            if readable:
                self._take()
            if writable and self.fate == "open":
                try:
                    sent += self.wire.send(raw[sent:sent + 65536])
                except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    pass
                except OSError:
                    break  # the server has closed: what it said is read later

    def _take(self):
        """One reading. False where nothing was there."""
        try:
            piece = self.wire.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except ssl.SSLEOFError:
            piece = b""
        except OSError:
            self.fate = "reset"
            return True
        if not piece:
            self.fate = "end"
            return True
        self.heard += piece
        while len(self.heard) >= 9:
            size = int.from_bytes(self.heard[:3], "big")
            if len(self.heard) < 9 + size or self.heard.startswith(b"HTTP/1"):
                break
            kind, flags, stream = self.heard[3], self.heard[4], int.from_bytes(self.heard[5:9], "big")
            self.frames.append((kind, flags, stream, self.heard[9:9 + size]))
            if kind == PING and not flags & ACK:
                self.unanswered.append(self.heard[9:9 + size])
            self.heard = self.heard[9 + size:]
        return True

    def listen(self, seconds=None, until=None):
        """Reads until nothing more comes for so long, or until `until(self)`; but not for ever."""
        if self.fate != "open":
            return
        seconds = self.patience if seconds is None else seconds
        self.wire.setblocking(False)
        limit = time.monotonic() + seconds
        last = limit + 5
        while self.fate == "open" and not (until and until(self)):
            left = limit - time.monotonic()
            if left <= 0:
                break
            pending = self.tls is not None and self.wire.pending()
            if (pending or select.select([self.wire], [], [], left)[0]) and self._take() and until is None:
                limit = min(time.monotonic() + seconds, last)
            while self.unanswered and self.answers_pings:
                self.send(ping(self.unanswered.pop(0), flags=ACK))

    def is_alive(self):
        """Answers a PING."""
        self.send(ping(LAST_CHECK))
        self.listen(max(3, self.patience), until=lambda wire: (PING, ACK, 0, LAST_CHECK) in wire.frames)
        return (PING, ACK, 0, LAST_CHECK) in self.frames

    def close(self, abruptly=False):
        try:
            if abruptly or self.fate != "open":
                self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.wire.close()
        except OSError:
            pass

    def half_close(self):
        self.wire.shutdown(socket.SHUT_WR)


class Story:
    """What a connection said, told in words: streams in the order of their ids, then the connection."""

    def __init__(self, wire, shows=()):
        import hpack
        self.wire, self.shows, self.decoder = wire, shows, hpack.Decoder(1 << 20)
        self.decoder.max_allowed_table_size = 1 << 16
        self.streams, self.connection, self.largest, self.blocks = {}, [], 0, b""
        frames = list(wire.frames)
        if "start" not in shows:
            self._skip_start(frames)
        for one in frames:
            self._frame(*one)

    def _skip_start(self, frames):
        """The first SETTINGS, the window of the connection, and the ACK of the client's."""
        if frames and frames[0][0] == SETTINGS and frames[0][1] == 0:
            frames.pop(0)
            for index, one in enumerate(frames[:3]):
                if one[0] == WINDOW_UPDATE and one[2] == 0:
                    frames.pop(index)
                    break
        elif frames:
            self.connection.append("no SETTINGS first")
        for index, one in enumerate(frames):
            if one[0] == SETTINGS and one[1] == ACK:
                frames.pop(index)
                break

    def _frame(self, kind, flags, stream, payload):
        if kind in (HEADERS, CONTINUATION):
            self.blocks += payload
            if kind == HEADERS:
                self.ends = flags & END_STREAM
            if flags & END_HEADERS:
                self._fields(stream)
        elif kind == DATA:
            self.largest = max(self.largest, len(payload))
            self._add(stream, ["data", payload, bool(flags & END_STREAM)])
        elif kind == RST_STREAM:
            self._add(stream, "RST " + code_name(int.from_bytes(payload, "big")))
        elif kind == SETTINGS:
            told = [f"{SETTING[key] if key < len(SETTING) else key}={value}"
                    for key, value in struct.iter_unpack(">HI", payload)]
            self.connection.append("SETTINGS ack" if flags & ACK else f"SETTINGS {' '.join(told)}".strip())
        elif kind == PING and flags & ACK:
            if payload != LAST_CHECK:
                self.connection.append(f"PING ack {payload.decode('latin-1')}")
        elif kind == PING:
            if "pings" in self.shows and self.connection[-1:] != ["PING"]:
                self.connection.append("PING")
        elif kind == GOAWAY:
            last, code = struct.unpack(">II", payload[:8])
            self.connection.append(f"GOAWAY {'all' if last == 2**31 - 1 else last} {code_name(code)}")
        elif kind == WINDOW_UPDATE and ("windows" in self.shows or "start" in self.shows):
            size = int.from_bytes(payload, "big")
            self._add(stream, ["window", size]) if stream else self._window(size)
        elif kind != WINDOW_UPDATE:
            self.connection.append(f"{NAMES[kind] if kind < 10 else kind} on {stream}")

    def _window(self, size):
        """Where between others it came is chance."""
        known = next((one for one in self.connection if isinstance(one, list)), None)
        if known is None:
            self.connection.insert(1, ["window", size])
        else:
            known[1] += size

    def _add(self, stream, event):
        events = self.streams.setdefault(stream, [])
        if isinstance(event, list) and events and isinstance(events[-1], list) and events[-1][0] == event[0]:
            events[-1][1] += event[1]
            if event[0] == "data":
                events[-1][2] = event[2]
        else:
            events.append(event)

    def _fields(self, stream):
        fields = [(name, value) for name, value in self.decoder.decode(self.blocks, raw=True)]
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]
        self.blocks, known = b"", dict(fields)
        if ":status" in known:
            told = known[":status"]
            if told < "400" and "content-length" in known:
                told += f" length={known['content-length']}"
            if "fields" in self.shows:
                told += " {" + ", ".join(sorted(name for name in known if name[0] != ":")) + "}"
        else:
            told = "{" + ", ".join(sorted(f"{name}: {value}" for name, value in fields)) + "}"
        self._add(stream, told + (" END" if self.ends else ""))

    def _event(self, stream, event):
        if isinstance(event, str):
            return event
        if event[0] == "window":
            return f"window +{event[1]}"
        failed = re.match(r"[45]\d\d", str(self.streams[stream][0]))
        end = " END" if event[2] else ""
        if failed:
            return f"data{end}"
        said = re.sub(r"(.)\1{30,}", lambda run: f"<{len(run[0])} x {run[1]}>", event[1].decode("latin-1"))
        return f"{said!r}{end}" if "body" in self.shows else f"data {len(event[1])}{end}"

    def words(self):
        if self.wire.heard:
            line = self.wire.heard.split(b"\r\n")[0] if self.wire.heard.startswith(b"HTTP/1") else \
                b"cut short: " + self.wire.heard[:9].hex().encode()
            self.connection.append(line.decode("latin-1"))
        by_stream = []
        for stream in sorted(self.streams):
            came = self.streams[stream]
            if len(came) > 1 and came[-1] == ["data", b"", True] and isinstance(came[-2], str):
                came[-2:] = [came[-2] + " END"]  # an empty frame for the end alone
            events = [self._event(stream, one) for one in came]
            if events and re.fullmatch(r"[45]\d\d END", events[0]) or \
                    (len(events) > 1 and re.fullmatch(r"[45]\d\d", events[0]) and events[1] == "data END"):
                events = [events[0][:3] + " END"] + events[1 if " END" in events[0] else 2:]
            by_stream.append((stream, ", ".join(events)))
        lines = fold_streams(by_stream)
        connection = [f"window +{one[1]}" if isinstance(one, list) else one for one in self.connection]
        lines += fold(connection)
        if "sizes" in self.shows:
            lines.append(f"largest DATA {self.largest}")
        told = "; ".join(lines + self.wire.notes + [self.wire.fate])
        return re.sub(r"\b\d{2,}\b", "many", told) if "many" in self.shows else told


def fold(lines):
    folded = []
    for one in lines:
        if folded and folded[-1][0] == one:
            folded[-1][1] += 1
        else:
            folded.append([one, 1])
    return [one if count == 1 else f"{count} x {one}" for one, count in folded]


def fold_streams(told):
    """Many streams that fared alike are one line."""
    if len(told) < 6:
        return [f"{stream}: {line}" for stream, line in told]
    counts = {}
    for _, line in told:
        counts[line] = counts.get(line, 0) + 1
    return [f"{count} streams: {line}" for line, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]

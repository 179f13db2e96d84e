"""Cases of the connection: how it starts, and frames, right and wrong, one by one. Nothing here says what the
answer should be; that is what the two servers are asked for.
"""
import struct

from http2_case import HALF_CLOSE, LISTEN, START, case
from http2_wire import (ACK, END_HEADERS, ENABLE_PUSH, FRAME_SIZE, HEADERS, LIST_SIZE, MAX_STREAMS, PADDED, PING,
                        PREFACE, PRIORITISED, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, TABLE_SIZE, WINDOW_SIZE,
                        WINDOW_UPDATE, block, continuation, data, frame, get, goaway, headers, literal, ping, post,
                        priority, request, reset, settings, window)


def starts():
    case("start: preface and settings", shows=("start",))
    case("start: small limits", server="small", shows=("start",))
    case("start: a smaller table", server="table", shows=("start",))
    case("start: nothing is said", start=b"", shows=("start",), asked=False)
    case("start: only the preface", start=PREFACE, shows=("start",), asked=False)
    case("start: settings", start=PREFACE + settings([(MAX_STREAMS, 10), (WINDOW_SIZE, 100000)]), shows=("start",))
    case("start: ping before settings", ping(), start=PREFACE, shows=("start",))
    case("start: headers before settings", get(), start=PREFACE, shows=("start",))
    case("start: acknowledgement before settings", start=PREFACE + settings(flags=ACK), shows=("start",))
    case("start: unknown frame before settings", start=PREFACE + frame(99) + settings(), shows=("start",))
    case("start: bytes", *[bytes((one,)) for one in START + get()], shows=("start",), start=b"")
    case("start: last byte wrong", start=PREFACE[:-1] + b"x" + settings(), asked=False)
    case("start: first byte wrong", start=b"x" + PREFACE[1:] + settings(), asked=False)
    case("start: half of it", start=PREFACE[:12], asked=False)
    case("start: half of it, then the end", HALF_CLOSE, start=PREFACE[:12], asked=False)
    case("start: the whole, then the end", HALF_CLOSE, start=PREFACE, asked=False)
    case("start: nothing, then the end", HALF_CLOSE, start=b"", asked=False)
    case("start: preface twice", start=PREFACE + PREFACE + settings(), asked=False)
    for name, raw in {"get 1.1": b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n", "get 1.0": b"GET / HTTP/1.0\r\n\r\n",
                      "first line alone": b"GET /plaintext HTTP/1.1\r\n", "half a line": b"GET /plain",
                      "post": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nHello",
                      "2.0": b"GET / HTTP/2.0\r\n\r\n", "upgrade": upgrade(),
                      "line of 300": b"GET /" + b"a" * 300 + b" HTTP/1.1\r\n\r\n",
                      "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
                      "zeroes": bytes(64), "garbage": bytes(range(256)), "line without version": b"GET /\r\n\r\n",
                      "nonsense": b"nonsense\r\n\r\nand more of it\r\n"}.items():
        case("start: not http2: " + name, start=raw, asked=False)
    case("start: preface to http1", start=START + get(), endpoint="h1", asked=False)
    case("start: preface to both", start=START + get(), endpoint="clear", asked=False)
    case("start: bytes to both", *[bytes((one,)) for one in START + get()], start=b"", endpoint="clear", asked=False)
    case("start: 1.1 to both", start=b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n", endpoint="clear", asked=False)
    case("start: upgrade to both", start=upgrade(), endpoint="clear", asked=False)
    case("start: PRI of 1.1 to both", start=b"PRI * HTTP/1.1\r\nHost: a\r\n\r\n", endpoint="clear", asked=False)


def upgrade():
    return b"GET /plaintext HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" \
        b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"


def secured():
    asked = b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n"
    secure = get(scheme="https")
    case("tls: h2", secure, endpoint="tls", tls={"alpn": ["h2"]})
    case("tls: h2 first", secure, endpoint="tls", tls={"alpn": ["h2", "http/1.1"]})
    case("tls: h2 last", secure, endpoint="tls", tls={"alpn": ["http/1.1", "h2"]}, asked=False)
    case("tls: http/1.1", endpoint="tls", tls={"alpn": ["http/1.1"]}, start=asked, asked=False)
    case("tls: no alpn", endpoint="tls", tls={}, start=asked, asked=False)
    case("tls: no alpn, preface", secure, endpoint="tls", tls={}, asked=False)
    case("tls: other alpn", endpoint="tls", tls={"alpn": ["spdy/3"]}, start=asked, asked=False)
    case("tls: h2c as alpn", secure, endpoint="tls", tls={"alpn": ["h2c"]}, asked=False)
    case("tls: http/1.1 agreed, preface", secure, endpoint="tls", tls={"alpn": ["http/1.1"]}, asked=False)
    case("tls: h2 agreed, 1.1 said", endpoint="tls", tls={"alpn": ["h2"]}, start=asked, asked=False)
    case("tls: only h2: h2", secure, endpoint="tls_h2", tls={"alpn": ["h2"]})
    case("tls: only h2: no alpn", secure, endpoint="tls_h2", tls={}, asked=False)
    case("tls: only h2: no alpn, 1.1", endpoint="tls_h2", tls={}, start=asked, asked=False)
    case("tls: only h2: http/1.1", endpoint="tls_h2", tls={"alpn": ["http/1.1"]}, start=asked, asked=False)
    case("tls: only http1: h2", secure, endpoint="tls_h1", tls={"alpn": ["h2"]}, asked=False)
    case("tls: only http1: both", endpoint="tls_h1", tls={"alpn": ["h2", "http/1.1"]}, start=asked, asked=False)
    case("tls: 1.2", secure, endpoint="tls", tls={"alpn": ["h2"], "versions": "1.2"})
    for cipher in ("ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"):
        case("tls: 1.2, " + cipher, secure, endpoint="tls", tls={"alpn": ["h2"], "versions": "1.2", "ciphers": cipher})
    case("tls: scheme http", get(), endpoint="tls", tls={"alpn": ["h2"]})


def setting_frames():
    for name, sent in {
        "ack with payload": settings([(1, 4096)], flags=ACK), "length 5": frame(SETTINGS, payload=bytes(5)),
        "length 7": frame(SETTINGS, payload=bytes(7)), "on a stream": settings(stream=1),
        "ack nobody asked for": settings(flags=ACK), "unknown": settings([(0xff00, 1)]), "number 0": settings([(0, 1)]),
        "push 0": settings([(ENABLE_PUSH, 0)]), "push 1": settings([(ENABLE_PUSH, 1)]),
        "push 2": settings([(ENABLE_PUSH, 2)]), "window 2^31-1": settings([(WINDOW_SIZE, 2**31 - 1)]),
        "window 2^31": settings([(WINDOW_SIZE, 2**31)]), "frame size 16383": settings([(FRAME_SIZE, 16383)]),
        "frame size 2^24-1": settings([(FRAME_SIZE, 2**24 - 1)]), "frame size 2^24": settings([(FRAME_SIZE, 2**24)]),
        "table 0": settings([(TABLE_SIZE, 0)]), "table 2^32-1": settings([(TABLE_SIZE, 2**32 - 1)]),
        "streams 0": settings([(MAX_STREAMS, 0)]), "list size 10": settings([(LIST_SIZE, 10)]),
        "connect 1": settings([(8, 1)]), "connect 2": settings([(8, 2)]), "no priorities 2": settings([(9, 2)]),
        "other flags": settings(flags=0xfe), "one 50 times": settings([(TABLE_SIZE, 1)] * 50),
        "100 at once": settings() * 100,
    }.items():
        case("settings: " + name, sent, LISTEN, get())
    wide = [settings([(WINDOW_SIZE, 0)]), get("/bytes/1000")]
    case("settings: window 0", *wide, LISTEN)
    case("settings: window 0, then more", *wide, LISTEN, settings([(WINDOW_SIZE, 400)]), LISTEN)
    case("settings: window 0, then an update", *wide, LISTEN, window(1, 300), LISTEN)
    case("settings: window becomes negative", get("/bytes/100000"), LISTEN, settings([(WINDOW_SIZE, 0)]),
         window(0, 100000), window(1, 20000), LISTEN, window(1, 1000), LISTEN)
    case("settings: window overflows on a stream", get("/wait/1"), window(1, 2**31 - 1 - 65535),
         settings([(WINDOW_SIZE, 65536)]))
    case("settings: window 2^31-1 with a stream of more", get("/wait/1"), window(1, 1),
         settings([(WINDOW_SIZE, 2**31 - 1)]))
    case("settings: frames of 32768 are welcome", settings([(FRAME_SIZE, 32768)]), get("/bytes/60000"),
         shows=("sizes",))
    case("settings: frames of 16384", get("/bytes/60000"), shows=("sizes",))
    case("settings: frames of 32768, a server that takes them", settings([(FRAME_SIZE, 32768)]), get("/bytes/60000"),
         server="small", shows=("sizes",))
    case("settings: table 0, ten answers", settings([(TABLE_SIZE, 0)]), *[get(stream=1 + 2 * i) for i in range(10)])


def small_frames():
    for name, sent in {
        "ping": ping(), "ping with ack": ping(flags=ACK), "ping of 7": frame(PING, payload=bytes(7)),
        "ping of 9": frame(PING, payload=bytes(9)), "ping on a stream": ping(stream=1),
        "ping with other flags": ping(flags=0xfe), "ping 3 times": ping() * 3,
        "priority on idle": priority(5), "priority on 0": priority(0), "priority on itself": priority(5, on=5),
        "priority of 4": frame(PRIORITY, stream=5, payload=bytes(4)), "priority of 6": frame(PRIORITY, 0, 5, bytes(6)),
        "priority exclusive": priority(5, on=2**31), "priority on an even stream": priority(4),
        "priority update": frame(16, 0, 0, struct.pack(">I", 5) + b"u=1"),
        "priority update on a stream": frame(16, 0, 5, b"u=1"),
        "reset on 0": reset(0), "reset of idle": reset(1), "reset of even": reset(2),
        "reset of 3": frame(RST_STREAM, 0, 1, bytes(3)),
        "window on idle": window(1), "window 0": window(0, 0), "window of 3": frame(WINDOW_UPDATE, payload=bytes(3)),
        "window of 5": frame(WINDOW_UPDATE, payload=bytes(5)), "window too large": window(0, 2**31 - 1),
        "window as large as may be": window(0, 2**31 - 1 - 65535), "window one more": window(0, 2**31 - 65535),
        "window with the reserved bit": window(0, 2**31 + 5), "window on even": window(2),
        "push promise on 0": frame(PUSH_PROMISE, END_HEADERS, 0, struct.pack(">I", 2)),
        "push promise on 1": frame(PUSH_PROMISE, END_HEADERS, 1, struct.pack(">I", 2)),
        "continuation on 1": continuation(request()), "continuation on 0": continuation(request(), 0),
        "unknown on 0": frame(99, 0xff, 0, b"abc"), "unknown on idle": frame(99, 0xff, 7, b"abc"),
        "unknown on even": frame(99, 0xff, 2, b"abc"), "unknown of 16384": frame(99, 0, 0, bytes(16384)),
        "unknown of 16385": frame(99, 0, 0, bytes(16385)), "altsvc": frame(10, 0, 0, b"\0\0"),
        "length of 2^24-1": frame(99, length=2**24 - 1), "reserved bit": frame(PING, 0, 2**31, b"12345678"),
        "goaway": goaway(), "goaway on a stream": goaway(stream=1), "goaway of 4": frame(7, payload=bytes(4)),
        "goaway with words": goaway(more=b"good bye"), "goaway with a code": goaway(code=2),
    }.items():
        case("frame: " + name, sent, LISTEN, get())
    waiting = get("/wait/1")
    for name, sent in {
        "priority": priority(1), "priority on itself": priority(1, on=1), "unknown": frame(99, 0xff, 1, b"abc"),
        "window": window(1), "window 0": window(1, 0), "window of 3": frame(WINDOW_UPDATE, 0, 1, bytes(3)),
        "window too large": window(1, 2**31 - 1), "reset": reset(1), "reset of 5": frame(RST_STREAM, 0, 1, bytes(5)),
        "reset with an unknown code": reset(1, 12345), "reset twice": reset(1) + reset(1),
        "reset with no error": reset(1, 0),
        "continuation": continuation(request()), "push promise": frame(PUSH_PROMISE, END_HEADERS, 1,
                                                                       struct.pack(">I", 2)),
    }.items():
        case("open stream: " + name, waiting, LISTEN, sent, LISTEN, get(stream=3))


def after_the_end():
    """Frames for streams that are half-closed, closed or reset."""
    for name, sent in {
        "data": data(b"late"), "empty data": data(), "headers": get(), "trailers": headers([("a", "b")]),
        "window": window(1), "window 0": window(1, 0), "window too large": window(1, 2**31 - 1),
        "priority": priority(1),
        "reset": reset(1), "unknown": frame(99, 0, 1), "continuation": continuation([("a", "b")]),
        "data with padding": data(b"late", pad=3), "data without end": data(b"late", end=False),
        "headers without end of them": headers(request(), whole=False),
    }.items():
        case("half-closed: " + name, get("/wait/1"), LISTEN, sent, LISTEN, get(stream=3))
        case("closed: " + name, get(), LISTEN, sent, LISTEN, get(stream=3))
        case("reset by us: " + name, get("/wait/1"), LISTEN, reset(), sent, LISTEN, get(stream=3))
        case("reset by us, with a body: " + name, post("/wait/1"), LISTEN, reset(), sent, LISTEN, get(stream=3))
        case("reset by the server: " + name, post("/reset/8"), LISTEN, sent, LISTEN, get(stream=3))
        case("answered unread: " + name, post("/unread"), LISTEN, sent, LISTEN, get(stream=3))
    for name, path in {"by its handler": "/reset/8", "because it is wrong": "wrong"}.items():
        case(f"reset by the server: {name}, and its body is there", post(path) + data(b"Hello"), LISTEN, get(stream=3))
    for name, stream in {"even": 2, "0": 0, "2^31-1": 2**31 - 1}.items():
        case(f"stream: {name}", get(stream=stream), LISTEN)
    case("stream: lower than before", get(stream=5), LISTEN, get(stream=3))
    case("stream: lower than before, while it is open", get("/wait/1", stream=5), get(stream=3))
    case("stream: the same again", get(), LISTEN, get())
    case("stream: numbers are left out", get(stream=1), get(stream=101), get(stream=1001))
    case("stream: after the last", get(stream=2**31 - 1), LISTEN, get(stream=1))
    case("stream: data for a number left out", get(stream=5), LISTEN, data(b"a", stream=3))
    case("stream: reset for a number left out", get(stream=5), LISTEN, reset(3))
    case("stream: window for a number left out", get(stream=5), LISTEN, window(3))


def bodies():
    hello = data(b"Hello")
    for name, sent in {
        "on 0": data(b"a", stream=0), "on idle": data(b"a"), "on even": data(b"a", stream=2),
        "padded on idle": data(b"a", pad=1),
    }.items():
        case("data: " + name, sent, LISTEN, get())
    for name, sent in {
        "one frame": hello, "three frames": data(b"He", end=False) + data(b"l", end=False) + data(b"lo"),
        "empty end": data(b"Hello", end=False) + data(), "empty": data(), "padded": data(b"Hello", pad=10),
        "padded by 0": data(b"Hello", pad=0), "padded by 255": data(b"Hello", pad=255), "only padding": data(pad=20),
        "padding is all": frame(0, 1 | PADDED, 1, b"\x05" + bytes(5)),
        "padding is one more": frame(0, 9, 1, b"\x06" + bytes(5)),
        "padding without its length": frame(0, 9, 1), "padding of 255 in 2": frame(0, 9, 1, b"\xff\0"),
        "padding is not zero": frame(0, 9, 1, b"\x03Helloabc"), "16384": data(bytes(16384)),
        "16385": data(bytes(16385)),
        "20 empty ones": data(end=False) * 20 + hello, "other flags": frame(0, 0xf7, 1, b"Hello"),
        "trailers": data(b"Hello", end=False) + headers([("a", "b")]),
        "trailers without data": headers([("a", "b")]),
        "data after trailers": data(b"Hello", end=False) + headers([("a", "b")]) + data(b"late"),
        "reset in between": data(b"Hello", end=False) + reset(),
    }.items():
        case("body: " + name, post("/echo"), sent, LISTEN)
    case("body: get with one", headers(request(path="/echo"), end=False), hello)
    case("body: echo while it comes", post("/echo"), data(b"Hel", end=False), LISTEN, data(b"lo"))
    case("body: answered before it is whole", post("/unread"), LISTEN, hello)
    case("body: answered before it is whole, length known", post("/unread", ("content-length", "5")), LISTEN, hello)
    case("body: whole and unread", post("/unread"), hello)
    case("body: half read", post("/sip/2"), data(b"Hello", end=False), LISTEN, data(b"Hello"), LISTEN)
    case("body: 404", post("/nowhere"), LISTEN, hello)
    case("body: throws unread", post("/throw"), LISTEN, hello)
    for name, sizes in {"exact": ("5", b"Hello"), "less": ("6", b"Hello"), "more": ("4", b"Hello"),
                        "none where 5": ("5", b""), "zero": ("0", b""), "some where 0": ("0", b"Hello")}.items():
        case("length: " + name, post("/echo", ("content-length", sizes[0])), data(sizes[1]), LISTEN, get(stream=3))
        case("length: " + name + ", unread", post("/wait/1", ("content-length", sizes[0])), data(sizes[1]), LISTEN,
             get(stream=3))
    case("length: less, with trailers", post("/echo", ("content-length", "6")), data(b"Hello", end=False),
         headers([("a", "b")]), LISTEN)
    case("length: more, in two frames", post("/echo", ("content-length", "6")), data(b"Hello", end=False), LISTEN,
         hello)
    case("length: 5, ends with headers", headers(request("POST", "/echo", ("content-length", "5"))), LISTEN)
    case("length: 0, ends with headers", headers(request("POST", "/echo", ("content-length", "0"))), LISTEN)
    case("length: padding does not count", post("/echo", ("content-length", "5")), data(b"Hello", pad=9), LISTEN)
    for value in ("+5", "-5", "abc", "5,5", "5, 5", "5 ", "", "0x5", "99999999999999999999", "05"):
        case(f"length: {value!r}", post("/echo", ("content-length", value)), hello, LISTEN, get(stream=3))
    case("length: twice the same", post("/echo", ("content-length", "5"), ("content-length", "5")), hello, LISTEN)
    case("length: twice", post("/echo", ("content-length", "5"), ("content-length", "6")), hello, LISTEN)
    case("large: length, read", post("/count", ("content-length", "30000001")), LISTEN, get(stream=3))
    case("large: length, unread", post("/unread", ("content-length", "30000001")), LISTEN, get(stream=3))
    case("large: length, small", post("/count", ("content-length", "1001")), LISTEN, get(stream=3), server="small")
    case("large: as large as may be", post("/count", ("content-length", "1000")), data(bytes(1000)), LISTEN,
         server="small")
    case("large: comes without a length", post("/count"), data(bytes(1001)), LISTEN, get(stream=3), server="small")
    case("large: comes in parts", post("/count"), data(bytes(600), end=False), LISTEN, data(bytes(600)), LISTEN,
         get(stream=3), server="small")
    case("large: comes unread", post("/unread"), data(bytes(1001)), LISTEN, get(stream=3), server="small")
    case("large: echo", post("/echo"), data(bytes(1001)), LISTEN, get(stream=3), server="small")


def windows():
    chunk = data(bytes(16384), end=False)
    case("window: read 100 KB", post("/count"), chunk * 6, LISTEN, data(), shows=("windows", "body"))
    case("window: read 400 KB", post("/count"), chunk * 25, LISTEN, data(), shows=("windows", "body"))
    case("window: read 2 MB with patience", post("/count"), *[step for _ in range(4) for step in (chunk * 32, LISTEN)],
         data(), LISTEN, shows=("body",))
    case("window: a stream's is full", post("/wait/1"), chunk * 48, LISTEN, get(stream=3), shows=("windows",))
    case("window: a stream's is full, one more", post("/wait/1"), chunk * 48, data(b"a", end=False), LISTEN,
         get(stream=3))
    case("window: a stream's is full, an empty one", post("/wait/1"), chunk * 48, data(end=False), LISTEN,
         get(stream=3))
    case("window: a stream's is full, padding more", post("/wait/1"), chunk * 48, data(end=False, pad=0), LISTEN)
    case("window: the connection's is full", post("/wait/1"), chunk * 48, post("/wait/1", stream=3),
         data(bytes(16384), stream=3, end=False) * 16, LISTEN, shows=("windows",))
    case("window: the connection's is full, one more", post("/wait/1"), chunk * 48, post("/wait/1", stream=3),
         data(bytes(16384), stream=3, end=False) * 16, data(b"a", 3), LISTEN)
    case("window: reset gives back to the connection", post("/wait/1"), chunk * 40, LISTEN, reset(), LISTEN,
         shows=("windows",))
    case("window: unread gives back to the connection", post("/unread"), LISTEN, chunk * 40, LISTEN, shows=("windows",))
    case("window: padding is given back", post("/count"), *[data(b"a", end=False, pad=255) * 600, LISTEN] * 3,
         data(), LISTEN, shows=("windows", "body"))
    case("window: small, full and one more", post("/wait/1"), chunk * 3, data(bytes(16383), end=False), LISTEN,
         data(b"a", end=False), LISTEN, server="tight")
    case("window: answer waits for the stream", get("/bytes/100000"), LISTEN, window(0, 100000), LISTEN,
         window(1, 100000))
    case("window: answer waits for the connection", get("/bytes/100000"), LISTEN, window(1, 100000), LISTEN,
         window(0, 100000))
    case("window: answers share the connection", settings([(WINDOW_SIZE, 100000)]), get("/bytes/60000"), LISTEN,
         get("/bytes/60000", stream=3), LISTEN, window(0, 60000))
    case("window: an answer that waits is reset", settings([(WINDOW_SIZE, 0)]), get("/bytes/100"), LISTEN, reset(),
         LISTEN,
         window(1, 100), get("/bytes/0", stream=3))
    case("window: too large once more", *[step for i in range(3) for step in
                                         (get("/wait/1", stream=1 + 2 * i), window(1 + 2 * i, 2**31 - 1), LISTEN)])


def header_blocks():
    fields = block(request())
    for name, sent in {
        "one continuation": headers(fields[:9], whole=False) + continuation(fields[9:]),
        "many continuations": headers(b"", whole=False) + b"".join(continuation(fields[i:i + 1], whole=False)
                                                                   for i in range(len(fields))) + continuation(b""),
        "empty headers": headers(b"", whole=False) + continuation(fields),
        "100 empty continuations": headers(fields, whole=False) + continuation(b"", whole=False) * 100
        + continuation(b""),
        "continuation after the end": headers(fields) + continuation(b""),
        "continuation on another stream": headers(fields, whole=False) + continuation(b"", 3),
        "continuation on 0": headers(fields, whole=False) + continuation(b"", 0),
        "continuation with other flags": headers(fields, whole=False) + continuation(b"", flags=0xfb),
        "data in between": headers(fields, whole=False) + data() + continuation(b""),
        "ping in between": headers(fields, whole=False) + ping() + continuation(b""),
        "unknown in between": headers(fields, whole=False) + frame(99) + continuation(b""),
        "headers in between": headers(fields, whole=False) + headers(fields) + continuation(b""),
        "other headers in between": headers(fields, whole=False) + headers(fields, 3) + continuation(b""),
        "settings in between": headers(fields, whole=False) + settings() + continuation(b""),
        "reset in between": headers(fields, whole=False) + reset() + continuation(b""),
        "window in between": headers(fields, whole=False) + window() + continuation(b""),
        "body behind continuations": headers(block(request("POST", "/echo")), end=False, whole=False)
        + continuation(b"") + data(b"Hello"),
        "padded": headers(fields, pad=20), "padded by 0": headers(fields, pad=0),
        "padding too long": frame(HEADERS, 5 | PADDED, 1, b"\xff" + fields),
        "padding is all": frame(HEADERS, 5 | PADDED, 1, bytes((len(fields),)) + fields),
        "padded, without its length": frame(HEADERS, 5 | PADDED, 1),
        "padded, continued": headers(fields[:9], whole=False, pad=20) + continuation(fields[9:]),
        "continuation as if padded": headers(fields[:9], whole=False)
        + frame(9, 4 | PADDED, 1, b"\x02" + fields[9:] + b"\0\0"),
        "priority": headers(fields, priority=struct.pack(">IB", 0, 200)),
        "priority on itself": headers(fields, priority=struct.pack(">IB", 1, 200)),
        "priority on another": headers(fields, priority=struct.pack(">IB", 2**31 + 77, 200)),
        "priority too short": frame(HEADERS, 5 | PRIORITISED, 1, b"\0\0\0"),
        "priority and padding": headers(fields, pad=9, priority=struct.pack(">IB", 0, 200)),
        "priority and padding too short": frame(HEADERS, 5 | PRIORITISED | PADDED, 1, b"\x03\0\0\0\0\0\0\0"),
        "other flags": headers(fields, flags=0xd2),
        "16385 bytes": headers(fields + literal("a", "b" * 16300)),
        "nothing at all": headers(b""),
    }.items():
        case("block: " + name, sent, LISTEN, get(stream=5))
    case("block: never ended", headers(fields, whole=False), asked=False)
    case("block: then the end of the connection", headers(fields, whole=False), HALF_CLOSE, asked=False)

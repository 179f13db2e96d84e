"""Cases of requests and answers: fields, pseudo-fields, CONNECT, HPACK, trailers, what handlers do. Nothing
here says what the answer should be; that is what the two servers are asked for.
"""
from http2_case import LISTEN, case
from http2_wire import (MAX_STREAMS, PREFACE, block, continuation, data, get, headers, integer, literal, post, request,
                        reset,
                        settings, text, window)

SEEN = {"shows": ("body",)}
METHOD, SCHEME, PATH, AUTHORITY = (":method", "GET"), (":scheme", "http"), (":path", "/fields"), (":authority", "a")


def pseudo_fields():
    for name, fields in {
        "all": [METHOD, SCHEME, PATH, AUTHORITY], "another order": [PATH, AUTHORITY, SCHEME, METHOD],
        "no method": [SCHEME, PATH, AUTHORITY], "no scheme": [METHOD, PATH, AUTHORITY],
        "no path": [METHOD, SCHEME, AUTHORITY], "no authority": [METHOD, SCHEME, PATH], "none": [("a", "b")],
        "method twice": [METHOD, METHOD, SCHEME, PATH, AUTHORITY],
        "scheme twice": [METHOD, SCHEME, SCHEME, PATH, AUTHORITY],
        "path twice": [METHOD, SCHEME, PATH, PATH, AUTHORITY],
        "authority twice": [METHOD, SCHEME, PATH, AUTHORITY, AUTHORITY],
        "unknown": [METHOD, SCHEME, PATH, AUTHORITY, (":other", "1")],
        "status": [METHOD, SCHEME, PATH, AUTHORITY, (":status", "200")],
        "behind a field": [METHOD, SCHEME, AUTHORITY, ("a", "b"), PATH],
        "empty name": [METHOD, SCHEME, PATH, (":", "b")],
        "upper-case": [(":METHOD", "GET"), SCHEME, PATH, AUTHORITY],
        "protocol without connect": [METHOD, SCHEME, PATH, AUTHORITY, (":protocol", "websocket")],
    }.items():
        case("pseudo: " + name, headers(fields), LISTEN, get(stream=3), **SEEN)
    for value in ("get", "BREW", "!#$%&'*+-.^_`|~", "G T", "G(T", "", "GET\0", "GET ", "G\xcbT", "A" * 300):
        case(f"method: {value[:20]!r}", headers(request(value, "/fields")), LISTEN, get(stream=3), **SEEN)
    for value in ("https", "HTTP", "ftp", "", "http ", "ht\0tp", "1http"):
        case(f"scheme: {value!r}", get("/fields", scheme=value), LISTEN, get(stream=3), **SEEN)
    for value in ("", "*", "fields", "/fields?a=b&c", "/fields?", "/fields?a?b", "/fields#a", "/fields?a#b",
                  "/fields a",
                  "/fields?a b", "/fields\x01", "/fields?a\x01", "/fields\0", "/fields\x7f", "/fields?\x7f",
                  "/fields\t",
                  "/fields\xe4", "/fields?\xe4", "http://a/fields", "//a/fields", "/%66ields", "/a/../fields",
                  "/a/%2e%2e/fields", "/../fields", "/fields/./x", "/fields/%2F", "/fields/%00", "/fields/%zz",
                  "/fields/%C3%A4",
                  "/fields/%C0%AF", "/fields/%e4", "/fields\\x", '/fields/"', "/fields/<>", "/fields/\r\nx",
                  "/fields%"):
        case(f"path: {value!r}", get(value), LISTEN, get(stream=3), **SEEN)
    case("path: * with options", headers(request("OPTIONS", "*")), LISTEN, get(stream=3), **SEEN)
    for size in (8178, 8179, 8180, 8181, 8192, 9000):
        case(f"path: {size} bytes", get("/plaintext?" + "a" * (size - 11)), LISTEN, get(stream=3))
    for value in ("", "a:80", "a:", "a:99999", "a:b", "a b", "u@a", "a/b", "[::1]:80", "[::1", "a\0", "a,b", "\xe4",
                  "A.Example", "*",
                  "a?b", "a#b", "1.2.3.4"):
        case(f"authority: {value!r}", get("/fields", authority=value), LISTEN, get(stream=3), **SEEN)
    for name, authority, hosts in (("the same", "a", ["a"]), ("another", "a", ["b"]), ("alone", None, ["b"]),
                                   ("empty alone", None, [""]),
                                   ("none", None, []), ("twice", "a", ["a", "a"]), ("twice alone", None, ["a", "a"]),
                                   ("invalid alone", None, ["a b"]), ("invalid beside", "a", ["a b"]),
                                   ("empty both", "", [""]),
                                   ("of another case", "a", ["A"]), ("empty beside", "a", [""])):
        case("host: " + name, get("/fields", *[("host", host) for host in hosts], authority=authority), LISTEN,
             get(stream=3), **SEEN)


def in_pieces(fields):
    """A block in frames as large as may be."""
    pieces = [fields[i:i + 16384] for i in range(0, len(fields), 16384)]
    return headers(pieces[0], whole=False) + b"".join(continuation(one, whole=False) for one in pieces[1:-1]) \
        + continuation(pieces[-1])


def usual_fields():
    for name, value in (
        ("Upper", "a"), ("uppeR", "a"), ("connection", "close"), ("connection", "a"), ("keep-alive", "1"),
        ("proxy-connection", "close"),
        ("transfer-encoding", "chunked"), ("upgrade", "h2c"), ("te", "gzip"), ("te", "trailers"), ("te", "Trailers"),
        ("te", ""),
        ("te", "trailers, deflate"), ("te", "trailers;q=1"), ("http2-settings", "a"), ("", "a"), ("a b", "c"),
        ("a:b", "c"), ("a\0", "c"),
        ("a\r\n", "c"), ("a\x7f", "c"), ("\xe4", "c"), ("a(b", "c"), ("a\x01", "c"), ("a", ""), ("a", " b"),
        ("a", "b "), ("a", "\tb"),
        ("a", "b\0c"), ("a", "b\rc"), ("a", "b\nc"), ("a", "b\r\nc: d"), ("a", "b\x01c"), ("a", "b\x7fc"),
        ("a", "b\tc"), ("a", "\xe4"),
        ("a", "\xc3\xa4"), ("_a", "b"), ("a_b", "c"), ("cookie", "a=b"), ("expect", "100-continue"),
        ("expect", "other"), ("priority", "u=1"),
        ("proxy-authorization", "a"), ("proxy-authenticate", "a"), ("trailer", "a"), ("x-content-length", "5"),
        ("content-type", "a"),
    ):
        case(f"field: {name!r}: {value!r}", get("/fields", (name, value)), LISTEN, get(stream=3), **SEEN)
    case("field: te twice", get("/fields", ("te", "trailers"), ("te", "trailers")), LISTEN, get(stream=3), **SEEN)
    case("field: three times", get("/fields", ("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")), LISTEN, **SEEN)
    case("field: crumbs", get("/fields", ("cookie", "a=b"), ("cookie", "c=d"), ("cookie", "e=f")), LISTEN, **SEEN)
    case("field: crumbs apart", get("/fields", ("cookie", "a=b"), ("x", "y"), ("cookie", "c=d")), LISTEN, **SEEN)
    case("field: crumbs, one empty", get("/fields", ("cookie", "a=b"), ("cookie", ""), ("cookie", "c=d")), LISTEN,
         **SEEN)
    case("field: content-type twice", get("/fields", ("content-type", "a"), ("content-type", "b")), LISTEN, **SEEN)
    case("field: never indexed", headers(block(request(path="/fields")) + literal("a", "secret", 0x10)), LISTEN, **SEEN)
    for count in (96, 97, 100, 101, 196, 197, 201):
        case(f"fields: {count}", get("/plaintext", *[(f"a{i}", "b") for i in range(count)]), LISTEN, get(stream=3))
    for count in (6, 7, 16, 17, 30):
        case(f"fields: {count}, small", get("/plaintext", *[("a", "b")] * count), LISTEN, get(stream=3), server="small")
    for size in (900, 960, 1000, 1100, 1900, 2000, 2100):
        case(f"fields: {size} bytes, small", get("/plaintext", *[("a", "b" * 99)] * (size // 100),
                                                 ("a", "b" * (size % 100))), LISTEN,
             get(stream=3), server="small")
    for size in (390, 400, 401, 2000):
        case(f"fields: one of {size}, small", get("/plaintext", ("a", "b" * size)), LISTEN, get(stream=3),
             server="small")
        case(f"fields: a name of {size}, small", get("/plaintext", ("a" * size, "b")), LISTEN, get(stream=3),
             server="small")
    for size in (32000, 32768, 32769, 40000):
        case(f"fields: one of {size}", in_pieces(block(request()) + literal("a", "b" * size)), LISTEN, get(stream=3))
    for size in (32500, 32768, 33000, 60000, 66000):
        case(f"fields: {size} in all", in_pieces(block(request()) + literal("a", "b" * 999) * (size // 1000)), LISTEN,
             get(stream=3))
    for size in (100000, 130000, 150000, 500000):
        case(f"fields: {size} where a million may be", in_pieces(block(request())
                                                                 + literal("a", "b" * 999) * (size // 1000)),
             LISTEN, get(stream=3), server="wide")


def connects():
    def connect(*fields, end=False):
        return headers([(":method", "CONNECT"), *fields], end=end)
    socket = (":protocol", "websocket")
    tunnel = (SCHEME, (":path", "/tunnel"), AUTHORITY)
    for name, sent in {
        "authority": connect((":authority", "a:443")), "authority, ended": connect((":authority", "a:443"), end=True),
        "no authority": connect(), "scheme": connect((":authority", "a:443"), SCHEME),
        "path": connect((":authority", "a:443"), (":path", "/")),
        "scheme and path": connect(*tunnel), "authority without port": connect(AUTHORITY),
        "extended": connect(*tunnel, socket), "extended, ended": connect(*tunnel, socket, end=True),
        "extended without path": connect(SCHEME, AUTHORITY, socket),
        "extended without scheme": connect((":path", "/tunnel"), AUTHORITY, socket),
        "extended without authority": connect(SCHEME, (":path", "/tunnel"), socket),
        "extended with another": connect(*tunnel, (":protocol", "other")),
        "extended with nothing": connect(*tunnel, (":protocol", "")),
        "extended twice": connect(*tunnel, socket, socket), "extended to a handler that does not know": connect(
            SCHEME, (":path", "/plaintext"), AUTHORITY, socket),
        "extended with a length": connect(*tunnel, socket, ("content-length", "5")),
    }.items():
        case("connect: " + name, sent, LISTEN, get(stream=3), shows=("fields",))
    case("connect: extended, bytes both ways", connect(*tunnel, socket), LISTEN, data(b"Hello", end=False), LISTEN,
         data(b"World", end=False),
         LISTEN, data(), LISTEN, shows=("body", "fields"))
    case("connect: extended, reset", connect(*tunnel, socket), LISTEN, data(b"Hello", end=False), LISTEN, reset(),
         LISTEN, get(stream=3))
    case("connect: extended, trailers", connect(*tunnel, socket), LISTEN, headers([("a", "b")]), LISTEN, get(stream=3))


def compression():
    fields = block(request(path="/plaintext"))
    for name, sent in {
        "indexed": b"\x82\x86\x84", "indexed method, path by name": b"\x82\x86" + b"\x04" + text("/plaintext")
        + b"\x01" + text("a"),
        "index 0": fields + b"\x80", "index 62 of an empty table": fields + b"\xbe", "index 61": fields + b"\xbd",
        "index far": fields + integer(5000, 7, 0x80), "name index far": fields + integer(5000, 4) + text("a"),
        "integer too long": fields + b"\xff" + b"\xff" * 10 + b"\x01", "integer with zeroes": fields
        + b"\xff\x80\x80\x80\x80\x80\x00",
        "integer cut short": fields + b"\xff\xff", "length beyond": fields + b"\x00\x05a", "value missing": fields
        + b"\x00\x01a",
        "value cut short": fields + b"\x00\x01a\x05b", "length huge": fields + b"\x00" + integer(2**31, 7),
        "huffman": fields + b"\x00\x01a" + b"\x83\x9d\x29\xad"[:4], "huffman with long padding": fields
        + b"\x00\x01a\x82\x1f\xff",
        "huffman with zero padding": fields + b"\x00\x01a\x81\x18", "huffman with eos": fields
        + b"\x00\x01a\x84\xff\xff\xff\xff",
        "huffman empty": fields + b"\x00\x01a\x80",
        "size update to 0": b"\x20" + fields, "size update to 4096": integer(4096, 5, 0x20) + fields,
        "size update to 4097": integer(4097, 5, 0x20) + fields, "size update huge": integer(2**32, 5, 0x20) + fields,
        "two size updates": b"\x20" + integer(4096, 5, 0x20) + fields, "three size updates": b"\x20\x21\x22" + fields,
        "size update at the end": fields + b"\x20", "size update in the middle": fields[:9] + b"\x20" + fields[9:],
        "only a size update": b"\x20", "indexed connection": fields + b"\x0f\x2a\x05close"[:0] + b"\x40"
        + text("connection") + text("close"),
        "indexed transfer-encoding": fields + integer(57, 4) + text("chunked"),
        "indexed status": fields + b"\x88",
    }.items():
        case("hpack: " + name, headers(sent), LISTEN, get(stream=5))
    seen = block(request(path="/fields"))
    case("hpack: a table used again", headers(seen + literal("x-kept", "1", 0x40)), LISTEN, headers(seen + b"\xbe", 3),
         LISTEN, **SEEN)
    case("hpack: a table emptied", headers(seen + literal("x-kept", "1", 0x40)), LISTEN,
         headers(b"\x20" + seen + b"\xbe", 3), LISTEN, **SEEN)
    case("hpack: a field larger than the table", headers(seen + literal("x", "b" * 5000, 0x40)), LISTEN,
         headers(seen + b"\xbe", 3), LISTEN)
    update = integer(1024, 5, 0x20)
    case("hpack: a smaller table, agreed", headers(update + fields), LISTEN, get(stream=3), server="table")
    case("hpack: a smaller table, not agreed", headers(fields), LISTEN, get(stream=3), server="table")
    case("hpack: a smaller table, nothing acknowledged", headers(fields), LISTEN, get(stream=3), server="table",
         start=PREFACE + settings())
    case("hpack: a smaller table, a larger one", headers(integer(2048, 5, 0x20) + fields), LISTEN, server="table")
    case("hpack: wrong in trailers", post("/echo"), headers(b"\x80"), LISTEN)
    for name, sent in {"refused stream": headers(fields + literal("x-kept", "1", 0x40), 7),
                       "request of a wrong path": headers(
            block(request(path="nowhere")) + literal("x-kept", "1", 0x40), 7), "request without a method": headers(
            literal("x-kept", "1", 0x40) + block([SCHEME, PATH]), 7)}.items():
        waiting = b"".join(get("/stream-wait/1", stream=i) for i in (1, 3, 5)) if name == "refused stream" else b""
        done = reset(1) + reset(3) + reset(5)
        case("hpack: the table behind a " + name, waiting, LISTEN, sent, LISTEN, done if waiting else b"", LISTEN,
             headers(seen + b"\xbe", 9), LISTEN, server="small", **SEEN)
    case("hpack: the table behind trailers of a reset stream", post("/wait/1"), LISTEN, reset(),
         headers([("a", "b")])[:9]
         + block([("a", "b")]), LISTEN)


def trailers():
    for name, fields in {
        "one": [("a", "b")], "none": [], "pseudo": [(":path", "/")], "status": [(":status", "200")],
        "upper-case": [("A", "b")],
        "connection": [("connection", "close")], "te": [("te", "trailers")],
        "content-length": [("content-length", "5")], "host": [("host", "b")],
        "transfer-encoding": [("transfer-encoding", "chunked")], "cookie": [("cookie", "a=b"), ("cookie", "c=d")],
        "value with CR": [("a", "b\rc")],
        "value with LF": [("a", "b\nc")], "value with NUL": [("a", "b\0c")], "twice": [("a", "b"), ("a", "c")],
        "large": [("a", "b" * 16000)], "authorization": [("authorization", "a")], "name with space": [("a b", "c")],
        "grpc": [("grpc-status", "0"), ("grpc-message", "fine")],
    }.items():
        case("trailers: " + name, post("/request-trailers"), data(b"Hello", end=False), headers(fields), LISTEN,
             get(stream=3), **SEEN)
    case("trailers: without end", post("/request-trailers"), data(b"Hello", end=False),
         headers([("a", "b")], end=False), LISTEN, get(stream=3))
    case("trailers: continued", post("/request-trailers"), headers(block([("a", "b")])[:2], whole=False) + continuation(
        block([("a", "b")])[2:]), LISTEN, **SEEN)
    case("trailers: two blocks", post("/request-trailers"), headers([("a", "b")]), headers([("a", "b")]), LISTEN)
    case("trailers: 101", post("/request-trailers"), headers([(f"a{i}", "b") for i in range(101)]), LISTEN,
         get(stream=3))
    case("trailers: padded", post("/request-trailers"), headers([("a", "b")], pad=7), LISTEN, **SEEN)
    case("trailers: unread", post("/wait/1"), headers([("a", "b")]), LISTEN, get(stream=3))


def answers():
    for path in ("/plaintext", "/stream/3", "/bytes/0", "/trailers", "/only-trailers", "/throw", "/throw-late",
                 "/reset/0", "/reset/2", "/reset/8",
                 "/reset/11", "/reset/999", "/reset-late/0", "/reset-late/8", "/abort", "/too-short", "/too-long",
                 "/nothing-of-length",
                 "/status/200", "/status/201", "/status/204", "/status/205", "/status/304", "/status/400",
                 "/status/418", "/status/500",
                 "/status/599", "/status/999", "/status/100", "/status/101", "/status/103", "/status/199",
                 "/status-body/204",
                 "/status-body/205", "/status-body/304", "/status-body/404", "/nowhere", "/unread", "/wide/10000",
                 "/wide/20000",
                 "/wide/40000", "/wide/100000", "/connection-fields", "/transfer-encoding"):
        shows = ("fields",) if path in ("/connection-fields", "/plaintext", "/stream/3", "/status/204", "/status/304",
                                        "/status/200") else ()
        case("answer: " + path, get(path), LISTEN, get(stream=3), shows=shows)
    for path in ("/plaintext", "/stream/3", "/bytes/5000", "/trailers", "/only-trailers", "/throw", "/throw-late",
                 "/too-short", "/nowhere",
                 "/status/204", "/status/304", "/nothing-of-length"):
        case("answer: HEAD " + path, headers(request("HEAD", path)), LISTEN, get(stream=3))
    case("answer: HEAD with a body", headers(request("HEAD"), end=False), data(b"Hello"), LISTEN, get(stream=3))
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
        case(f"answer: {method}", headers(request(method, "/echo")), LISTEN, get(stream=3))
    expecting = ("expect", "100-continue")
    for path in ("/count", "/unread", "/nowhere", "/throw"):
        case(f"expect: {path}", post(path, expecting), LISTEN, data(b"Hello"), LISTEN, get(stream=3), **SEEN)
        case(f"expect: {path}, length known", post(path, expecting, ("content-length", "5")), LISTEN, data(b"Hello"),
             LISTEN)
        case(f"expect: {path}, body is there", post(path, expecting) + data(b"Hello"), LISTEN)
    case("expect: other", post("/count", ("expect", "other")), LISTEN, data(b"Hello"), LISTEN)
    case("expect: another case", post("/count", ("expect", "100-Continue")), LISTEN, data(b"Hello"), LISTEN)
    case("expect: no body", get("/plaintext", expecting), LISTEN)
    case("expect: too large", post("/count", expecting, ("content-length", "30000001")), LISTEN)


def streams():
    def waiting(count, first=0):
        return b"".join(get("/wait/1", stream=1 + 2 * i) for i in range(first, first + count))
    case("streams: 100 wait", waiting(100), LISTEN)
    case("streams: the 101st", waiting(101), LISTEN)
    case("streams: 20 too many", waiting(120), LISTEN)
    case("streams: 3 of 3", waiting(3), LISTEN, server="small")
    case("streams: the 4th of 3", waiting(4), LISTEN, server="small")
    case("streams: the 4th of 3, with a body", waiting(3), post(stream=7), data(b"Hello", 7), LISTEN, server="small")
    case("streams: the 4th of 3, body later", waiting(3), post(stream=7), LISTEN, data(b"Hello", 7), LISTEN,
         server="small")
    case("streams: the 4th of 3, window later", waiting(3), get(stream=7), LISTEN, window(7), LISTEN, server="small")
    case("streams: the 4th of 3, reset later", waiting(3), get(stream=7), LISTEN, reset(7), LISTEN, server="small")
    case("streams: the 4th of 3, trailers later", waiting(3), post(stream=7), LISTEN, headers([("a", "b")], 7), LISTEN,
         server="small")
    case("streams: the 4th of 3 in pieces", waiting(3), headers(block(request())[:9], 7, whole=False), LISTEN,
         continuation(block(request())[9:], 7), LISTEN, server="small")
    case("streams: the 4th of 3 is wrong", waiting(3), get(path="wrong", stream=7), LISTEN, server="small")
    case("streams: the 4th when one is reset", waiting(3), LISTEN, reset(1), LISTEN, get(stream=7), LISTEN,
         server="small")
    case("streams: a half-closed one counts", b"".join(get("/stream-wait/1", stream=1 + 2 * i) for i in range(4)),
         LISTEN, server="small")
    case("streams: an answered one that still sends counts not", *[step for i in range(6) for step in
                                                                              (post("/unread", stream=1 + 2 * i),
                                                                                  LISTEN)], server="small")
    case("streams: 100 at once", b"".join(get(stream=1 + 2 * i) for i in range(100)), LISTEN)
    case("streams: 1000 one behind another", *[step for i in range(10) for step in
                                              (b"".join(get(stream=1 + 2 * (100 * i + j)) for j in range(100)),
                                               LISTEN)])
    case("streams: the client lets none", settings([(MAX_STREAMS, 0)]), get(), LISTEN)
    case("streams: 50 echoes", b"".join(post(stream=1 + 2 * i) for i in range(50)),
         b"".join(data(b"ab", 1 + 2 * i, end=False) for i in range(50)),
         LISTEN, b"".join(data(b"cd", 1 + 2 * i) for i in range(50)), LISTEN)

"""The requests that compare_with_kestrel.py sends: raw bytes under a name. Nothing here says what the
answer should be; that is what the two servers are asked for.
"""


def head(line="GET /plaintext HTTP/1.1", *fields, host="Host: a"):
    lines = [line] + ([host] if host else []) + list(fields)
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def post(path, *fields, body=b"", host="Host: a"):
    return head(f"POST {path} HTTP/1.1", *fields, host=host) + body


def echo(body, *fields):
    return post("/echo", f"Content-Length: {len(body)}", *fields, body=body)


def chunked(body, *fields):
    return post("/echo", "Transfer-Encoding: chunked", *fields, body=body)


GET = head()
CASES = {}


def case(name, data, half_close=False):
    assert name not in CASES, name
    CASES[name] = (data, half_close)


def request_lines():
    for name, line in {
        "get": "GET /plaintext HTTP/1.1", "http10": "GET /plaintext HTTP/1.0", "head": "HEAD /plaintext HTTP/1.1",
        "post where get": "POST /plaintext HTTP/1.1", "unknown method": "BREW /plaintext HTTP/1.1",
        "lower-case method": "get /plaintext HTTP/1.1", "token method": "!#$%&'*+-.^_`|~ /plaintext HTTP/1.1",
        "method with parenthesis": "G(T /plaintext HTTP/1.1", "two spaces before target": "GET  /plaintext HTTP/1.1",
        "two spaces before version": "GET /plaintext  HTTP/1.1", "space behind version": "GET /plaintext HTTP/1.1 ",
        "no version": "GET /plaintext", "no target": "GET HTTP/1.1", "http 1.2": "GET /plaintext HTTP/1.2",
        "http 2.0": "GET /plaintext HTTP/2.0", "http 0.9": "GET /plaintext HTTP/0.9",
        "lower-case http": "GET /plaintext http/1.1",
        "leading space": " GET /plaintext HTTP/1.1", "tab between": "GET\t/plaintext\tHTTP/1.1",
        "empty method": " /plaintext HTTP/1.1",
        "query": "GET /plaintext?a=b&c HTTP/1.1", "fragment": "GET /plaintext#a HTTP/1.1",
        "no slash": "GET plaintext HTTP/1.1",
        "encoded path": "GET /plain%74ext HTTP/1.1", "dot segments": "GET /a/../plaintext HTTP/1.1",
        "encoded dot segments": "GET /a/%2e%2e/plaintext HTTP/1.1", "above root": "GET /../../plaintext HTTP/1.1",
        "encoded slash": "GET /%2Fplaintext HTTP/1.1", "encoded nul": "GET /plaintext%00 HTTP/1.1",
        "bad percent": "GET /plaintext%zz HTTP/1.1",
        "overlong utf-8": "GET /%C0%AFplaintext HTTP/1.1", "control in target": "GET /plain\x01text HTTP/1.1",
        "delete in target": "GET /plain\x7ftext HTTP/1.1", "nul in target": "GET /plain\0text HTTP/1.1",
        "non-ascii target": "GET /pl\xe4intext HTTP/1.1", "backslash": "GET \\plaintext HTTP/1.1",
        "quote in target": 'GET /"plaintext" HTTP/1.1',
        "question target": "GET ? HTTP/1.1", "percent target": "GET %2Fplaintext HTTP/1.1",
        "absolute": "GET http://a/plaintext HTTP/1.1", "absolute with port": "GET http://a:80/plaintext HTTP/1.1",
        "absolute https": "GET https://a/plaintext HTTP/1.1", "absolute without path": "GET http://a HTTP/1.1",
        "absolute other host": "GET http://b/plaintext HTTP/1.1",
        "absolute other scheme": "GET ftp://a/plaintext HTTP/1.1",
        "absolute with user": "GET http://u@a/plaintext HTTP/1.1",
        "absolute upper": "GET HTTP://A/plaintext HTTP/1.1",
        "asterisk": "OPTIONS * HTTP/1.1", "asterisk with get": "GET * HTTP/1.1",
        "options": "OPTIONS /plaintext HTTP/1.1",
        "authority with get": "GET a:80 HTTP/1.1", "connect origin form": "CONNECT /plaintext HTTP/1.1",
        "trace": "TRACE /plaintext HTTP/1.1",
        "not found": "GET /nowhere HTTP/1.1",
    }.items():
        case("line: " + name, head(line))
    case("line: connect", head("CONNECT a:443 HTTP/1.1", host="Host: a:443"))
    case("line: connect other host", head("CONNECT a:443 HTTP/1.1", host="Host: b:443"))
    case("line: bare lf", b"GET /plaintext HTTP/1.1\nHost: a\r\n\r\n")
    case("line: cr alone", b"GET /plaintext HTTP/1.1\rHost: a\r\n\r\n")
    case("line: empty lines before", b"\r\n\r\n" + GET)
    case("line: bare lf before", b"\n" + GET)
    case("line: tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40))
    case("line: http2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    case("line: nonsense", b"nonsense\r\n\r\n")
    case("line: http10 without host", head("GET /plaintext HTTP/1.0", host=None))
    for size in (8191, 8192, 8193):
        case(f"line: {size} bytes", head("GET /plaintext?" + "a" * (size - 26) + " HTTP/1.1"))


def hosts():
    for name, host in {
        "none": None, "empty": "Host:", "port": "Host: a:80", "large port": "Host: a:99999",
        "no digits": "Host: a:", "only port": "Host: :80",
        "letters in port": "Host: a:8a", "v6": "Host: [::1]:80", "v6 unclosed": "Host: [::1", "slash": "Host: a/b",
        "space": "Host: a b",
        "comma": "Host: a,b", "at": "Host: u@a", "percent": "Host: a%20", "underscore": "Host: a_b",
        "star": "Host: *", "non-ascii": "Host: \xe4",
        "two": "Host: a\r\nHost: a", "lower-case": "host: a", "no space": "Host:a", "trailing space": "Host: a  ",
    }.items():
        case("host: " + name, head(host=host))


def fields():
    for name, field in {
        "empty value": "X:", "no colon": "X", "empty name": ": a", "space before colon": "X : a",
        "tab before colon": "X\t: a", "folded": "X: a\r\n b",
        "folded by tab": "X: a\r\n\tb", "leading space": " X: a", "parenthesis in name": "X(: a",
        "control in name": "X\x01: a", "nul in name": "X\0: a",
        "non-ascii name": "X\xe4: a", "space in name": "X Y: a", "nul in value": "X: a\0b",
        "control in value": "X: a\x01b", "delete in value": "X: a\x7f",
        "escape in value": "X: \x1b[0m", "invalid utf-8": "X: \xff", "latin-1": "X: \xe4", "utf-8": "X: \xc3\xa4",
        "cr in value": "X: a\rb",
        "quotes": 'X: "a, b"', "tab in value": "X: a\tb", "bare lf": "X: a\nY: b",
        "x-content-length": "X-Content-Length: 5",
    }.items():
        case("field: " + name, head("GET /plaintext HTTP/1.1", field))
    case("field: order and case", head("GET /headers HTTP/1.1", "b: 1", "A: 2"))
    case("field: bare lf at the end", b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\n")
    case("field: cr cr lf", b"GET /plaintext HTTP/1.1\r\nHost: a\r\r\n\r\n")
    case("field: cr before name", b"GET /plaintext HTTP/1.1\r\n\rHost: a\r\n\r\n")
    for count in (99, 100, 101):
        case(f"field: {count} of them", head("GET /plaintext HTTP/1.1", *["X: a"] * (count - 1)))
    for size in (32767, 32768, 32769):
        case(f"field: {size} bytes", head("GET /plaintext HTTP/1.1", "X: " + "a" * (size - 16)))


def lengths():
    for name, field in {
        "plus": "+5", "minus": "-5", "hex": "0x5", "space": "5 5", "list": "5, 5", "zeros": "005", "empty": "",
        "too large for 64 bits": "99999999999999999999",
        "2^63": "9223372036854775808", "text": "five", "fraction": "5.0", "trailing comma": "5,",
    }.items():
        case("length: " + name, post("/echo", "Content-Length: " + field, body=b"Hello"))
    case("length: twice equal", post("/echo", "Content-Length: 5", "Content-Length: 5", body=b"Hello"))
    case("length: twice different", post("/echo", "Content-Length: 5", "Content-Length: 6", body=b"Hello!"))
    case("length: none", post("/echo"))
    case("length: zero", echo(b""))
    case("length: five", echo(b"Hello"))
    case("length: of a get", head("GET /plaintext HTTP/1.1", "Content-Length: 5") + b"Hello" + GET)
    case("length: not read", post("/nowhere", "Content-Length: 5", body=b"Hello" + GET))
    case("length: 100 KB", echo(b"x" * 100_000))
    case("length: limit", post("/upload", "Content-Length: 30000001"))
    case("length: limit not read", post("/nowhere", "Content-Length: 30000001"))
    case("length: http10 post without", head("POST /echo HTTP/1.0", host=None))
    case("length: http10 post", head("POST /echo HTTP/1.0", "Content-Length: 5", host=None) + b"Hello")


def codings():
    body = b"5\r\nHello\r\n0\r\n\r\n"
    for name, field in {
        "gzip": "gzip", "gzip, chunked": "gzip, chunked", "chunked, gzip": "chunked, gzip",
        "chunked twice": "chunked, chunked", "upper-case": "CHUNKED",
        "identity": "identity", "parameter": "chunked;a=b", "quoted": '"chunked"', "empty": "",
        "comma": ", chunked", "misspelt": "xchunked",
        "trailing comma": "chunked,", "vertical tab": "\x0bchunked",
    }.items():
        case("coding: " + name, post("/echo", "Transfer-Encoding: " + field, body=body))
    case("coding: and length", post("/echo", "Content-Length: 5", "Transfer-Encoding: chunked", body=body))
    case("coding: and length behind", post("/echo", "Transfer-Encoding: chunked", "Content-Length: 5", body=body))
    case("coding: http10", head("POST /echo HTTP/1.0", "Transfer-Encoding: chunked", host=None) + body)
    case("coding: on two lines", post("/echo", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked", body=body))


def chunks():
    for name, body in {
        "one": b"5\r\nHello\r\n0\r\n\r\n", "none": b"0\r\n\r\n", "two": b"5\r\nHello\r\n6\r\n world\r\n0\r\n\r\n",
        "upper-case hex": b"A\r\n0123456789\r\n0\r\n\r\n",
        "leading zeros": b"0005\r\nHello\r\n000\r\n\r\n",
        "many leading zeros": b"00000000005\r\nHello\r\n0\r\n\r\n", "extension": b"5;a=b\r\nHello\r\n0\r\n\r\n",
        "extension with spaces": b"5 ; a = b\r\nHello\r\n0\r\n\r\n",
        "empty extension": b"5;\r\nHello\r\n0\r\n\r\n", "quoted extension": b'5;a="b;c"\r\nHello\r\n0\r\n\r\n',
        "space behind size": b"5 \r\nHello\r\n0\r\n\r\n", "bare lf behind size": b"5\nHello\r\n0\r\n\r\n",
        "bare lf in extension": b"5;a\nHello\r\n0\r\n\r\n",
        "cr in extension": b"5;a\rb\r\nHello\r\n0\r\n\r\n",
        "control in extension": b"5;\x01\r\nHello\r\n0\r\n\r\n", "bare lf behind data": b"5\r\nHello\n0\r\n\r\n",
        "no crlf behind data": b"5\r\nHello0\r\n\r\n", "not hex": b"g\r\nHello\r\n0\r\n\r\n",
        "negative": b"-5\r\nHello\r\n0\r\n\r\n", "0x": b"0x5\r\nHello\r\n0\r\n\r\n",
        "empty size": b"\r\nHello\r\n0\r\n\r\n", "largest": b"80000000\r\nHello",
        "long extension": b"5;" + b"a" * 300 + b"\r\nHello\r\n0\r\n\r\n",
        "trailers": b"5\r\nHello\r\n0\r\nA: b\r\n\r\n", "trailer without colon": b"0\r\nA\r\n\r\n",
        "trailer with bare lf": b"0\r\nA: b\n\r\n",
        "trailer content-length": b"0\r\nContent-Length: 5\r\n\r\n", "trailer host": b"0\r\nHost: b\r\n\r\n",
    }.items():
        case("chunk: " + name, chunked(body))
    case("chunk: then a request", chunked(b"5\r\nHello\r\n0\r\n\r\n") + GET)
    case("chunk: not read", post("/nowhere", "Transfer-Encoding: chunked", body=b"5\r\nHello\r\n0\r\n\r\n") + GET)
    case("chunk: bad and not read", post("/nowhere", "Transfer-Encoding: chunked", body=b"x\r\n") + GET)


def connections():
    for value in ("close", "Close", "keep-alive", "close, keep-alive", "keep-alive, close",
    "upgrade", "te", "closed", ""):
        case(f"connection: {value or 'empty'}", head("GET /plaintext HTTP/1.1", "Connection: " + value))
        case(f"connection: {value or 'empty'} in 1.0", head("GET /plaintext HTTP/1.0", "Connection: " + value))
    case("connection: two pipelined", GET + GET)
    case("connection: fifty pipelined", GET * 50)
    case("connection: pipelined behind close", head("GET /plaintext HTTP/1.1", "Connection: close") + GET)
    case("connection: 1.0 kept alive twice", head("GET /plaintext HTTP/1.0", "Connection: keep-alive") * 2)
    websocket = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    case("connection: websocket", head("GET /plaintext HTTP/1.1", "Connection: Upgrade", *websocket))
    h2c = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQ")
    case("connection: h2c", head("GET /plaintext HTTP/1.1", *h2c))
    case("connection: stream to 1.0", head("GET /stream/3 HTTP/1.0", host=None))
    case("connection: bytes kept alive in 1.0", head("GET /bytes/10 HTTP/1.0", "Connection: keep-alive", host=None))
    case("connection: good then bad", GET + b"BAD\r\n\r\n")


def expectations():
    expect = "Expect: 100-continue"
    case("expect: body waits", post("/echo", "Content-Length: 5", expect))
    case("expect: body is there", echo(b"Hello", expect))
    case("expect: not read", post("/nowhere", "Content-Length: 5", expect))
    case("expect: not read but there", post("/nowhere", "Content-Length: 5", expect, body=b"Hello") + GET)
    case("expect: no body", post("/echo", "Content-Length: 0", expect))
    case("expect: http10", head("POST /echo HTTP/1.0", "Content-Length: 5", expect, host=None))
    case("expect: chunked", post("/echo", "Transfer-Encoding: chunked", expect))
    case("expect: something else", echo(b"Hello", "Expect: 200-ok"))
    case("expect: too large", post("/upload", "Content-Length: 30000001", expect))


def ends():
    case("end: nothing", b"", half_close=True)
    case("end: empty lines", b"\r\n\r\n", half_close=True)
    case("end: in request line", b"GET /plain", half_close=True)
    case("end: in headers", b"GET /plaintext HTTP/1.1\r\nHost: a\r\n", half_close=True)
    case("end: behind request", GET, half_close=True)
    case("end: in length body", post("/echo", "Content-Length: 5", body=b"Hel"), half_close=True)
    case("end: in upload", post("/upload", "Content-Length: 5", body=b"Hel"), half_close=True)
    case("end: in chunk", post("/upload", "Transfer-Encoding: chunked", body=b"5\r\nHel"), half_close=True)
    case("end: in unread body", post("/nowhere", "Content-Length: 5", body=b"Hel"), half_close=True)


def answers():
    for path in ("/json", "/bytes/0", "/bytes/1", "/bytes/70000", "/stream/0", "/stream/3"):
        case("answer: " + path, head(f"GET {path} HTTP/1.1"))
        case("answer: head of " + path, head(f"HEAD {path} HTTP/1.1"))


for part in (request_lines, hosts, fields, lengths, codings, chunks, connections, expectations, ends, answers):
    part()

"""curl, nghttp and h2load: over h2c, beside HTTP/1.1 without TLS, and over TLS. What they say on their own channels is
what counts; the bytes are compared where they are few enough."""
import os
import re

from site_of_clients import check, run

PRIOR = ("--http2-prior-knowledge",)
WAYS = {"h2c": ("h2c", PRIOR), "h2c beside HTTP/1.1": ("clear", PRIOR), "TLS": ("tls", ("--http2",)),
        "TLS, only h2": ("tls_h2", ("--http2",))}


def curl(site, endpoint, *arguments, path="/plaintext", **more):
    return run("curl", "-sS", "--max-time", 50, "--cacert", site.authority, *arguments, site.url(endpoint, path),
               **more)


def for_each_way(name):
    """A check for each of WAYS: `check(site, endpoint, arguments)`."""
    def add(function):
        for way, (endpoint, arguments) in WAYS.items():
            check(f"curl, {way}: {name}", "curl", *(["h2c beside HTTP/1.1"] if endpoint == "clear" else []))(
                lambda site, endpoint=endpoint, arguments=arguments: function(site, endpoint, arguments))
        return function
    return add


@for_each_way("asks")
def asks(site, endpoint, way):
    said = curl(site, endpoint, *way, "-w", " %{http_version} %{response_code}")
    assert said == "Hello, World! 2 200", said


@for_each_way("uploads 10 MB and gets them back")
def uploads(site, endpoint, way):
    back = os.path.join(site.folder, "back")
    said = curl(site, endpoint, *way, "-T", site.large, "-X", "POST", "-o", back, "-w",
                "%{http_version} %{response_code}",
                path="/echo")
    assert said == "2 200", said
    with open(site.large, "rb") as sent, open(back, "rb") as heard:
        assert sent.read() == heard.read(), "other bytes than were sent"


@for_each_way("downloads 50 MB")
def downloads(site, endpoint, way):
    said = curl(site, endpoint, *way, "-o", "/dev/null", "-w", "%{size_download}", path="/bytes/50000000")
    assert said == "50000000", said


@for_each_way("HEAD")
def heads(site, endpoint, way):
    said = curl(site, endpoint, *way, "-I")
    assert re.search(r"^HTTP/2 200", said) and re.search(r"^content-length: 13\r$", said, re.M), said


@for_each_way("sees trailers")
def trailers(site, endpoint, way):
    said = curl(site, endpoint, *way, "-D", "-", path="/trailers")
    assert {"grpc-status: 0", "grpc-message: fine", ""} <= set(re.split(r"\r\n|Hello", said)), said


@for_each_way("expects 100-continue")
def expects(site, endpoint, way):
    said = curl(site, endpoint, *way, "-v", "-H", "Expect: 100-continue", "--expect100-timeout", 20, "--data-binary",
                f"@{site.large}", "-o", os.devnull, path="/count", patience=15)
    assert "HTTP/2 100" in said and "HTTP/2 200" in said, said[-2000:]


@for_each_way("100 at once")
def parallel(site, endpoint, way):
    # Without it a connection without TLS is one of HTTP/1.1 to curl 7.88 from its second request on.
    immediate = ["--parallel-immediate"] if way == PRIOR else []
    said = curl(site, endpoint, *way, "--parallel", "--parallel-max", 100, *immediate, "-o", os.devnull, "-w",
                "%{http_version} %{response_code} %{size_download} %{num_connects}\n", path="/bytes/[10000-10099]",
                quiet=True)
    lines = re.findall(r"^2 200 (\d+) (\d)$", said, re.M)
    assert sorted(int(size) for size, _ in lines) == list(range(10000, 10100)), said[-2000:]
    assert immediate or sum(int(connects) for _, connects in lines) == 1, said[-2000:]


@for_each_way("10 uploads at once")
def parallel_uploads(site, endpoint, way):
    urls = [site.url(endpoint, "/count")] * 9
    said = curl(site, endpoint, *way, "--parallel", "--parallel-immediate", "--data-binary", f"@{site.large}", *urls,
                path="/count", quiet=True)
    assert said == "10000000" * 10, said


@for_each_way("a handler that resets, throws, or breaks off")
def broken(site, endpoint, way):
    for path, code in (("/reset/8", 92), ("/throw-late", 92), ("/abort", 92), ("/too-short", 92)):
        said = curl(site, endpoint, *way, path=path, code=code)
        assert "not closed cleanly" in said, said
    said = curl(site, endpoint, *way, "-o", os.devnull, "-w", "%{response_code}", path="/throw")
    assert said == "500", said


@check("curl: Upgrade: h2c is answered by HTTP/1.1", "curl")
def upgrade(site):
    said = curl(site, "clear", "--http2", "-w", " %{http_version} %{response_code}")
    assert said == "Hello, World! 1.1 200", said


@check("curl, TLS: HTTP/1.1 where it is asked for", "curl")
def older(site):
    said = curl(site, "tls", "--http1.1", "-w", " %{http_version} %{response_code}")
    assert said == "Hello, World! 1.1 200", said


@check("curl: a client that gives up is noticed", "curl")
def gives_up(site):
    for endpoint, way in (WAYS["h2c"], WAYS["TLS"]):
        for path in ("wait", "stream-wait"):
            key = site.key()
            curl(site, endpoint, *way, "--max-time", 1, path=f"/{path}/{key}", code=28)
            site.was_told(key)


def nghttp(site, *arguments, endpoint="h2c", path="/plaintext"):
    return run("nghttp", "-v", "--no-verify-peer", *arguments, site.url(endpoint, path))


@check("nghttp: asks", "nghttp")
def nghttp_asks(site):
    for endpoint in site.endpoints:
        said = nghttp(site, endpoint=endpoint)
        assert ":status: 200" in said and "Hello, World!" in said and "INVALID" not in said, said


@check("nghttp: 50 requests with small windows", "nghttp")
def nghttp_small_windows(site):
    said = run("nghttp", "-ns", "-m", 50, "-w", 14, "-W", 15, site.url("h2c", "/bytes/200000"))
    assert len(re.findall(r" 200 +195K /bytes/200000", said)) == 50, said


@check("nghttp: expects 100-continue, uploads, trailers, padding", "nghttp")
def nghttp_uploads(site):
    said = nghttp(site, "-d", site.large, "-H", ":method: POST", "--expect-continue", "--trailer", "a: b", "-b", 200,
                  path="/count")
    assert ":status: 100" in said and ":status: 200" in said and "10000000" in said, said[-2000:]
    said = nghttp(site, "-d", site.authority, "-H", ":method: POST", "--trailer", "x-told: so it is",
                  path="/request-trailers")
    assert re.search(r"^x-told: so it is", said, re.M), said[-2000:]


@check("nghttp: a table of headers of any size", "nghttp")
def nghttp_table(site):
    for size in (0, 100, 4096, 65536):
        said = nghttp(site, "-m", 10, "-c", size)
        assert said.count(":status: 200") == 10, said[-2000:]


def h2load(site, *arguments, endpoint="h2c", path="/plaintext", requests):
    said = run("h2load", "-n", requests, *arguments, site.url(endpoint, path))
    assert f"{requests} succeeded, 0 failed, 0 errored, 0 timeout" in said, said
    assert f"status codes: {requests} 2xx" in said, said


@check("h2load: many small answers", "h2load")
def h2load_small(site):
    for endpoint in ("h2c", "tls"):
        h2load(site, "-c", 8, "-m", 100, endpoint=endpoint, requests=20000)


@check("h2load: large answers, small windows", "h2load")
def h2load_large(site):
    for endpoint in ("h2c", "tls"):
        h2load(site, "-c", 4, "-m", 10, "-w", 15, "-W", 17, endpoint=endpoint, path="/bytes/300000", requests=200)


@check("h2load: uploads", "h2load")
def h2load_uploads(site):
    for endpoint in ("h2c", "tls"):
        h2load(site, "-c", 4, "-m", 5, "-d", site.large, endpoint=endpoint, path="/count", requests=20)
        h2load(site, "-c", 2, "-m", 3, "-d", site.large, endpoint=endpoint, path="/echo", requests=12)


@check("h2load: more connections than streams", "h2load")
def h2load_connections(site):
    h2load(site, "-c", 200, "-m", 1, requests=2000)

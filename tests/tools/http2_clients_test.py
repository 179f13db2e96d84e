#!/usr/bin/env python3
"""`saker serve` over HTTP/2 and the clients that there are: curl, nghttp, h2load.

    http2_clients_test.py SAKER

nghttp and h2load are of nghttp2, too (nghttp2-client); what needs one that is not installed is left out.
"""
import hashlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import time

from certificates import Authority
from https_site import Site
from running_server import HOST, PATIENCE_S, Server, free_port, run_tests

SIZE = 30_000_000  # not more: the limit of request bodies
SECONDS = 'http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="200",' \
          'http_route="/plaintext",network_protocol_version="%s",url_scheme="http"}'


class Clear:
    """A server with one http endpoint."""

    def __init__(self, folder, **endpoint):
        self.port = free_port()
        self.server = Server(os.path.join(folder, f"at_{self.port}"), {
            "Kestrel": {"Endpoints": {"Main": {"Url": f"http://{HOST}:{self.port}", **endpoint}}},
            "Saker": {"Cores": 2}})

    def __enter__(self):
        self.server.hears("READY=1")
        return self

    def __exit__(self, *_):
        self.server.close()

    def url(self, path="/plaintext"):
        return f"http://{HOST}:{self.port}{path}"

    def curl(self, *arguments, **more):
        return subprocess.run(["curl", "-sv", "--max-time", str(PATIENCE_S), *arguments], capture_output=True, **more)

    def h2c(self, *arguments, **more):
        return self.curl("--http2-prior-knowledge", *arguments, **more)

    def metric(self, name):
        page = self.curl("--http1.1", self.url("/metrics")).stdout.decode()
        found = re.findall(rf"^{re.escape(name)} (\S+)$", page, re.M)
        assert len(found) == 1, f"{name}: {found}"
        return float(found[0])


def spoken(done):
    """What the server says of the request; None where there is no answer."""
    return json.loads(done.stdout)["protocol"] if done.stdout else None


# ---- over TLS ----

def test_curl_agrees_on_http2(folder):
    with Site(folder) as site:
        for version in ("1.2", "1.3"):
            done = site.curl("--tlsv" + version, "--tls-max", version, site.url("/headers"))
            assert b"ALPN: server accepted h2" in done.stderr, done.stderr
            assert spoken(done) == "HTTP/2", done.stdout
        done = site.curl("--http1.1", site.url("/headers"))
        assert spoken(done) == "HTTP/1.1", done
        done = site.curl("--no-alpn", site.url("/headers"))
        assert spoken(done) == "HTTP/1.1", "whoever says nothing gets that"


def test_curl_agrees_on_what_is_served(folder):
    for protocols, agreed in (("Http1", {"--http1.1": "HTTP/1.1", "--http2": "HTTP/1.1"}),
                              ("Http2", {"--http1.1": None, "--http2": "HTTP/2"})):
        with Site(os.path.join(folder, protocols), Protocols=protocols) as site:
            for flag, protocol in agreed.items():
                done = site.curl(flag, site.url("/headers"))
                assert spoken(done) == protocol, (protocols, flag, done)


def test_each_name_has_its_protocols(folder):
    root = Authority(os.path.join(folder, "root"))
    names = {"one.example": "Http1", "two.example": "Http2", "both.example": "Http1AndHttp2"}
    with Site(folder, root=root, Certificate={"Path": root.whole("all", list(names))},
              Sni={name: {"Protocols": protocols} for name, protocols in names.items()}) as site:
        for name, wanted in {"one.example": ("HTTP/1.1", "HTTP/1.1"), "two.example": ("HTTP/2", None),
                             "both.example": ("HTTP/2", "HTTP/1.1")}.items():
            for flag, protocol in zip(("--http2", "--http1.1"), wanted):
                done = site.curl(flag, "--resolve", f"{name}:{site.port}:{HOST}", f"https://{name}:{site.port}/headers")
                assert spoken(done) == protocol, (name, flag, done)


def test_a_client_without_alpn_is_told_by_an_end_where_there_is_only_http2(folder):
    with Site(folder, Protocols="Http2") as site:
        with site.connect() as over:
            over.sendall(b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            heard = b""
            while piece := over.recv(65536):
                heard += piece
        assert b"200 OK" not in heard, heard
        page = site.curl(site.url("/metrics")).stdout.decode()
        assert 'saker_connection_ends_total{reason="http2_not_negotiated"} 1\n' in page


def test_curl_moves_large_bodies_over_tls(folder):
    with Site(folder) as site:
        done = site.curl(site.url(f"/bytes/{SIZE}"))
        assert len(done.stdout) == SIZE, (len(done.stdout), done.stderr[-1000:])
        back = site.curl("--data-binary", "@-", site.url("/echo"), input=done.stdout)
        assert hashlib.sha256(back.stdout).digest() == hashlib.sha256(done.stdout).digest(), len(back.stdout)
        assert b"using HTTP/2" in back.stderr or b"h2" in back.stderr, back.stderr


# ---- in clear text ----

def test_both_are_served_at_one_port(folder):
    with Clear(folder) as clear:
        for flag, protocol in (("--http1.1", "HTTP/1.1"), ("--http2-prior-knowledge", "HTTP/2")):
            done = clear.curl(flag, clear.url("/headers"))
            assert spoken(done) == protocol, done
        # An upgrade to h2c is for nobody (RFC 9113 3.1): the request is answered as it is.
        done = clear.curl("--http2", clear.url("/headers"))
        assert spoken(done) == "HTTP/1.1", done
        assert "(epoll, HTTP/1.1 and HTTP/2)" in clear.server.said() or \
            "(io_uring, HTTP/1.1 and HTTP/2)" in clear.server.said(), clear.server.said()


def test_one_alone_is_served_in_clear_text(folder):
    with Clear(folder, Protocols="Http2") as clear:
        assert clear.h2c(clear.url()).stdout == b"Hello, World!"
        assert clear.curl("--http1.1", clear.url()).stdout != b"Hello, World!"
    with Clear(folder, Protocols="Http1") as clear:
        assert clear.curl("--http1.1", clear.url()).stdout == b"Hello, World!"
        assert clear.h2c(clear.url()).stdout == b""


def test_curl_moves_large_bodies_in_clear_text(folder):
    with Clear(folder) as clear:
        done = clear.h2c(clear.url(f"/bytes/{SIZE}"))
        assert len(done.stdout) == SIZE, (len(done.stdout), done.stderr[-1000:])
        back = clear.h2c("--data-binary", "@-", clear.url("/echo"), input=done.stdout)
        assert hashlib.sha256(back.stdout).digest() == hashlib.sha256(done.stdout).digest(), len(back.stdout)


def test_metrics_say_http2(folder):
    with Clear(folder) as clear:
        for _ in range(2):  # two connections: in clear text curl 7.88 cannot use one twice
            assert clear.h2c(clear.url()).stdout == b"Hello, World!"
        assert clear.curl("--http1.1", clear.url()).stdout == b"Hello, World!"
        assert clear.metric(SECONDS % "2") == 2
        assert clear.metric(SECONDS % "1.1") == 1
        page = clear.curl("--http1.1", clear.url("/metrics")).stdout.decode()
        ended = re.findall(r'^kestrel_connection_duration_seconds_count{(.*)} (\d+)$', page, re.M)
        assert any('network_protocol_version="2"' in labels and count == "2" for labels, count in ended), ended


# ---- nghttp2's own ----

def test_nghttp_gets_trailers_and_many_answers(folder):
    if not shutil.which("nghttp"):
        return
    with Clear(folder) as clear:
        done = subprocess.run(["nghttp", "-v", clear.url("/stream/3")], capture_output=True, text=True,
                              timeout=PATIENCE_S)
        assert "chunk 3" in done.stdout and re.search(r"saker-chunks: 3", done.stdout), done.stdout
        done = subprocess.run(["nghttp", "-ns", "-m", "100", clear.url(), clear.url("/bytes/100000")],
                              capture_output=True, text=True, timeout=PATIENCE_S)
        assert len(re.findall(r" 200 ", done.stdout)) == 200, done.stdout


def test_h2load_is_answered_with_nothing_lost(folder):
    if not shutil.which("h2load"):
        return
    with Clear(folder) as clear, Site(folder) as site:
        for url in (clear.url(), site.url(), clear.url("/bytes/100000"), site.url("/bytes/100000")):
            done = subprocess.run(["h2load", "-n", "2000", "-c", "4", "-m", "32", url], capture_output=True, text=True,
                                  timeout=4 * PATIENCE_S)
            assert "2000 succeeded, 0 failed, 0 errored, 0 timeout" in done.stdout, done.stdout
        done = subprocess.run(["h2load", "-n", "200", "-c", "2", "-m", "8", "-d", clear.server.log.name,
                               clear.url("/echo")], capture_output=True, text=True, timeout=4 * PATIENCE_S)
        assert "200 succeeded, 0 failed" in done.stdout, done.stdout


# ---- the end ----

def test_what_runs_is_answered_when_it_stops(folder):
    with Clear(folder) as clear:
        runs = subprocess.Popen(["curl", "-sv", "--http2-prior-knowledge", clear.url("/delay/700")],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        end = time.monotonic() + PATIENCE_S
        while clear.metric('http_server_active_requests{http_request_method="GET",url_scheme="http"}') != 2:
            assert time.monotonic() < end, "the request does not arrive"  # its own is the other one
            time.sleep(0.01)
        clear.server.tell(signal.SIGTERM)
        heard, said = runs.communicate(timeout=PATIENCE_S)
        assert b"waited" in heard, (heard, said)  # less, perhaps
        assert clear.server.ends() == 0, clear.server.said()
        assert "was cut" not in clear.server.said(), clear.server.said()


def test_python_is_offered_http2_first(folder):
    with Site(folder) as site:
        for offered, agreed in ((["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"), (["http/1.1"], "http/1.1")):
            context = site.context()
            context.set_alpn_protocols(offered)
            with site.connect(context) as over:
                assert over.selected_alpn_protocol() == agreed, (offered, over.selected_alpn_protocol())
        context = site.context()
        context.set_alpn_protocols(["h2c"])  # which is not for TLS
        try:
            site.connect(context).close()
            raise AssertionError("it was let in")
        except ssl.SSLError as refused:
            assert "no application protocol" in str(refused).replace("_", " ").lower(), refused


if __name__ == "__main__":
    for program in ("nghttp", "h2load"):
        if not shutil.which(program):
            print(f"LEFT OUT: there is no {program} here: apt-get install nghttp2-client")
    run_tests(globals())

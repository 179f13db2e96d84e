#!/usr/bin/env python3
"""`saker serve` over TLS and the clients that there are: curl, `openssl s_client`, Python's ssl.

    tls_clients_test.py SAKER
"""
import hashlib
import os
import ssl
import subprocess

from certificates import Authority
from https_site import NAME, Site, get
from running_server import HOST, run_tests

ANYTHING_OLD = "DEFAULT:@SECLEVEL=0"  # so that the client would


# ---- curl ----

def test_curl_with_both_versions_and_no_older_one(folder):
    with Site(folder) as site:
        for version, name in (("1.2", "TLSv1.2"), ("1.3", "TLSv1.3")):
            done = site.curl("--http1.1", f"--tlsv{version}", "--tls-max", version, site.url())
            assert done.stdout == b"Hello, World!" and f"SSL connection using {name}".encode() in done.stderr, done
            assert b"ALPN: server accepted http/1.1" in done.stderr, done.stderr
        old = site.curl("--tlsv1.0", "--tls-max", "1.1", "--ciphers", ANYTHING_OLD, site.url())
        assert old.returncode == 35, old


def test_curl_does_not_trust_it_without_the_authority(folder):
    with Site(folder) as site:
        assert subprocess.run(["curl", "-s", site.url()], capture_output=True).returncode == 60


def test_curl_moves_large_bodies_both_ways(folder):
    with Site(folder) as site:
        size = 30_000_000  # not more: the limit of request bodies
        done = site.curl(site.url(f"/bytes/{size}"))
        assert len(done.stdout) == size, (len(done.stdout), done.stderr[-1000:])
        back = site.curl("--data-binary", "@-", site.url("/echo"), input=done.stdout)
        assert hashlib.sha256(back.stdout).digest() == hashlib.sha256(done.stdout).digest(), len(back.stdout)


def test_curl_resumes_a_session(folder):
    with Site(folder) as site:
        # With 1.3: curl of Debian 12 wants no tickets with 1.2, and without them nothing is kept here.
        one = ["--http1.1", "--tlsv1.3", "--cacert", site.root.pem, "-H", "Connection: close", site.url()]
        done = site.curl(*one, "--next", "-v", *one)
        assert done.stdout == b"Hello, World!" * 2 and b"SSL re-using session ID" in done.stderr, done.stderr
        assert site.metric("saker_tls_resumed_total") == 1


def test_curl_with_a_certificate_of_its_own(folder):
    root = Authority(os.path.join(folder, "root"))
    stranger = Authority(os.path.join(folder, "stranger"), "Somebody else")
    with Site(folder, root=root, ClientCertificateMode="RequireCertificate", ClientTrustRoots=[root.pem]) as site:
        for version in ("1.2", "1.3"):
            def ask(certificate=None, key=None):
                mine = ["--cert", certificate, "--key", key] if certificate else []
                return site.curl("--tls-max", version, *mine, site.url()).stdout
            assert ask(*root.issue("client", ["client.example"], client=True)) == b"Hello, World!"
            assert ask() == b""
            assert ask(*stranger.issue("client", ["client.example"], client=True)) == b""
            assert ask(*root.issue("no_client", ["server.example"])) == b"", "it is a server's"


def test_plain_http_is_told_where_it_is(folder):
    with Site(folder) as site:
        done = subprocess.run(["curl", "-si", f"http://{HOST}:{site.port}/"], capture_output=True)
        assert done.stdout.startswith(b"HTTP/1.1 400 ") and b"https" in done.stdout, done


def test_metrics_say_https(folder):
    with Site(folder) as site:
        with site.connect(site.context(maximum_version=ssl.TLSVersion.TLSv1_2)) as over:
            get(over, last=True)
        site.curl("--tlsv1.3", site.url())
        subprocess.run(["curl", "-s", f"http://{HOST}:{site.port}/"], capture_output=True)
        site.s_client("-tls1_1", "-cipher", ANYTHING_OLD)
        handshakes = "kestrel_tls_handshake_duration_seconds_count"
        assert site.metric(handshakes + '{tls_protocol_version="1.2"}') == 1
        assert site.metric(handshakes + '{tls_protocol_version="1.3"}') >= 2
        assert site.metric(handshakes + '{error_type="tls_handshake_failed"}') == 1
        for version in ("1.1", "2"):  # Python's, and curl's
            assert site.metric('http_server_request_duration_seconds_count{http_request_method="GET",'
                               'http_response_status_code="200",http_route="/plaintext",'
                               f'network_protocol_version="{version}",url_scheme="https"}}') == 1
        assert site.metric('http_server_active_requests{http_request_method="GET",url_scheme="https"}') == 1
        assert site.metric("kestrel_active_tls_handshakes") == 0
        page = site.curl(site.url("/metrics")).stdout.decode()
        assert f'not_after_timestamp_seconds{{subject="CN={NAME}",thumbprint="' in page


# ---- openssl s_client ----

def test_s_client_resumes_a_session(folder):
    with Site(folder) as site:
        for version in ("-tls1_2", "-tls1_3"):
            kept = os.path.join(folder, "session" + version)
            request = [("Verify return code: 0", "GET /plaintext HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
            first = site.s_client(version, "-ign_eof", "-sess_out", kept, says=request)
            assert "New, TLSv1." in first and "Hello, World!" in first, first
            again = site.s_client(version, "-ign_eof", "-sess_in", kept, says=request)
            assert "Reused, TLSv1." in again and "Hello, World!" in again, again


def test_s_client_gets_the_stapled_response(folder):
    root = Authority(os.path.join(folder, "root"))
    certificate, key = root.issue("server")
    stapled = {"Path": certificate, "KeyPath": key, "OcspPath": root.ocsp_response("server", certificate)}
    with Site(folder, root=root, Certificate=stapled) as site:
        for version in ("-tls1_2", "-tls1_3"):
            shown = site.s_client(version, "-status")
            assert "OCSP Response Status: successful" in shown and "Cert Status: good" in shown, shown
    with Site(folder, root=root) as site:
        assert "OCSP response: no response sent" in site.s_client("-status")


def test_s_client_may_not_renegotiate(folder):
    with Site(folder) as site:
        shown = site.s_client("-tls1_2", says=[("Verify return code: 0", "R\n")])
        assert "RENEGOTIATING" in shown and "no renegotiation" in shown, shown


def test_s_client_changes_its_keys(folder):
    with Site(folder, KernelTls="On") as site:
        asks = "GET /bytes/100000 HTTP/1.1\r\nHost: a\r\n"
        shown = site.s_client("-tls1_3", says=[
            ("Verify return code: 0", "k\n"), ("KEYUPDATE", asks + "\r\n"), ("Server: Saker", "K\n"),
            ("KEYUPDATE", asks + "Connection: close\r\n\r\n"), ("closed", "")])
        assert shown.count("HTTP/1.1 200 OK") == 2, shown[-3000:]
        assert site.curl(site.url()).stdout == b"Hello, World!"


def test_s_client_is_refused_with_an_older_version(folder):
    with Site(folder) as site:
        for version in ("-tls1", "-tls1_1"):
            shown = site.s_client(version, "-cipher", ANYTHING_OLD)
            assert "alert protocol version" in shown, shown


def test_s_client_gets_the_key_type_that_it_can_use(folder):
    root = Authority(os.path.join(folder, "root"))
    with Site(folder, root=root, Certificate={"Path": root.whole("ecdsa", ["ecdsa.example"])},
              Certificates=[{"Path": root.whole("rsa", ["rsa.example"], key="rsa")}]) as site:
        assert "subject=CN = rsa.example" in site.s_client("-tls1_2", "-cipher", "aRSA")
        assert "subject=CN = ecdsa.example" in site.s_client("-tls1_2", "-cipher", "aECDSA")
        assert "subject=CN = ecdsa.example" in site.s_client()


# ---- Python's ssl ----

def test_python_with_both_versions(folder):
    with Site(folder) as site:
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            context = site.context(maximum_version=version)
            context.set_alpn_protocols(["http/1.0", "http/1.1"])
            with site.connect(context) as over:
                assert (over.version(), over.selected_alpn_protocol()) == (name, "http/1.1")
                assert get(over) == b"Hello, World!"
                assert len(get(over, "/bytes/1000000")) == 1_000_000
                assert get(over, last=True) == b"Hello, World!"
                assert over.recv(1) == b"", "close_notify, not an end of the socket"
                over.unwrap()


def test_python_offers_protocols_that_nobody_speaks(folder):
    with Site(folder) as site:
        context = site.context()
        context.set_alpn_protocols(["spdy/3"])
        try:
            site.connect(context).close()
            raise AssertionError("it was let in")
        except ssl.SSLError as refused:
            assert "no application protocol" in str(refused).replace("_", " ").lower(), refused


if __name__ == "__main__":
    run_tests(globals())

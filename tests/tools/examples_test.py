#!/usr/bin/env python3
"""Runs every example as its first comment says to, on a free port, and ends it as its user would.

    examples_test.py FOLDER NAME ...     FOLDER holds the built examples

An example without a row in TRIES fails: an example that nobody runs is an example that will not run.
"""
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from certificates import Authority

# name -> [(method, path, headers, body, status, what the answer holds)]
TRIES = {
    "hello": [("GET", "/", {}, None, 200, "hello, world")],
    "json": [("GET", "/json", {}, None, 200, '{"message":"Hello, World!"}'),
             ("POST", "/measure", {}, b"some text", 200, '{"bytes":9}')],
    "router_parameters": [("GET", "/users/7?greeting=hi", {}, None, 200, "hi, user 7"),
                          ("GET", "/users/me", {}, None, 200, "that is you"),
                          ("DELETE", "/users/7", {}, None, 204, ""),
                          ("GET", "/files/a/b.txt", {}, None, 200, "a/b.txt"),
                          ("GET", "/nothing", {}, None, 404, "there is no")],
    "streaming_echo": [("POST", "/echo", {}, b"abc" * 100_000, 200, "abc" * 100_000)],
    "one_handler_two_versions": [("GET", "/count/3", {}, None, 200, "1\n2\n3\n"),
                                 ("GET", "/count/few", {}, None, 400, "a number")],
    "delayed_answer": [("GET", "/later/20", {}, None, 200, "here you are"),
                       ("GET", "/later/-1", {}, None, 400, "from 0")],
    "offload": [("GET", "/query/3", {}, None, 200, "row 3"), ("GET", "/query/0", {}, None, 404, "no such row")],
    "responder_from_thread": [("GET", "/tick", {}, None, 200, "tick")],
    "request_middleware": [("GET", "/", {"Api-Key": "open sesame"}, None, 200, "in"),
                           ("GET", "/", {}, None, 401, "the key is missing")],
    "connection_middleware": [("GET", "/", {}, None, 200, "you are connection")],
    "custom_log_sink": [("GET", "/", {}, None, 200, "logged")],
    "embedded": [("GET", "/", {}, None, 200, "from inside a program")],
    "metrics_and_logs": [("GET", "/users/7", {}, None, 200, "user 7"),
                         ("GET", "/metrics", {}, None, 200, 'http_route="/users/{id}"')],
    "limits": [("POST", "/upload", {}, b"x" * 100_000, 200, "100000 bytes"),
               ("POST", "/note", {}, b"hi", 200, "noted: hi"),
               ("POST", "/note", {}, b"x" * 1001, 413, "")],
    "upgrade": [("RAW", "", {}, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\nhello",
                 0, "HELLO"), ("GET", "/", {}, None, 426, "")],
    "configured": [("POST", "/", {}, b"x" * 500, 200, "500 bytes"), ("POST", "/", {}, b"x" * 501, 413, "")],
    "raw_line_echo": [("LINES", "", {}, b"one\ntwo\n", 0, "1 one\n2 two\n")],
    # (name that the client asks for, what its context is given, what the answer holds; None: it gets none)
    "https": [("localhost", {}, "for the name 'localhost'\n"),
              ("localhost", {"maximum_version": ssl.TLSVersion.TLSv1_2}, "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_"),
              ("localhost", {"certificate": "client"}, "you are CN=client.example"),
              ("admin.localhost", {"certificate": "client"}, "you are CN=client.example"),
              ("admin.localhost", {}, None),
              ("admin.localhost", {"certificate": "client", "maximum_version": ssl.TLSVersion.TLSv1_2}, None)],
    "tls_filter": [("localhost", {}, "_AES_"),
                   ("localhost", {"maximum_version": ssl.TLSVersion.TLSv1_2,
                                  "ciphers": "ECDHE-ECDSA-CHACHA20-POLY1305"}, None)],
}
OVER_TLS = {"https", "tls_filter"}
RUNS_AND_ENDS = {"test_client_usage"}  # no server: it is its own client
ENDS_WITH_ITS_INPUT = {"embedded"}
# What it is given instead of the address alone.
ARGUMENTS = {"configured": ["--urls={url}", "--Kestrel:Limits:MaxRequestBodySize=500"]}
PATIENCE_S = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"nothing listens on {port}")


def ask(port, method, path, headers, body):
    """(status, text) of one try."""
    if method in ("LINES", "RAW"):
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as client:
            client.sendall(body)
            client.shutdown(socket.SHUT_WR)
            return 0, b"".join(iter(lambda: client.recv(4096), b"")).decode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def ask_over_tls(port, name, given, trusted, client):
    """The answer; None where the connection ends without."""
    context = ssl.create_default_context(cafile=trusted)
    if "maximum_version" in given:
        context.maximum_version = given["maximum_version"]
    if "ciphers" in given:
        context.set_ciphers(given["ciphers"])
    if "certificate" in given:
        context.load_cert_chain(*client)
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as raw:
            with context.wrap_socket(raw, server_hostname=name) as over:
                over.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
                heard = b"".join(iter(lambda: over.recv(4096), b""))
    except (ssl.SSLError, ConnectionResetError):
        return None
    assert heard.startswith(b"HTTP/1.1 200 "), heard
    return heard.decode()


def run_over_tls(folder, name, within):
    """`https` with files of its own; the others with a development certificate, which is trusted."""
    port = free_port()
    arguments, trusted = [f"https://127.0.0.1:{port}"], os.path.join(within, "saker", "https", "localhost.crt")
    root = Authority(os.path.join(within, "root"))
    client = root.issue("client", ["client.example"], client=True)
    if name == "https":
        arguments += [root.whole("server", ["localhost", "admin.localhost"]), root.pem]
        trusted = root.pem
    process = subprocess.Popen([f"{folder}/{name}", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               env={**os.environ, "XDG_DATA_HOME": within})
    try:
        wait_for(port, process)
        for host, given, wanted in TRIES[name]:
            got = ask_over_tls(port, host, given, trusted, client)
            assert (got is None) == (wanted is None) and (wanted or "") in (got or ""), f"{host} {given}: {got!r}"
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, f"ended with {process.returncode}: {output.decode()}"
    finally:
        if process.poll() is None:
            process.kill()
            print(process.communicate()[0].decode())


def run(folder, name):
    if name in OVER_TLS:
        with tempfile.TemporaryDirectory() as within:
            run_over_tls(folder, name, within)
        return
    if name in RUNS_AND_ENDS:
        subprocess.run([f"{folder}/{name}"], check=True, timeout=PATIENCE_S, capture_output=True)
        return
    port = free_port()
    scheme = "tcp" if TRIES[name][0][0] == "LINES" else "http"
    url = f"{scheme}://127.0.0.1:{port}"
    given = [argument.format(url=url) for argument in ARGUMENTS.get(name, ["{url}"])]
    process = subprocess.Popen([f"{folder}/{name}", *given], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    try:
        wait_for(port, process)
        for method, path, headers, body, status, part in TRIES[name]:
            got, text = ask(port, method, path, headers, body)
            assert got == status and part in text, f"{method} {path}: {got} {text[:200]!r}"
        if name not in ENDS_WITH_ITS_INPUT:
            process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, f"ended with {process.returncode}: {output.decode()}"
    finally:
        if process.poll() is None:
            process.kill()
            print(process.communicate()[0].decode())


def main():
    folder, names, failed = sys.argv[1], sys.argv[2:], 0
    for name in names:
        try:
            assert name in TRIES or name in RUNS_AND_ENDS, f"add what to try to TRIES in {os.path.basename(__file__)}"
            run(folder, name)
        except (AssertionError, OSError, subprocess.SubprocessError) as problem:
            failed += 1
            print(f"{name}: {problem}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""`saker serve` over HTTPS in a browser that trusts the test's own authority, and in one that does not.

    browser_test.py SAKER

The browser is Chromium without a screen, with a home of its own: its store of certificates is NSS' in there, so
that what it takes and what it refuses is what a user's would. Without the browser, or certutil, it is skipped (77).
"""
import os
import re
import shutil
import subprocess
import sys

from certificates import Authority
from running_server import HOST, PATIENCE_S, SAKER, Server, free_port, run_tests

BROWSERS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PAGE_TIME_MS = 4000  # of the page's own clock, which runs ahead when nothing else is left to wait for


def browser():
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def home_that_trusts(folder, certificate, as_what="C,,"):
    """A home whose store holds that authority (C), or server (P); nothing where there is none."""
    store = os.path.join(folder, ".pki", "nssdb")
    os.makedirs(store)
    subprocess.run(["certutil", "-N", "-d", f"sql:{store}", "--empty-password"], check=True)
    if certificate:
        subprocess.run(["certutil", "-A", "-d", f"sql:{store}", "-t", as_what, "-n", "test", "-i", certificate],
                       check=True)
    return folder


def look_at(url, home):
    """The page as it is after some seconds: (code, the document, what the browser has to say)."""
    done = subprocess.run([browser(), *FLAGS, f"--user-data-dir={home}/data", f"--virtual-time-budget={PAGE_TIME_MS}",
                           "--dump-dom", url], env={**os.environ, "HOME": home, "XDG_CONFIG_HOME": f"{home}/.config"},
                          capture_output=True, text=True, timeout=4 * PATIENCE_S)
    return done.returncode, done.stdout, done.stderr


def text_of(page, name):
    return re.search(rf'id="{name}"[^>]*>([^<]*)<', page).group(1)


def test_the_page_is_opened_by_who_trusts_its_authority(folder):
    root, port = Authority(os.path.join(folder, "root")), free_port()
    url = f"https://localhost:{port}/"
    server = Server(os.path.join(folder, "server"), {"Kestrel": {
        "Endpoints": {"Main": {"Url": f"https://{HOST}:{port}"}},
        "Certificates": {"Default": {"Path": root.whole("server", ["localhost"])}}}})
    try:
        server.hears("READY=1")
        code, page, said = look_at(url, home_that_trusts(os.path.join(folder, "trusts"), root.pem))
        assert code == 0 and "<title>Saker</title>" in page, said
        assert f" --raw -i {url}stream/3" in page, page
        # Its script has asked for the counters, more than once, over the same connection.
        assert int(text_of(page, "total")) >= 3 and int(text_of(page, "open")) >= 1, page
        assert text_of(page, "rate") != "–" and text_of(page, "transport") in ("io_uring", "epoll"), page
        assert text_of(page, "protocol") == "HTTP/2", page

        _, page, said = look_at(url, home_that_trusts(os.path.join(folder, "trusts_nobody"), None))
        assert "<title>Saker</title>" not in page and "ERR_CERT_AUTHORITY_INVALID" in said, said + page
    finally:
        server.close()


def test_the_development_certificate_is_trusted_as_docs_tls_says(folder):
    data, port = os.path.join(folder, "data"), free_port()
    server = Server(os.path.join(folder, "server"), {}, {"XDG_DATA_HOME": data},
                    start=[SAKER, "serve", "--no-pin", "--urls", f"https://{HOST}:{port}"])
    try:
        server.hears("READY=1")
        certificate = os.path.join(data, "saker", "https", "localhost.crt")
        home = home_that_trusts(os.path.join(folder, "trusts"), certificate, "P,,")
        code, page, said = look_at(f"https://localhost:{port}/", home)
        assert code == 0 and "<title>Saker</title>" in page, said
    finally:
        server.close()


if __name__ == "__main__":
    if not browser() or not shutil.which("certutil"):
        print("there is no Chromium, or no certutil (chromium-headless-shell, libnss3-tools)")
        sys.exit(77)
    run_tests(globals())

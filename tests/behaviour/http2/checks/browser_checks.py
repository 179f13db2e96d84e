"""Chromium without a screen over https: page.html asks for all kinds of things at once, and a WebSocket over
HTTP/2 among them. Its own words on what protocol each was."""
import html
import os
import re
import subprocess

from site_of_clients import PATIENCE_S, check

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update")


def look_at(site, endpoint):
    """{id: text} of the page when its script is through."""
    home = os.path.join(site.folder, f"home_{endpoint}")
    store = os.path.join(home, ".pki", "nssdb")
    os.makedirs(store)
    subprocess.run(["certutil", "-N", "-d", f"sql:{store}", "--empty-password"], check=True)
    subprocess.run(["certutil", "-A", "-d", f"sql:{store}", "-t", "CP,,", "-n", "test", "-i", site.authority],
                   check=True)
    done = subprocess.run(["chromium-headless-shell", *FLAGS, f"--user-data-dir={home}/data", "--dump-dom",
                           site.url(endpoint, "/page")], text=True,
                          env={**os.environ, "HOME": home, "XDG_CONFIG_HOME": f"{home}/.config"}, capture_output=True,
                          timeout=PATIENCE_S)
    assert "HTTP/2 in a browser" in done.stdout, done.stdout + done.stderr
    return {key: html.unescape(text) for key, text in re.findall(r'<p id="(\w+)">([^<]*)</p>', done.stdout)}


@check("Chromium: a page, 80 fetches at once, an upload, a stream, a WebSocket", "chromium-headless-shell", "certutil")
def page(site):
    for endpoint in ("tls", "tls_h2"):
        told = look_at(site, endpoint)
        assert told == {"protocol": "h2", "bytes": "3160000", "echo": "true", "pieces": "200",
                        "websocket": "5,50000 1000", "failure": ""}, (endpoint, told)

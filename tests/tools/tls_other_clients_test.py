#!/usr/bin/env python3
"""`saker serve` over TLS and clients that are not OpenSSL's own, or not on every machine: GnuTLS, Node.

    tls_other_clients_test.py SAKER

What is not installed is left out; 77 (skipped) where nothing is.
"""
import os
import re
import shutil
import subprocess
import sys
import time

from certificates import Authority
from https_site import Site
from running_server import HOST, run_tests

GET = b"GET /plaintext HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
NORMAL = "NORMAL:-VERS-ALL:+VERS-TLS"
# An agent that keeps connections, then one that keeps sessions alone; each request's answer and whether its
# connection was there before or its session was resumed.
NODE = r"""
const https = require('https'), fs = require('fs');
const ca = fs.readFileSync(process.argv[2]), url = process.argv[3];
const ask = (agent, more = {}) => new Promise((done, fail) => {
  const request = https.request(url + (more.path ?? '/plaintext'), {ca, agent, ...more.options}, answer => {
    const socket = answer.socket, resumed = socket.isSessionReused(), version = socket.getProtocol();
    let size = 0;
    answer.on('data', piece => size += piece.length);
    answer.on('end', () => done(`${answer.statusCode} ${size} ${version} ` +
                                (request.reusedSocket ? 'kept' : resumed ? 'resumed' : 'new')));
    answer.on('error', fail);
  });
  request.on('error', fail);
  request.end(more.body);
});
const soon = () => new Promise(done => setTimeout(done, 50));
(async () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    const keeps = new https.Agent({keepAlive: true, maxSockets: 1, maxVersion});
    for (let i = 0; i < 3; ++i) { console.log(await ask(keeps)); await soon(); }
    console.log(await ask(keeps, {path: '/echo', body: 'x'.repeat(1000000), options: {method: 'POST'}}));
    keeps.destroy();
    const comes_anew = new https.Agent({keepAlive: false, maxVersion});
    for (let i = 0; i < 2; ++i) console.log(await ask(comes_anew));
    const many = new https.Agent({keepAlive: true, maxVersion});
    const answers = await Promise.all(Array.from({length: 40}, () => ask(many, {path: '/bytes/100000'})));
    console.log(new Set(answers.map(one => one.split(' ').slice(0, 3).join(' '))).size + ' kinds');
    many.destroy();
  }
})();
"""


def gnutls(site, priority, *arguments, says=((0, GET),)):
    """What gnutls-cli shows; `says` are (seconds before, bytes)."""
    client = subprocess.Popen(["gnutls-cli", "--x509cafile", site.root.pem, "--port", str(site.port),
                               "--priority", priority, *arguments, HOST],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for seconds, line in says:
        time.sleep(seconds)
        try:
            client.stdin.write(line)
            client.stdin.flush()
        except BrokenPipeError:
            break
    # Its input stays open: at the end of that it would not wait for the answer.
    try:
        client.wait(20)
    finally:
        client.kill()
    return client.stdout.read().decode(errors="replace")


def gnutls_with_what_it_can_be_asked_for(folder):
    root = Authority(os.path.join(folder, "root"))
    with Site(folder, root=root, Certificate={"Path": root.whole("ecdsa")},
              Certificates=[{"Path": root.whole("rsa", key="rsa")}]) as site:
        for priority, wanted in {
                NORMAL + "1.2": "TLS1.2", NORMAL + "1.3": "TLS1.3", "NORMAL:%DUMBFW": "TLS1.3",
                "NORMAL:-GROUP-ALL:+GROUP-SECP384R1": "SECP384R1", "NORMAL:-CIPHER-ALL:+CHACHA20-POLY1305": "CHACHA20",
                NORMAL + "1.2:-KX-ALL:+ECDHE-RSA": "RSA-PSS", NORMAL + "1.2:-KX-ALL:+ECDHE-ECDSA": "ECDSA"}.items():
            shown = gnutls(site, priority)
            described = re.search(r"- Description: (.*)", shown)
            assert described and wanted in described.group(1), f"{priority}: {shown}"
            assert "HTTP/1.1 200 OK" in shown and "Hello, World!" in shown, f"{priority}: {shown}"
            assert "Peer has closed the GnuTLS connection" in shown, f"without a close_notify, {priority}: {shown}"
        for priority in (NORMAL + "1.1", NORMAL + "1.2:-KX-ALL:+RSA", NORMAL + "1.2:-CIPHER-ALL:+AES-128-CBC"):
            assert "A TLS fatal alert has been received" in gnutls(site, priority), priority


def gnutls_resumes_a_session(folder):
    with Site(folder) as site:
        for version in ("1.2", "1.3"):
            shown = gnutls(site, NORMAL + version, "--resume", "--waitresumption", says=((0.5, GET), (0.5, GET)))
            assert "*** This is a resumed session" in shown and "HTTP/1.1 200 OK" in shown, shown


def gnutls_changes_its_keys(folder):
    with Site(folder, KernelTls="On") as site:
        shown = gnutls(site, NORMAL + "1.3", "--inline-commands", says=((0.3, b"^rekey^\n"), (0.3, GET)))
        assert "Rekey was completed" in shown and "HTTP/1.1 200 OK" in shown, shown


def node_keeps_connections_and_sessions(folder):
    script = os.path.join(folder, "client.js")
    with open(script, "w") as out:
        out.write(NODE)
    with Site(folder) as site:
        done = subprocess.run(["node", script, site.root.pem, f"https://localhost:{site.port}"], capture_output=True,
                              text=True, timeout=60)
        of_one = ["200 13 {0} new", "200 13 {0} kept", "200 13 {0} kept", "200 1000000 {0} kept", "200 13 {0} new",
                  "200 13 {0} resumed", "1 kinds"]
        expected = [line.format(version) for version in ("TLSv1.2", "TLSv1.3") for line in of_one]
        assert done.stdout.splitlines() == expected, (done.stdout, done.stderr)


if __name__ == "__main__":
    named = {f"test_{name}": test for name, test in list(globals().items())
             if name.startswith("gnutls_") and shutil.which("gnutls-cli")
             or name.startswith("node_") and shutil.which("node")}
    for program, package in (("gnutls-cli", "gnutls-bin"), ("node", "nodejs")):
        if shutil.which(program) is None:
            print(f"SKIPPED: there is no {program} here: apt-get install {package}")
    if not named:
        sys.exit(77)
    run_tests(named)

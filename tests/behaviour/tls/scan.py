#!/usr/bin/env python3
"""`saker serve` as it comes, with an ECDSA and an RSA certificate, under sslscan and testssl.sh.

Fails on a version, cipher suite or group that is not to be there, and on a finding of testssl.sh above
"info" that is not in ALLOWED with its reason.

Usage: scan.py SAKER
Ends with 77 (skipped) where neither of them is installed; takes about a minute.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

if len(sys.argv) != 2:
    sys.exit(__doc__)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))

from certificates import Authority  # noqa: E402
from https_site import Site  # noqa: E402
from running_server import HOST  # noqa: E402

SKIPPED = 77
VERSIONS = {"TLSv1.2", "TLSv1.3"}
CIPHERS = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
    *(f"ECDHE-{key}-{cipher}" for key in ("ECDSA", "RSA")
      for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"))}
# The last one where OpenSSL has it (3.5).
GROUPS = {"x25519", "secp256r1", "secp384r1", "X25519MLKEM768"}
# Findings of testssl.sh by name.
ALLOWED = {
    "engine_problem": "of the scanner's own OpenSSL, which has no engine for GOST",
    "cert_expirationStatus": "the certificates of this test live a month",
    "cert_notAfter": "the certificates of this test live a month",
    "cert_revocation": "a private root names neither lists nor responders",
    "DNS_CAArecord": "127.0.0.1 has no records in the DNS",
    "HSTS": "Strict-Transport-Security is the application's to say",
    "security_headers": "they are the application's to say",
}
# What is "info" or "ok" to testssl.sh and a promise of ours.
PROMISED = {
    "SSLv2": "not offered", "SSLv3": "not offered", "TLS1": "not offered", "TLS1_1": "not offered",
    "TLS1_2": "offered", "TLS1_3": "offered", "ALPN": "http/1.1", "TLS_timestamp": "random",
    "TLS_session_ticket": "valid for 7200 seconds only (<daily)", "secure_client_renego": "not vulnerable",
    "secure_renego": "supported", "cipher_order": "server", "certs_list_ordering_problem": "no",
}


def by_sslscan(port):
    """What it finds that is not to be there, or misses."""
    told = subprocess.run(["sslscan", "--xml=-", f"{HOST}:{port}"], capture_output=True, text=True, check=True).stdout
    found = xml.fromstring(told)
    versions = {f"{one.get('type').upper()}v{one.get('version')}" for one in found.iter("protocol")
                if one.get("enabled") == "1"}
    ciphers = {one.get("cipher") for one in found.iter("cipher")}
    groups = {one.get("name").split()[0] for one in found.iter("group")}
    wrong = [f"versions {sorted(versions)}"] if versions != VERSIONS else []
    wrong += [f"ciphers, of one side alone: {sorted(ciphers ^ CIPHERS)}"] if ciphers != CIPHERS else []
    wrong += [f"groups {sorted(groups)}"] if not groups <= GROUPS or len(groups) < 3 else []
    wrong += [f"heartbleed with {one.get('sslversion')}" for one in found.iter("heartbleed")
              if one.get("vulnerable") != "0"]
    wrong += ["renegotiation"] if any(one.get("supported") != "0" for one in found.iter("renegotiation")) else []
    return wrong


def by_testssl(command, port, root, folder):
    report = os.path.join(folder, "testssl.json")
    subprocess.run([command, "--color", "0", "--warnings", "off", "--quiet", "--add-ca", root, "--jsonfile", report,
                    "-p", "-s", "-f", "-P", "-S", "-h", "-U", f"{HOST}:{port}"], capture_output=True, timeout=500)
    with open(report) as text:
        findings = [{**one, "id": one["id"].split()[0]} for one in json.load(text)]
    wrong = [f"{one['severity']} {one['id']}: {one['finding']}" for one in findings
             if one["severity"] not in ("OK", "INFO", "DEBUG") and one["id"] not in ALLOWED]
    said = {one["id"]: one["finding"] for one in findings}
    wrong += [f"{name} is '{said[name]}', not '{promise}'" for name, promise in PROMISED.items()
              if name in said and promise not in said[name]]
    wrong += ["it has found hardly anything"] if len(findings) < 60 else []
    return wrong


def main():
    testssl = shutil.which("testssl") or shutil.which("testssl.sh")
    if testssl is None and shutil.which("sslscan") is None:
        print("SKIPPED: there is neither sslscan nor testssl.sh here: apt-get install sslscan testssl.sh")
        return SKIPPED
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Authority(os.path.join(folder, "root"))
        with Site(folder, root=root, Certificate={"Path": root.whole("ecdsa")},
                  Certificates=[{"Path": root.whole("rsa", key="rsa")}]) as site:
            scans = {"sslscan": lambda: by_sslscan(site.port),
                     "testssl.sh": lambda: by_testssl(testssl, site.port, root.pem, folder)}
            for name, scan in scans.items():
                if name == "sslscan" and shutil.which(name) is None or name != "sslscan" and testssl is None:
                    print(f"skip {name} is not here")
                    continue
                wrong = scan()
                failures += len(wrong)
                print(f"{'FAIL' if wrong else 'ok  '} {name}" + "".join(f"\n       {one}" for one in wrong), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

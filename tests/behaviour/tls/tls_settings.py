"""Endpoints and certificates that both servers are started with; see compare_tls.py. Files are those of
tls_certificates.py.
"""
from tls_certificates import PASSWORD


def pair(name):
    return {"Path": f"{name}.pem", "KeyPath": f"{name}.key"}


def file(name, key="ecdsa.key"):
    return {"Path": name, "KeyPath": key}


def entry(name, **more):
    return {"Certificate": pair(name), **more}


NAMES = {"site.example": entry("exact"), "*.site.example": entry("wild"), "*.deep.site.example": entry("deep")}
# https endpoints by name; "plain" is http.
ENDPOINTS = {
    "ecdsa": entry("ecdsa"),
    "rsa": entry("rsa"),
    "both": {"Certificate": pair("ecdsa"), "Certificates": [pair("rsa")]},
    "tls12": entry("ecdsa", SslProtocols=["Tls12"]),
    "tls13": entry("ecdsa", SslProtocols=["Tls13"]),
    "sni": {"Sni": {**NAMES, "*": entry("ecdsa")}},
    "sni_closed": {"Sni": NAMES},
    "sni_versions": {"Sni": {"old.example": entry("exact", SslProtocols=["Tls12"]),
                             "new.example": entry("wild", SslProtocols=["Tls13"]), "*": entry("ecdsa")}},
    "sni_clients": {"Sni": {"open.example": entry("exact", ClientCertificateMode="NoCertificate"),
                            "shut.example": entry("exact", ClientCertificateMode="RequireCertificate")}},
    "no": entry("ecdsa", ClientCertificateMode="NoCertificate"),
    "allow": entry("ecdsa", ClientCertificateMode="AllowCertificate"),
    "require": entry("ecdsa", ClientCertificateMode="RequireCertificate"),
    "delay": entry("ecdsa", ClientCertificateMode="DelayCertificate"),
    "leaf": {"Certificate": file("ecdsa.leaf")},
    "with_root": {"Certificate": file("with_root.pem")},
    "disorder": {"Certificate": file("disorder.pem")},
    "pfx": {"Certificate": {"Path": "chain.pfx", "Password": PASSWORD}},
    "bare_pfx": {"Certificate": {"Path": "bare.pfx", "Password": ""}},
    "locked": {"Certificate": {**file("ecdsa.pem", "locked.key"), "Password": PASSWORD}},
    "expired": entry("expired"),
}

# Settings of an endpoint that are read at the start: "starts", or the message, which is each server's own.
START = {
    "start: wrong purpose": entry("eku"),
    "start: another's key": {"Certificate": file("ecdsa.pem", "rsa.key")},
    "start: another's key of the same kind": {"Certificate": file("ecdsa.pem", "exact.key")},
    "start: no such file": {"Certificate": {"Path": "missing.pfx"}},
    "start: no such key": {"Certificate": file("ecdsa.pem", "missing.key")},
    "start: no such folder": {"Certificate": file("nowhere/ecdsa.pem")},
    "start: no key": {"Certificate": {"Path": "ecdsa.pem"}},
    "start: garbage": {"Certificate": file("garbage.pem")},
    "start: garbage as key": {"Certificate": file("ecdsa.pem", "garbage.pem")},
    "start: upside down": {"Certificate": file("upside_down.pem")},
    "start: wrong password of a PFX": {"Certificate": {"Path": "chain.pfx", "Password": "wrong"}},
    "start: no password of a PFX": {"Certificate": {"Path": "chain.pfx"}},
    "start: wrong password of a key": {"Certificate": {**file("ecdsa.pem", "locked.key"), "Password": "wrong"}},
    "start: no password of a key": {"Certificate": file("ecdsa.pem", "locked.key")},
    "start: not in the store": {"Certificate": {"Subject": "saker.nobody.example"}},
    "start: no certificate at all": {},
    "start: wrong key of a name": {"Sni": {"a.example": {"Certificate": file("ecdsa.pem", "rsa.key")}}},
    "start: a name without certificate": {"Sni": {"a.example": {}}},
    "start: only old versions": entry("ecdsa", SslProtocols=["Tls11"]),
}

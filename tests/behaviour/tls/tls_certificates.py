"""Certificates for tests, made with openssl: a root, an intermediate one, and what they issue.

Everything is in one folder and lives two months; the keys are nobody's. NAME.pem has the chain behind the
leaf where there is one, NAME.key its key.
"""
import hashlib
import pathlib
import ssl
import subprocess

PASSWORD = "saker"
CA = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
LEAF = "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nauthorityKeyIdentifier=keyid\n"


class Certificates:
    """Makes all of them; `name_of` tells which one a server has shown."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self._issue("root", "Saker Test Root", CA)
        self._issue("intermediate", "Saker Test Intermediate", CA, by="root")
        hosts = "localhost site.example *.site.example *.deep.site.example old.example new.example".split()
        for name in ("ecdsa", "rsa", "exact", "wild", "deep"):
            self._issue(name, name, server(hosts), by="intermediate", rsa=name == "rsa")
        self._issue("eku", "eku", LEAF + "extendedKeyUsage=clientAuth\n", by="intermediate")
        self._issue("expired", "expired", server(hosts), by="intermediate", days=-1)
        client = LEAF + "extendedKeyUsage=clientAuth\n"
        self._issue("good", "good", client, by="root")
        self._issue("outdated", "outdated", client, by="root", days=-1)
        self._issue("for_servers", "for_servers", server(hosts), by="root")
        self._issue("foreign", "foreign", client)
        self._sets_of("ecdsa")
        self.by_der = {}
        for file in self.folder.glob("*.leaf"):
            self.by_der[ssl.PEM_cert_to_DER_cert(file.read_text())] = file.stem

    def path(self, file):
        return str(self.folder / file)

    def name_of(self, der):
        return self.by_der.get(der, "none" if der is None else "unknown")

    def _openssl(self, *arguments, text=None):
        subprocess.run(["openssl", *arguments], cwd=self.folder, input=text, text=True, check=True, capture_output=True)

    def _issue(self, name, common_name, extensions, by=None, rsa=False, days=60):
        key = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if rsa else ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        self._openssl("genpkey", "-algorithm", *key, "-out", f"{name}.key")
        self._openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={common_name}", "-out", f"{name}.csr")
        (self.folder / "extensions").write_text(extensions)
        issuer = ["-signkey", f"{name}.key"] if by is None else ["-CA", f"{by}.leaf", "-CAkey", f"{by}.key"]
        serial = str(int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big") >> 1)
        self._openssl("x509", "-req", "-in", f"{name}.csr", *issuer, "-set_serial", serial, "-days", str(days),
                      "-sha256", "-extfile", "extensions", "-out", f"{name}.leaf")
        chain = self._text(f"{name}.leaf") + (self._text("intermediate.leaf") if by == "intermediate" else "")
        (self.folder / f"{name}.pem").write_text(chain)

    def _text(self, file):
        return (self.folder / file).read_text()

    def _sets_of(self, name):
        """The same certificate in other files: orders of the chain, PFX, keys with a password."""
        leaf, between, root = (self._text(f"{one}.leaf") for one in (name, "intermediate", "root"))
        (self.folder / "with_root.pem").write_text(leaf + between + root)
        (self.folder / "disorder.pem").write_text(leaf + root + between)
        (self.folder / "upside_down.pem").write_text(between + leaf)
        (self.folder / "others.pem").write_text(between + root)
        export = ["pkcs12", "-export", "-inkey", f"{name}.key", "-in", f"{name}.leaf", "-certfile"]
        self._openssl(*export, "others.pem", "-out", "chain.pfx", "-passout", f"pass:{PASSWORD}")
        self._openssl(*export, "others.pem", "-out", "bare.pfx", "-passout", "pass:")
        self._openssl("pkey", "-in", f"{name}.key", "-aes256", "-passout", f"pass:{PASSWORD}", "-out", "locked.key")
        (self.folder / "garbage.pem").write_text("no certificate\n")


def server(hosts):
    names = ",".join(f"DNS:{host}" for host in hosts)
    return f"{LEAF}extendedKeyUsage=serverAuth\nsubjectAltName={names},IP:127.0.0.1\n"

"""Certificates for tests in Python: an authority in a folder, made with the `openssl` command."""
import os
import subprocess

KEYS = {"ecdsa": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, **more).stdout


class Authority:
    """`pem` is its own certificate's file; what it issues lies beside it."""

    def __init__(self, folder, name="Saker test root"):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.pem, self.key = self.path("root.pem"), self.path("root.key")
        openssl("genpkey", *KEYS["ecdsa"], "-out", self.key)
        openssl("req", "-x509", "-new", "-key", self.key, "-subj", f"/CN={name}", "-days", "30", "-out", self.pem,
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def path(self, name):
        return os.path.join(self.folder, name)

    def issue(self, file, names=("localhost", "127.0.0.1"), key="ecdsa", client=False, days=30):
        """(certificate, key): paths. `names` are of subjectAltName, the first one is the subject's."""
        certificate, private = self.path(file + ".pem"), self.path(file + ".key")
        kinds = ("IP" if name.replace(".", "").isdigit() else "DNS" for name in names)
        alternatives = ",".join(f"{kind}:{name}" for kind, name in zip(kinds, names))
        usage = "clientAuth" if client else "serverAuth"
        openssl("genpkey", *KEYS[key], "-out", private)
        request = openssl("req", "-new", "-key", private, "-subj", f"/CN={names[0]}")
        extensions = self.path(file + ".extensions")
        with open(extensions, "w") as to:
            to.write(f"subjectAltName={alternatives}\nextendedKeyUsage={usage}\nbasicConstraints=critical,CA:FALSE\n")
        openssl("x509", "-req", "-CA", self.pem, "-CAkey", self.key, "-days", str(days), "-extfile", extensions,
                "-out", certificate, input=request)
        return certificate, private

    def whole(self, file, *arguments, **more):
        """Certificate and key in one file; its path."""
        certificate, private = self.issue(file, *arguments, **more)
        both = self.path(file + ".both.pem")
        with open(both, "wb") as to:
            for part in (certificate, private):
                with open(part, "rb") as text:
                    to.write(text.read())
        return both

    def ocsp_response(self, file, certificate):
        """A response that says that it is good; its path."""
        serial = openssl("x509", "-in", certificate, "-noout", "-serial").decode().strip().split("=")[1]
        index, asked, answer = self.path(file + ".index"), self.path(file + ".asked"), self.path(file + ".ocsp")
        with open(index, "w") as to:
            to.write(f"V\t491231235959Z\t\t{serial}\tunknown\t/CN={file}\n")
        openssl("ocsp", "-issuer", self.pem, "-cert", certificate, "-no_nonce", "-reqout", asked)
        openssl("ocsp", "-index", index, "-rsigner", self.pem, "-rkey", self.key, "-CA", self.pem, "-ndays", "7",
                "-reqin", asked, "-respout", answer)
        return answer

#!/usr/bin/env python3
"""What the files of certificates and ticket keys do while `saker serve` runs, and what is told at its start.

    tls_files_test.py SAKER
"""
import os
import shutil
import signal
import ssl
import subprocess

from certificates import Authority, openssl
from https_site import NAME, Site, get, wait_for
from running_server import HOST, SAKER, Server, free_port, run_tests


def put(source, to):
    """As whoever renews certificates does it: beside it, then a rename."""
    shutil.copyfile(source, to + ".new")
    os.rename(to + ".new", to)


# ---- while it runs ----

def test_a_certificate_is_swapped_by_a_rename(folder):
    root = Authority(os.path.join(folder, "root"))
    first, second = (root.issue(name, [name, NAME]) for name in ("first.example", "second.example"))
    certificate, key = os.path.join(folder, "site.pem"), os.path.join(folder, "site.key")
    for source, to in zip(first, (certificate, key)):
        put(source, to)
    with Site(folder, root=root, Certificate={"Path": certificate, "KeyPath": key}) as site:
        old = site.connect()
        assert site.shown_certificate() == "first.example"
        for source, to in zip(second, (certificate, key)):
            put(source, to)  # in between the two do not belong together: it stays
        site.wait_for_certificate("second.example")
        site.server.wait_until_said("Changed: certificates of https://")
        assert get(old) == b"Hello, World!", "who was there before stays"

        with open(key + ".new", "w") as broken:
            broken.write("-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n")
        said = site.server.said().count("stay as they were")
        os.rename(key + ".new", key)
        wait_for(lambda: site.server.said().count("stay as they were") > said, "it is not told")
        assert " error " in [line for line in site.server.said().splitlines() if "stay as they were" in line][-1]
        assert site.shown_certificate() == "second.example"
        for source, to in zip(first, (certificate, key)):
            put(source, to)
        site.wait_for_certificate("first.example")


def test_a_certificate_is_swapped_as_kubernetes_does(folder):
    root = Authority(os.path.join(folder, "root"))
    mounted = os.path.join(folder, "mounted")
    for number in (1, 2):
        inner = os.path.join(mounted, f"..version_{number}")
        os.makedirs(inner)
        certificate, key = root.issue(f"version_{number}", [f"version{number}.example", NAME])
        shutil.copyfile(certificate, os.path.join(inner, "tls.crt"))
        shutil.copyfile(key, os.path.join(inner, "tls.key"))
    data = os.path.join(mounted, "..data")
    os.symlink("..version_1", data)
    files = [os.path.join(mounted, name) for name in ("tls.crt", "tls.key")]
    for path in files:
        os.symlink(os.path.join("..data", os.path.basename(path)), path)
    with Site(folder, root=root, Certificate={"Path": files[0], "KeyPath": files[1]}) as site:
        assert site.shown_certificate() == "version1.example"
        os.symlink("..version_2", data + "_tmp")
        os.rename(data + "_tmp", data)
        shutil.rmtree(os.path.join(mounted, "..version_1"))
        site.wait_for_certificate("version2.example")
        assert "stay as they were" not in site.server.said(), "both files change at once"


def test_one_key_file_makes_tickets_of_several_hosts(folder):
    root, keys = Authority(os.path.join(folder, "root")), os.path.join(folder, "tickets")
    with open(keys, "wb") as file:
        file.write(os.urandom(80))
    shared = {"Tls": {"SessionTicketKeyFile": keys}}
    same = {"Certificate": {"Path": root.whole("server")}}
    with Site(folder, shared, root, **same) as one, Site(folder, shared, root, **same) as other, \
         Site(folder, shared, root, Certificate={"Path": root.whole("another")}) as another, \
         Site(folder, root=root, **same) as stranger:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = one.context(maximum_version=version)

            def resumed(site, session):
                with site.connect(context, session=session) as over:
                    get(over, last=True)
                    return over.session_reused, over.session
            was, session = resumed(one, None)
            assert not was
            assert resumed(other, session)[0], version
            assert not resumed(stranger, session)[0], f"{version}: without the keys"
            assert not resumed(another, session)[0], f"{version}: with another certificate"

        # Rotated: the new one in front, the old one is good for what it was given for.
        with open(keys, "rb") as file:
            old = file.read()
        with open(keys + ".new", "wb") as file:
            file.write(os.urandom(80) + old)
        os.rename(keys + ".new", keys)
        context = one.context(maximum_version=ssl.TLSVersion.TLSv1_2)
        _, session = resumed(one, None)
        with open(keys + ".new", "wb") as file:
            file.write(os.urandom(80))
        os.rename(keys + ".new", keys)
        wait_for(lambda: not resumed(other, session)[0], "a ticket of a key that is gone is still good")
        with open(keys + ".new", "wb") as file:
            file.write(b"too short")
        os.rename(keys + ".new", keys)
        one.server.wait_until_said("The keys stay as they were.")


# ---- the start ----

def test_the_development_certificate(folder):
    port, data = free_port(), os.path.join(folder, "data")
    start = [SAKER, "serve", "--no-pin", "--urls", f"https://{HOST}:{port}"]
    thumbprints = set()
    for time_of_it in ("made", "used"):
        server = Server(os.path.join(folder, time_of_it), {}, {"XDG_DATA_HOME": data}, start=start)
        try:
            server.hears("READY=1")
            trusted = os.path.join(data, "saker", "https", "localhost.crt")
            verb = "was made" if time_of_it == "made" else "is used"
            told = f"No certificate is configured: a self-signed one for developers {verb}"
            assert told in server.said() and f"--cacert {trusted}, " in server.said(), server.said()
            for name in (NAME, HOST):
                done = subprocess.run(["curl", "-s", "--cacert", trusted, f"https://{name}:{port}/plaintext"],
                                      capture_output=True)
                assert done.stdout == b"Hello, World!", done
            thumbprints.add(openssl("x509", "-in", trusted, "-noout", "-fingerprint"))
            key = os.path.join(data, "saker", "https", "localhost.pem")
            assert os.stat(key).st_mode & 0o077 == 0, "others can read the key"
            server.tell(signal.SIGTERM)
            assert server.ends() == 0
        finally:
            server.close()
    assert len(thumbprints) == 1


def test_all_mistakes_are_told_together(folder):
    root = Authority(os.path.join(folder, "root"))
    certificate, _ = root.issue("server")
    _, other_key = root.issue("other")
    nonsense = os.path.join(folder, "nonsense.pem")
    with open(nonsense, "w") as file:
        file.write("nonsense")
    endpoints = {
        "Missing": {"Certificate": {"Path": "/nowhere/at/all.pem"}},
        "Nonsense": {"Certificate": {"Path": nonsense}},
        "Strangers": {"Certificate": {"Path": certificate, "KeyPath": other_key}},
        "Named": {"Sni": {"a.example": {"Certificate": {"Path": certificate}}}},
        "Trusting": {"Certificate": {"Path": root.whole("whole")}, "ClientCertificateMode": "RequireCertificate",
                     "ClientTrustRoots": [nonsense]},
    }
    for each in endpoints.values():
        each["Url"] = f"https://{HOST}:{free_port()}"
    server = Server(os.path.join(folder, "server"), {"Kestrel": {"Endpoints": endpoints}},
                    {"XDG_DATA_HOME": os.path.join(folder, "data")})
    try:
        assert server.ends() == 1
        said = server.said()
        for name in endpoints:
            assert f"Endpoint {name}: " in said, f"{name}: {said}"
        assert "/nowhere/at/all.pem" in said and "Now listening" not in said, said
    finally:
        server.close()
    # And without serving anything.
    checked = subprocess.run([SAKER, "serve", "--check-config"], cwd=os.path.join(folder, "server"),
                             capture_output=True, text=True)
    assert checked.returncode == 2, checked.stderr
    for name in endpoints:
        assert f"Endpoint {name}: " in checked.stderr, f"{name}: {checked.stderr}"


if __name__ == "__main__":
    run_tests(globals())

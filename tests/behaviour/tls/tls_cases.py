"""What clients do to both servers; see compare_tls.py.

A case is a function of a `Server` (its ports by endpoint of tls_settings.py, the certificates) and returns
words in which both can be compared.
"""
import os
import re
import ssl
import tempfile
import time

from tls_client import (GET, LAST, PATIENCE_S, Conversation, Ended, connect, context, raw, reason_of, s_client,
                        said_by_s_client, visit, words_of_bytes)


def to(endpoint, name=None, then=lambda one: one.ask(), **using):
    return lambda server: visit(server.certificates, server.ports[endpoint], context(**using), name, then)


def by_openssl(endpoint, *arguments, say=(LAST,), of=said_by_s_client):
    return lambda server: of(s_client(server.ports[endpoint], *arguments, say=say))


def cipher_of(**using):
    return to("ecdsa", then=lambda one: one.tls.cipher()[0], **using)


def as_client(endpoint, which, version):
    def ask(server):
        certificate = None if which == "none" else server.certificates.path(which)
        return visit(server.certificates, server.ports[endpoint], context(version, certificate=certificate))
    return ask


def bytes_to(endpoint, data, half_close=False, patience=PATIENCE_S):
    def ask(server):
        heard, fate, _ = raw(server.ports[endpoint], data() if callable(data) else data, half_close, patience)
        return f"{words_of_bytes(heard)} -> {'closed' if fate != 'open' else fate}"
    return ask


def client_hello(part=None):
    """A ClientHello of OpenSSL's, or its first bytes."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context().wrap_bio(incoming, outgoing).do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()
    return hello[:part] if part else hello


def timeout_of(data):
    """In how many seconds a client that does not go on is ended."""
    def ask(server):
        heard, fate, seconds = raw(server.ports["ecdsa"], data, patience=16)
        return f"{words_of_bytes(heard)} -> {fate} after {'8-13 s' if 8 <= seconds <= 13 else f'{seconds:.0f} s'}"
    return ask


def slow_hello(server):
    """A byte of the ClientHello a second does not earn more time."""
    with connect(server.ports["ecdsa"]) as wire:
        began = time.monotonic()
        wire.settimeout(1)
        try:
            for byte in client_hello()[:16]:
                wire.sendall(bytes([byte]))
                try:
                    if not wire.recv(100):
                        break
                except TimeoutError:
                    continue
        except OSError:
            pass
        seconds = time.monotonic() - began
    return f"closed after {'8-13 s' if 8 <= seconds <= 13 else f'{seconds:.0f} s'}"


def resumed(version, first=("ecdsa", None), second=("ecdsa", None), certificate=None, **using):
    """Whether a session of one visit is taken up in the next one."""
    def ask(server):
        one_context = context(version, certificate=certificate and server.certificates.path(certificate), **using)
        one = Conversation(server.ports[first[0]], one_context, first[1])
        two = None
        try:
            one.shake_hands()
            one.ask()
            session = one.tls.session
            two = Conversation(server.ports[second[0]], one_context, second[1], session)
            two.shake_hands()
            return f"{two.ask()} {'resumed' if two.tls.session_reused else 'anew'}"
        except Ended:
            return "closed"
        except ssl.SSLError as wrong:
            return reason_of(wrong)
        finally:
            one.close()
            if two is not None:
                two.close()
    return ask


def tickets(server):
    one = Conversation(server.ports["ecdsa"], context("1.3"))
    one.shake_hands()
    one.ask()
    one.close()
    return f"{one.tickets}"


def early_data(server):
    """A session of the first visit, then data before the handshake."""
    with tempfile.TemporaryDirectory() as folder:
        session, early = os.path.join(folder, "session"), os.path.join(folder, "early")
        with open(early, "wb") as out:
            out.write(LAST)
        first = s_client(server.ports["ecdsa"], "-tls1_3", "-sess_out", session, say=(LAST,))
        offered = re.search(r"Max Early Data: (\d+)", first)
        second = s_client(server.ports["ecdsa"], "-tls1_3", "-sess_in", session, "-early_data", early, say=(LAST,))
    taken = re.search(r"Early data was (\w+(?: \w+)?)", second)
    return f"offers {offered and offered.group(1)}, early data {taken.group(1) if taken else 'not sent'}"


def key_update(letter):
    """s_client's commands K (asks for the other side's as well) and k."""
    def ask(server):
        text = s_client(server.ports["ecdsa"], "-tls1_3", "-msg", say=(1, letter, 1, LAST))
        status = re.search(r"HTTP/1\.1 (\d+)", text)
        return f"{status and status.group(1)}, {len(re.findall('<<<[^>]*KeyUpdate', text))} in return"
    return ask


def many_key_updates(server):
    text = s_client(server.ports["ecdsa"], "-tls1_3", say=(1, *[b"K\n", 0.05] * 40, LAST))
    status = re.search(r"HTTP/1\.1 (\d+)", text)
    return status.group(1) if status else "closed"


def renegotiation(server):
    text = s_client(server.ports["tls12"], "-tls1_2", "-legacy_renegotiation", say=(1, b"R\n", 1, LAST))
    if "no renegotiation" in text or "SSL alert number 100" in text:
        return "alert no_renegotiation"
    return "renegotiated" if "RENEGOTIATING" in text and "HTTP/1.1 200" in text else "closed"


def ended(request, version="1.3", goodbye=None):
    """How a connection ends: `goodbye` is what the client does behind its request."""
    def ask(server):
        one = Conversation(server.ports["ecdsa"], context(version))
        try:
            one.shake_hands()
            status = ""
            if request in (GET, LAST):
                status = one.ask(request) + ", "
            elif request:
                one.send(request)
            if goodbye == "close_notify":
                try:
                    one.tls.unwrap()
                except ssl.SSLError:
                    pass
                one.flush()
            elif goodbye == "fin":
                one.wire.shutdown(1)
            alerts_before = len(one.alerts)
            end = one.until_end()
            if goodbye == "close_notify":  # OpenSSL keeps to itself that it has read one after its own
                end = end.removeprefix("close_notify, ")
                if "close_notify" in one.alerts[alerts_before:]:
                    end = "close_notify, " + end
            return status + ("closed" if end in ("end", "reset") else end)  # which of them is chance
        finally:
            one.close()
    return ask


def chain(endpoint, *arguments):
    def ask(server):
        text = s_client(server.ports[endpoint], "-showcerts", *arguments, say=(LAST,))
        names = re.findall(r"^ *\d s:(?:.*?)CN = (.+)$", text, re.M)
        return " < ".join(name.replace("Saker Test ", "").lower() for name in names) or "closed"
    return ask


def stapled(server):
    text = s_client(server.ports["ecdsa"], "-status", say=(LAST,))
    return "nothing" if "OCSP response: no response sent" in text else "something"


def record_sizes(server):
    """Of an answer of 100 KiB; only told."""
    one = Conversation(server.ports["ecdsa"], context("1.2"))
    one.shake_hands()
    one.records.clear()
    one.ask(GET.replace(b"plaintext", b"bytes/102400"), 102400)
    one.close()
    sizes = [size for kind, size in one.records if kind == 23]
    return f"{len(sizes)} records: " + " ".join(map(str, sizes[:12])) + (" ..." if len(sizes) > 12 else "")


def upload(server):
    body = b"x" * 300000
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
    return visit(server.certificates, server.ports["ecdsa"], context(), None,
                 lambda one: one.ask(head + body, len(body)))


def delivered(**how):
    """The handshake in small pieces or records."""
    def ask(server):
        one = Conversation(server.ports["ecdsa"], context(), **how)
        try:
            one.shake_hands()
            return one.ask()
        except (Ended, ssl.SSLError) as wrong:
            return str(wrong)
        finally:
            one.close()
    return ask


def in_small_records(one):
    for byte in GET[:-1]:
        one.tls.write(bytes([byte]))
    return one.ask(GET[-1:])


def with_the_last_flight(server):
    """The request in one packet with the client's Finished; a median, as both may be busy."""
    times = []
    for _ in range(7):
        one = Conversation(server.ports["ecdsa"], context("1.3"))
        try:
            while True:  # as `step`, but what the handshake ends with is not sent yet
                try:
                    one.tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    one.flush()
                    one.receive()
            began = time.monotonic()
            one.ask()
            times.append(time.monotonic() - began)
        finally:
            one.close()
    return "at once" if sorted(times)[len(times) // 2] < 0.1 else "late"


def behind_the_handshake(version, data):
    """What a record of these bytes brings where the client is at its turn."""
    def ask(server):
        one = Conversation(server.ports["ecdsa"], context(version))
        try:
            one.shake_hands()
            one.ask()
            one.wire.sendall(data)
            end = one.until_end()
            return "closed" if end in ("end", "reset") else end
        finally:
            one.close()
    return ask


LEGACY = "ALL:@SECLEVEL=0"
POST_HALF = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"
SNI = ["site.example", "www.site.example", "a.b.site.example", "www.deep.site.example", "a.b.deep.site.example",
       "deep.site.example", "other.example", "SITE.EXAMPLE", "WWW.Site.Example", "site.example.", "www.site.example.",
       "127.0.0.1", "www_x.site.example", "xn--bcher-kva.site.example", "-.site.example", "notsite.example", "example"]
WHICH = {"none": "none", "good": "good", "foreign": "foreign", "expired": "outdated", "of a server": "for_servers"}

CASES = {
    **{f"version: only {version}": to("ecdsa", versions=version) for version in ("1.0", "1.1", "1.2", "1.3")},
    "version: any": to("ecdsa", versions="1.0-1.3"),
    **{f"version: {version} of an endpoint with {only} alone": to(only, versions=version)
       for only in ("tls12", "tls13") for version in ("1.2", "1.3")},
    "version: a fallback": by_openssl("ecdsa", "-tls1_2", "-fallback_scsv"),
    "cipher: 1.3": cipher_of(versions="1.3"),
    "cipher: 1.2, usual": cipher_of(versions="1.2", ciphers="DEFAULT:@SECLEVEL=0"),
    "cipher: 1.2, 256 first": cipher_of(versions="1.2", ciphers="ECDHE+AES256:ECDHE+AES128"),
    "cipher: 1.2, chacha first": cipher_of(versions="1.2", ciphers="ECDHE+CHACHA20:ECDHE+AES256"),
    **{f"cipher: 1.2, only {name}": to("rsa", versions="1.2", ciphers=name + ":@SECLEVEL=0")
       for name in ("ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA", "AES128-GCM-SHA256", "AES128-SHA",
                    "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "AES128-CCM")},
    **{f"curve: only {curve}, {version}": to("rsa", versions=version, curve=curve)
       for curve in ("X25519", "prime256v1", "secp384r1", "secp521r1") for version in ("1.2", "1.3")},
    "signature: RSA for ECDSA": by_openssl("ecdsa", "-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256"),
    "signature: RSA for both": by_openssl("both", "-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256"),
    "signature: RSA for both, 1.2": to("both", versions="1.2", ciphers="aRSA:@SECLEVEL=0"),
    "signature: either for both": to("both"),
    "signature: SHA-1 alone": by_openssl("rsa", "-tls1_2", "-sigalgs", "RSA+SHA1", "-cipher", LEGACY),
    **{f"alpn: {' and '.join(names) if names else 'none'}": to("ecdsa", alpn=names)
       for names in (None, ["http/1.1"], ["h2"], ["h2", "http/1.1"], ["http/1.1", "h2"], ["http/1.0"], ["spdy/3"])},
    "alpn: many": to("ecdsa", alpn=[f"{i:0100}" for i in range(120)] + ["http/1.1"]),
    "alpn: h2, 1.2": to("ecdsa", versions="1.2", alpn=["h2"]),
    **{f"sni: {name}": by_openssl("sni", "-servername", name) for name in SNI},
    **{f"sni, no *: {name}": by_openssl("sni_closed", "-servername", name) for name in SNI},
    "sni: none": by_openssl("sni", "-noservername"),
    "sni, no *: none": by_openssl("sni_closed", "-noservername"),
    "sni, no *: none, 1.2": by_openssl("sni_closed", "-noservername", "-tls1_2"),
    "sni: of an endpoint without": by_openssl("ecdsa", "-servername", "any.example"),
    "sni: Host is another": to("sni", "site.example", lambda one: one.ask(GET.replace(b"localhost", b"a.example"))),
    **{f"sni: {name} with {version}": to("sni_versions", name, versions=version)
       for name in ("old.example", "new.example", "other.example") for version in ("1.2", "1.3")},
    "sni: either version of an old one": to("sni_versions", "old.example"),
    **{f"client certificate: {mode}, {said}, {version}": as_client(mode, which, version)
       for mode in ("no", "allow", "require", "delay") for said, which in WHICH.items() for version in ("1.2", "1.3")},
    "client certificate: by name, open": to("sni_clients", "open.example"),
    "client certificate: by name, shut": to("sni_clients", "shut.example"),
    "bytes: http to https": bytes_to("ecdsa", GET),
    "bytes: post to https": bytes_to("ecdsa", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"),
    "bytes: https to http": bytes_to("plain", client_hello),
    "bytes: a record's head to http": bytes_to("plain", b"\x16\x03\x01\x02\x00"),
    "bytes: garbage": bytes_to("ecdsa", b"\x99" * 600),
    "bytes: zeroes": bytes_to("ecdsa", b"\0" * 600),
    "bytes: a line": bytes_to("ecdsa", b"hello\r\n"),
    "bytes: ssl 2": bytes_to("ecdsa", bytes.fromhex("802e010002001500000010" + "010080" * 7) + b"x" * 16),
    "bytes: record too long": bytes_to("ecdsa", b"\x16\x03\x01\xff\xff" + b"\x01" * 600),
    "bytes: data first": bytes_to("ecdsa", b"\x17\x03\x03\x00\x05hello"),
    "bytes: alert first": bytes_to("ecdsa", b"\x15\x03\x01\x00\x02\x02\x28"),
    "bytes: empty record": bytes_to("ecdsa", b"\x16\x03\x01\x00\x00"),
    "bytes: half a hello, fin": bytes_to("ecdsa", lambda: client_hello(100), half_close=True),
    "bytes: nothing, fin": bytes_to("ecdsa", b"", half_close=True),
    "bytes: hello twice": bytes_to("ecdsa", lambda: client_hello() * 2, patience=1.5),
    "bytes: one at a time": delivered(cut=1),
    "bytes: hello in records of 50": delivered(records=50),
    "bytes: hello in records of 1": delivered(records=1),
    "bytes: request in records of 1": to("ecdsa", then=in_small_records),
    **{f"bytes: {what}, {version}": behind_the_handshake(version, data) for version in ("1.2", "1.3")
       for what, data in (("a record that is not of the session", b"\x17\x03\x03\x00\x40" + b"x" * 64),
                          ("http behind the handshake", GET + b"x" * 9000),
                          ("a hello behind the handshake", b"\x16\x03\x01\x00\x04\x01\x00\x00\x00"))},
    "timeout: silence": timeout_of(b""),
    "timeout: half a record": timeout_of(b"\x16\x03\x01"),
    "timeout: a byte a second": slow_hello,
    "renegotiation: 1.2": renegotiation,
    "key update: asks": key_update(b"K\n"),
    "key update: tells": key_update(b"k\n"),
    "key update: forty": many_key_updates,
    **{f"end: {what}, {version}": ended(request, version, goodbye) for version in ("1.2", "1.3")
       for what, request, goodbye in (("Connection: close", LAST, None),
                                      ("client says close_notify", GET, "close_notify"),
                                      ("client closes", GET, "fin"), ("client closes at once", b"", "fin"),
                                      ("client closes in a head", b"GET / HT", "fin"),
                                      ("client closes in a body", POST_HALF, "fin"),
                                      ("client says close_notify in a body", POST_HALF, "close_notify"))},
    "session: 1.2, ticket": resumed("1.2"),
    "session: 1.2, id": resumed("1.2", tickets=False),
    "session: 1.3": resumed("1.3"),
    "session: 1.3, tickets": tickets,
    "session: 1.3, early data": early_data,
    "session: at another endpoint": resumed("1.3", second=("rsa", None)),
    **{f"session: with another name, {version}":
       resumed(version, ("sni", "site.example"), ("sni", "www.site.example")) for version in ("1.2", "1.3")},
    **{f"session: with another name of the same certificate, {version}":
       resumed(version, ("sni", "a.site.example"), ("sni", "b.site.example")) for version in ("1.2", "1.3")},
    "session: shown, 1.2": resumed("1.2", ("require", None), ("require", None), certificate="good"),
    "session: shown, 1.3": resumed("1.3", ("require", None), ("require", None), certificate="good"),
    "session: of an open name at a shut one, 1.2":
        resumed("1.2", ("sni_clients", "open.example"), ("sni_clients", "shut.example")),
    "session: of an open name at a shut one, 1.3":
        resumed("1.3", ("sni_clients", "open.example"), ("sni_clients", "shut.example")),
    **{f"chain: {endpoint}": chain(endpoint)
       for endpoint in ("ecdsa", "rsa", "leaf", "with_root", "disorder", "pfx", "bare_pfx", "locked")},
    "certificate: expired": to("expired"),
    "staple: none there": stapled,
    "fragment: 512": by_openssl("ecdsa", "-maxfraglen", "512"),
    "data: upload": upload,
    "data: http/2 preface": to("ecdsa", then=lambda one: one.ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
}
# Nothing else may wake the server meanwhile.
ALONE = {"data: with the end of the handshake": with_the_last_flight}
TOLD = {"record sizes, 100 KiB": record_sizes}

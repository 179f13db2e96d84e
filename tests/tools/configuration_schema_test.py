#!/usr/bin/env python3
"""The JSON Schema against the reader that it describes: `saker serve --print-schema` and `--check-config`.

Every key that the reader shows is in the schema; and of a table of documents, good and bad, schema and
reader think the same. What only one of them can see is in a list of its own, with the reason. The
validator here knows the keywords that the schema uses and fails on any other.

Usage: configuration_schema_test.py SAKER
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

SAKER = sys.argv.pop() if len(sys.argv) > 1 else "build/dev/saker"
KNOWN = {"$schema", "title", "description", "type", "properties", "additionalProperties", "anyOf", "enum", "const",
         "pattern", "minimum", "maximum", "exclusiveMinimum", "minLength", "not", "items",
         "propertyNames"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def is_valid(value, schema):
    if isinstance(schema, bool):
        return schema
    unknown = set(schema) - KNOWN
    if unknown:
        raise AssertionError(f"this validator does not know {unknown}")
    types = schema.get("type")
    if types is not None and not any(is_type(value, t) for t in ([types] if isinstance(types, str) else types)):
        return False
    if "enum" in schema and value not in schema["enum"] or "const" in schema and value != schema["const"]:
        return False
    if "anyOf" in schema and not any(is_valid(value, one) for one in schema["anyOf"]):
        return False
    if "not" in schema and is_valid(value, schema["not"]):
        return False
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0) or "pattern" in schema and not re.search(schema["pattern"], value):
            return False
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if value < schema.get("minimum", value) or value > schema.get("maximum", value):
            return False
        if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
            return False
    elif isinstance(value, dict):
        named, other = schema.get("properties", {}), schema.get("additionalProperties", True)
        names = schema.get("propertyNames", True)
        return all(is_valid(key, names) and is_valid(one, named.get(key, other)) for key, one in value.items())
    elif isinstance(value, list) and "items" in schema:
        return all(is_valid(one, schema["items"]) for one in value)
    return True


def limits(**of):
    return {"Kestrel": {"Limits": of}}


def endpoint(**of):
    return {"Kestrel": {"Endpoints": {"A": of}}}


def saker(**of):
    return {"Saker": of}


GOOD = [
    {}, {"Kestrel": None}, {"Kestrel": {}}, {"Kestrel": {"Limits": {}}}, {"MyApp": {"Anything": [1, {"x": None}]}},
    limits(MaxRequestLineSize=1), limits(MaxRequestLineSize="4K"), limits(MaxRequestLineSize=None),
    limits(MaxRequestLineSize=" 16 "), limits(MaxRequestBodySize=None), limits(MaxRequestBodySize=0),
    limits(MaxRequestBodySize=""), limits(MaxRequestBodySize=2**63), limits(MaxConcurrentConnections=1),
    limits(KeepAliveTimeout="00:02:10"), limits(KeepAliveTimeout="1.02:03:04.5"), limits(KeepAliveTimeout="0:0:5"),
    limits(KeepAliveTimeout="Infinite"), limits(KeepAliveTimeout="-00:00:00.001"), limits(KeepAliveTimeout="10:20"),
    limits(KeepAliveTimeout="1:02:03:04.5"), limits(KeepAliveTimeout=" 00:00:09 "), limits(KeepAliveTimeout=None),
    limits(MinRequestBodyDataRate=None), limits(MinRequestBodyDataRate={"BytesPerSecond": 0.5}),
    limits(MinResponseDataRate={"BytesPerSecond": 240, "GracePeriod": "00:00:05"}), limits(MinResponseDataRate={}),
    limits(MinResponseDataRate={"BytesPerSecond": "100"}), limits(MinResponseDataRate={"BytesPerSecond": " .5e+3 "}),
    limits(MinResponseDataRate={"BytesPerSecond": "0.01"}), limits(MinResponseDataRate={"BytesPerSecond": "5."}),
    limits(Http2={"MaxFrameSize": 16384, "KeepAlivePingDelay": "00:00:01"}), limits(Http3={"Anything": 1}),
    {"Kestrel": {"AddServerHeader": False}}, {"Kestrel": {"AddServerHeader": "TRUE"}},
    {"Kestrel": {"AddServerHeader": None}}, {"Kestrel": {"AllowSynchronousIO": True}},
    {"Kestrel": {"Certificates": {"Default": {"Path": "a", "Password": "b"}, "Other": {"Subject": "x"}}}},
    {"Kestrel": {"EndpointDefaults": {"Protocols": "Http1", "SslProtocols": ["Tls12"]}}},
    {"Kestrel": {"EndpointDefaults": {"ClientCertificateMode": "AllowCertificate"}}},
    endpoint(Url="http://*:80"), endpoint(Url="HTTP://[::1]:0", Protocols="Http1AndHttp2"),
    endpoint(Url="http://*:80", Protocols="Http2"), endpoint(Url="https://*", Sni={"*": {"Protocols": "Http2"}}),
    endpoint(Url="http://unix:/run/x", UnixSocketMode="660", Transport="epoll", ConnectionLogging=True),
    endpoint(Url="http://*:80", Protocols=None, Certificate=None),
    endpoint(Url="https://*:443"), endpoint(Url="HTTPS://*", Certificate={"Path": "a.pfx", "Password": "x"}),
    endpoint(Url="https://*", Certificate={"Subject": "a", "Store": "My", "Location": "CurrentUser",
                                           "AllowInvalid": True}),
    endpoint(Url="https://*", Certificates=[{"Path": "a.pem", "KeyPath": "a.key", "OcspPath": "a.der"}, {"Path": "b"}]),
    endpoint(Url="https://*", Certificates={"Rsa": {"Path": "a.pem"}}, SslProtocols=["Tls12", "Tls13"]),
    endpoint(Url="https://*", SslProtocols=[], ClientCertificateMode="DelayCertificate", HandshakeTimeout="00:00:05"),
    endpoint(Url="https://*", CipherSuites=["TLS_AES_128_GCM_SHA256"], Groups="X25519:P-256", KernelTls="Auto"),
    endpoint(Url="https://*", ClientTrustRoots=["a.pem"], CheckCertificateRevocation=True, RevocationLists=["a.crl"]),
    endpoint(Url="https://*", Sni={"*": {}, "a.example": {"Protocols": "Http1", "SslProtocols": ["Tls13"],
                                                          "Certificate": {"Path": "a"},
                                                          "ClientCertificateMode": "NoCertificate"}}),
    endpoint(Url="https://*", Sni={"*.example": {"Certificates": [{"Path": "a"}, {"Path": "b"}]}}),
    saker(Tls={"MaxConcurrentHandshakes": 1, "SessionTicketKeyFile": "keys", "SessionLifetime": "7.00:00:00",
               "ExpiryWarning": "30.00:00:00", "DevelopmentCertificateFolder": "x"}), {"HTTPS_PORTS": "443"},
    saker(Transport="epoll"), saker(Transport={"Name": "epoll", "Backlog": 1, "NoDelay": False}), saker(Transport=None),
    saker(Cores=0), saker(Cores=1024), saker(Limits={"ClientPrefixIpv4": 32, "AtMaxConcurrentConnections": "Refuse"}),
    saker(ShutdownDelay="00:00:00"), saker(AccessLog={"Format": "W3c", "Path": "-"}),
    saker(Logging={"LogLevel": {"Default": "Trace", "Request": "None"}}),
    {"Logging": {"LogLevel": {"Default": "Warning", "Microsoft": "Debug"}, "Console": {}}},
    {"Urls": "http://*:80"}, {"HTTP_PORTS": "80;81"}, {"HTTP_PORTS": 8080}, {"AllowedHosts": "*"},
    {"PreferHostingUrls": True, "Urls": "http://*:80"}, {"ShutdownTimeoutSeconds": 5},
]
BAD = [
    {"Kestrel": 5}, {"Kestrel": {"Limts": {}, "Limits": 5}}, {"Kestrel": {"Limits": "x"}},
    {"Kestrel": {"Banana": 1}}, limits(MaxRequestBodySze=1), limits(MaxRequestLineSize=0),
    limits(MaxRequestLineSize=-1), limits(MaxRequestLineSize=1.5), limits(MaxRequestLineSize=2**32),
    limits(MaxRequestLineSize="lots"), limits(MaxRequestLineSize="1T"), limits(MaxRequestLineSize=True),
    limits(MaxRequestLineSize={"X": 1}), limits(MaxRequestLineSize=[1]), limits(MaxRequestLineSize=""),
    limits(MaxRequestHeaderCount="1K"), limits(MaxConcurrentConnections=0), limits(KeepAliveTimeout=130),
    limits(KeepAliveTimeout="130"), limits(KeepAliveTimeout="24:00:00"), limits(KeepAliveTimeout="00:60:00"),
    limits(KeepAliveTimeout="00:00:00"), limits(KeepAliveTimeout="30s"), limits(KeepAliveTimeout="-00:00:05"),
    limits(KeepAliveTimeout="00:00:05."), limits(KeepAliveTimeout="00:00:00.12345678"),
    limits(MinRequestBodyDataRate=240), limits(MinRequestBodyDataRate={"BytesPerSecond": 0}),
    limits(MinRequestBodyDataRate={"Bytes": 5}), limits(MinRequestBodyDataRate={"GracePeriod": 5}),
    limits(MinRequestBodyDataRate=[]), limits(MaxRequestBodySize={}), limits(MaxRequestBodySize=[]),
    limits(MaxConcurrentConnections={}), limits(KeepAliveTimeout={}), {"Kestrel": {"AllowSynchronousIO": []}},
    {"Kestrel": {"EndpointDefaults": {"SslProtocols": {}}}}, {"Kestrel": {"Certificates": {"Default": []}}},
    {"Urls": {}}, {"HTTP_PORTS": []}, saker(Transport=[]), saker(AccessLog={"Path": {}}),
    saker(AccessLog={"Path": "/tmp/a\0b"}), saker(AccessLog={"Path": "a\n"}), saker(AccessLog={"Path": "a\x7f"}),
    limits(MinRequestBodyDataRate={"BytesPerSecond": "0"}), limits(MinRequestBodyDataRate={"BytesPerSecond": ""}),
    limits(MinRequestBodyDataRate={"BytesPerSecond": "0.0e5"}), limits(MinRequestBodyDataRate={"BytesPerSecond": "-1"}),
    limits(MinRequestBodyDataRate={"BytesPerSecond": "+1"}), limits(MinRequestBodyDataRate={"BytesPerSecond": "1 0"}),
    limits(MinRequestBodyDataRate={"BytesPerSecond": "0x10"}), limits(MinRequestBodyDataRate={"BytesPerSecond": "inf"}),
    limits(MinRequestBodyDataRate={"BytesPerSecond": {}}),
    {"Kestrel": {"Endpoints": {"": {"Url": "http://*:80"}}}}, {"Kestrel": {"Certificates": {"": {}}}},
    limits(Http2={"MaxFrameSize": 16383}), limits(Http2={"MaxFrameSize": 16777216}),
    limits(Http2={"InitialStreamWindowSize": 2**31}), {"Kestrel": {"AddServerHeader": 1}},
    {"Kestrel": {"AddServerHeader": "yes"}}, {"Kestrel": {"AllowSynchronousIO": "1"}},
    {"Kestrel": {"Certificates": {"Default": {"Pth": "a"}}}}, {"Kestrel": {"Certificates": {"Default": "a.pfx"}}},
    {"Kestrel": {"EndpointDefaults": {"Protocols": "Http11"}}}, {"Kestrel": {"EndpointDefaults": {"Url": "x"}}},
    {"Kestrel": {"EndpointDefaults": {"SslProtocols": ["Tls14"]}}},
    {"Kestrel": {"EndpointDefaults": {"SslProtocols": "Tls12"}}},
    {"Kestrel": {"EndpointDefaults": {"ClientCertificateMode": "Perhaps"}}},
    endpoint(Url="localhost"), endpoint(Url=""), endpoint(Url="httpss://*:443"), endpoint(Url=None),
    endpoint(Url="http://*:80", Uri="x"), endpoint(Url="https://*", SslProtocols=["Tls11"]),
    endpoint(Url="https://*", SslProtocols="Tls12"), endpoint(Url="https://*", HandshakeTimeout="00:00:00"),
    endpoint(Url="https://*", CipherSuites="x"), endpoint(Url="https://*", CipherSuites=[""]),
    endpoint(Url="https://*", Groups=""), endpoint(Url="https://*", KernelTls="perhaps"),
    endpoint(Url="https://*", ClientTrustRoots=["a\n"]), endpoint(Url="https://*", CheckCertificateRevocation="yes"),
    endpoint(Url="https://*", Certificate={"Path": "a\0b"}), endpoint(Url="https://*", Certificate={"Location": "x"}),
    endpoint(Url="https://*", Certificate={"Path": "a", "AllowInvalid": "perhaps"}),
    endpoint(Url="https://*", Certificates=[{"Pth": "a"}]), endpoint(Url="https://*", Certificates="a.pfx"),
    endpoint(Url="https://*", Sni={"": {}}), endpoint(Url="https://*", Sni={"*": {"Url": "x"}}),
    endpoint(Url="https://*", Sni={"*": {"Protocols": "Http9"}}),
    saker(Tls={"MaxConcurrentHandshakes": 0}), saker(Tls={"SessionTicketKeyFile": ""}), saker(Tls={"Banana": 1}),
    endpoint(Url="http://*:80", UnixSocketMode="888"), endpoint(Url="http://*:80", Transport=""),
    {"Kestrel": {"Endpoints": {"A": "http://*:80"}}}, saker(Transport=""), saker(Transport={"Nmae": "epoll"}),
    saker(Transport={"Backlog": 0}), saker(Cores=1025), saker(Cores="x"), saker(Banana=1),
    saker(Limits={"ClientPrefixIpv4": 33}), saker(Limits={"AtMaxConcurrentConnections": "Panic"}),
    saker(AccessLog={"Format": "xml"}), saker(Logging={"LogLevel": {"Default": "Loud"}}),
    saker(Logging={"LogLevel": {"Banana": "Debug"}}), saker(Logging={"Banana": 1}),
    {"Logging": {"LogLevel": {"Default": "Loud"}}}, {"PreferHostingUrls": "perhaps"},
    {"ShutdownTimeoutSeconds": -1},
]
# The reader takes it, the schema does not want it written like this.
ONLY_READ = [
    ({"Kestrel": {"limits": {}}}, "keys have any case"),
    ({"kestrel": {"Banana": 1}}, "the same: and there the reader is the one that complains", False),
    ({"Kestrel": {"EndpointDefaults": {"Protocols": "http1, HTTP2"}}}, "words have any case, and are lists"),
    (endpoint(Url="http://*:80", UnixSocketMode=660), "a number where digits stand in a text"),
]
# The schema cannot see it.
ONLY_TOLD = [
    (endpoint(Protocols="Http1"), "another file may bring the Url"),
    (limits(MaxRequestBufferSize=100), "it depends on other keys"),
    (limits(MaxRequestLineSize="0"), "the range of a number that is a text"),
    (limits(Http2={"KeepAlivePingDelay": "00:00:00.5"}), "the range of a time"),
    (limits(MinRequestBodyDataRate={"BytesPerSecond": "1e999"}), "the range of a number that is a text"),
    (endpoint(Url="http://*:80a"), "the grammar of addresses"),
    (endpoint(Url="http://*:80", Certificate={"Path": "x"}), "whether the Url is https"),
    (endpoint(Url="http://*:80", SslProtocols=["Tls12"]), "whether the Url is https"),
    (endpoint(Url="http://*:80", Sni={"*": {"Protocols": "Http1"}}), "whether the Url is https"),
    (endpoint(Url="https://*", Certificate={"Path": "x", "Subject": "y"}), "it depends on other keys"),
    (endpoint(Url="https://*", CheckCertificateRevocation=True), "it depends on other keys"),
    (endpoint(Url="https://*", Sni={"a..b": {}}), "the grammar of names"),
    (saker(Tls={"SessionLifetime": "8.00:00:00"}), "the range of a time"),
    (saker(Tls={"ExpiryWarning": "00:30:00"}), "whole hours"),
]


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        printed = subprocess.run([SAKER, "serve", "--print-schema"], check=True, capture_output=True, text=True)
        cls.schema = json.loads(printed.stdout)
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def read(self, document):
        """What the reader says: nothing where all is well."""
        path = f"{self.folder.name}/settings.json"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file)
        clean = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH")}
        done = subprocess.run([SAKER, "serve", "--check-config", "--config", path], capture_output=True, text=True,
                              env=clean)
        self.assertIn(done.returncode, (0, 2), done.stderr)
        # With what is in force shown, all was read: what is missing then are the certificates' files.
        return done.stderr if done.returncode == 2 and not done.stdout else ""

    def test_good_documents_are_good_for_both(self):
        for document in GOOD:
            self.assertEqual(self.read(document), "", document)
            self.assertTrue(is_valid(document, self.schema), document)

    def test_bad_documents_are_bad_for_both(self):
        for document in BAD:
            self.assertNotEqual(self.read(document), "", document)
            self.assertFalse(is_valid(document, self.schema), document)

    def test_what_only_one_of_them_sees_is_known(self):
        for document, why, *read in ONLY_READ:
            self.assertEqual(self.read(document) == "", not read, (document, why))
            if not read:
                self.assertFalse(is_valid(document, self.schema), (document, why))
        for document, why in ONLY_TOLD:
            self.assertNotEqual(self.read(document), "", (document, why))
            self.assertTrue(is_valid(document, self.schema), (document, why))

    def test_every_key_is_in_the_schema(self):
        shown = subprocess.run([SAKER, "serve", "--print-configuration-page"], check=True, capture_output=True,
                               text=True)
        section, keys = "", []
        for line in shown.stdout.splitlines():
            if line.startswith("### "):
                section = line[4:].strip("`").replace("At the top", "").replace("{name}", "*")
            elif line.startswith("| `"):
                name = line.split("`")[1].replace("{name}", "*")
                keys.append(f"{section}:{name}".lstrip(":"))
        self.assertGreater(len(keys), 80)
        for key in keys:
            at = self.schema
            for part in key.split(":"):
                ways = [at] + at.get("anyOf", [])
                inner = next((way for way in ways if "properties" in way or "additionalProperties" in way), None)
                self.assertIsNotNone(inner, key)
                at = inner["additionalProperties"] if part == "*" else inner["properties"][part]
            self.assertIn("description", at, key)


if __name__ == "__main__":
    unittest.main()

"""Settings files, variables and arguments that are given to both servers; see compare_configuration.py.

PORT1 to PORT3 become ports that are free, FOLDER the case's own folder. `probe` are requests whose status
is asked of both, to see that a limit is enforced and not only read.
"""


def case(json=None, env=None, args=(), probe=(), **files):
    """`files` are further ones by environment: Staging="{...}"."""
    named = {} if json is None else {"appsettings.json": json}
    named.update({f"appsettings.{name}.json": text for name, text in files.items()})
    return {"files": named, "env": env or {}, "args": list(args), "probe": list(probe)}


def limits(text, **more):
    return case('{"Urls": "http://127.0.0.1:PORT1", "Kestrel": {"Limits": {' + text + "}}}", **more)


def endpoint(text, before="", **more):
    return case('{"Kestrel": {' + before + '"Endpoints": {"A": {' + text + "}}}}", **more)


def https(text, **more):
    """An https endpoint; CERTIFICATE becomes one whose key everybody may know."""
    made = endpoint('"Url": "https://127.0.0.1:PORT1", ' + text, **more)
    made["files"]["appsettings.json"] = made["files"]["appsettings.json"].replace("CERTIFICATE", CERTIFICATE)
    made["files"].update({"site.pem": SITE_PEM, "site.key": SITE_KEY})
    return made


CERTIFICATE = '{"Path": "site.pem", "KeyPath": "site.key"}'
# CN=localhost, for a hundred years.
SITE_PEM = """\
-----BEGIN CERTIFICATE-----
MIIBqjCCAVCgAwIBAgIUV8pCgQScvY7XcwDH/ct8O6Pi6VIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODAzMzIwNFoYDzIxMjYxMTA0
MDMzMjA0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQZIUXpOvMWW4LYFXVmnq/s2GGnnRuDKgyQ2bEH+sZPivi/1UT7Ae8/
u5mIhSHv9d5DjvKhNt7AgKknpawUbbKNo34wfDAdBgNVHQ4EFgQU6h2eopYX2+FP
dXJ2FzzQGcNMEn0wHwYDVR0jBBgwFoAU6h2eopYX2+FPdXJ2FzzQGcNMEn0wDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwEwYDVR0lBAwwCgYI
KwYBBQUHAwEwCgYIKoZIzj0EAwIDSAAwRQIhANEJP/aKYT+TJMZuKpn+MQutsIvu
wl2+M2ihwaENgEhYAiAjHXCRhcJzkMjl/1orq2FMNXh068yTYCZgUUQgF5EvRA==
-----END CERTIFICATE-----
"""
SITE_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgW7l12wg4DmgHzv/y
pc408nj7ndqTmTV6bQ60c78AaTShRANCAAQZIUXpOvMWW4LYFXVmnq/s2GGnnRuD
KgyQ2bEH+sZPivi/1UT7Ae8/u5mIhSHv9d5DjvKhNt7AgKknpawUbbKN
-----END PRIVATE KEY-----
"""


def post(size, chunked=False):
    head = "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    if chunked:
        return f"{head}Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n{'x' * size}\r\n0\r\n\r\n"
    return f"{head}Content-Length: {size}\r\n\r\n{'x' * size}"


def line(size):
    """A GET whose request line has this many bytes with its CRLF."""
    bare = len("GET /plaintext? HTTP/1.1\r\n")
    return f"GET /plaintext?{'x' * (size - bare)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def headers(count):
    return "GET /plaintext HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + \
        "".join(f"X-{i}: y\r\n" for i in range(count - 2)) + "\r\n"


def header_bytes(size):
    """A GET whose header lines have this many bytes, the empty line behind them not counted."""
    bare = "Host: a\r\nConnection: close\r\nX: \r\n"
    return f"GET /plaintext HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: {'y' * (size - len(bare))}\r\n\r\n"


HOST = '"Urls": "http://127.0.0.1:PORT1"'
CASES = {
    # ------------------------------------------------------------------------------- addresses
    "url: ipv4": endpoint('"Url": "http://127.0.0.1:PORT1"'),
    "url: ipv6": endpoint('"Url": "http://[::1]:PORT1"'),
    "url: ipv6 any": endpoint('"Url": "http://[::]:PORT1"'),
    "url: ipv4 any": endpoint('"Url": "http://0.0.0.0:PORT1"'),
    "url: localhost": endpoint('"Url": "http://localhost:PORT1"'),
    "url: localhost in capitals": endpoint('"Url": "HTTP://LOCALHOST:PORT1"'),
    "url: below localhost": endpoint('"Url": "http://app.localhost:PORT1"'),
    "url: star": endpoint('"Url": "http://*:PORT1"'),
    "url: plus": endpoint('"Url": "http://+:PORT1"'),
    "url: a name": endpoint('"Url": "http://contoso.example:PORT1"'),
    "url: port 0": endpoint('"Url": "http://127.0.0.1:0"'),
    "url: localhost and port 0": endpoint('"Url": "http://localhost:0"'),
    "url: slash": endpoint('"Url": "http://127.0.0.1:PORT1/"'),
    "url: path base": endpoint('"Url": "http://127.0.0.1:PORT1/base"'),
    "url: unix": endpoint('"Url": "http://unix:FOLDER/a.sock"'),
    "url: unix, not absolute": endpoint('"Url": "http://unix:a.sock"'),
    "url: named pipe": endpoint('"Url": "http://pipe:/name"'),
    "url: space in port": endpoint('"Url": "http://127.0.0.1: PORT1"'),
    "url: plus in port": endpoint('"Url": "http://127.0.0.1:+PORT1"'),
    "url: too large a port": endpoint('"Url": "http://127.0.0.1:70000"'),
    "url: no number in ipv4": endpoint('"Url": "http://127.0.0.300:PORT1"'),
    "url: no scheme": endpoint('"Url": "127.0.0.1:PORT1"'),
    "url: no host": endpoint('"Url": "http://:PORT1"'),
    "url: another scheme": endpoint('"Url": "ftp://127.0.0.1:PORT1"'),
    "url: https": endpoint('"Url": "https://127.0.0.1:PORT1", "Certificate": {"Path": "missing.pfx"}'),
    "url: missing": endpoint('"Protocols": "Http1"'),
    "url: empty": endpoint('"Url": ""'),
    "url: null": endpoint('"Url": null'),
    "url: two of them": case('{"Kestrel": {"Endpoints": {"A": {"Url": "http://127.0.0.1:PORT1"}, '
                             '"B": {"Url": "http://[::1]:PORT2"}}}}'),
    "url: the same twice": case('{"Kestrel": {"Endpoints": {"A": {"Url": "http://127.0.0.1:PORT1"}, '
                                '"B": {"Url": "http://127.0.0.1:PORT1"}}}}'),
    # ------------------------------------------------------------------------------ selection
    "urls: setting": case('{"Urls": "http://127.0.0.1:PORT1;http://127.0.0.1:PORT2"}'),
    "urls: space": case('{"Urls": "http://127.0.0.1:PORT1; http://127.0.0.1:PORT2"}'),
    "urls: under endpoints": endpoint('"Url": "http://127.0.0.1:PORT1"', args=["--urls", "http://127.0.0.1:PORT2"]),
    "urls: preferred": case('{"PreferHostingUrls": true, "Urls": "http://127.0.0.1:PORT2", "Kestrel": {"Endpoints": '
                            '{"A": {"Url": "http://127.0.0.1:PORT1"}}}}'),
    "urls: argument over variable": case(env={"URLS": "http://127.0.0.1:PORT1"},
                                         args=["--urls=http://127.0.0.1:PORT2"]),
    "urls: variable over file": case("{" + HOST + "}", env={"URLS": "http://127.0.0.1:PORT2"}),
    "urls: file over host's variable": case("{" + HOST + "}", env={"ASPNETCORE_URLS": "http://127.0.0.1:PORT2"}),
    "urls: host's variable": case(env={"ASPNETCORE_URLS": "http://127.0.0.1:PORT1"}),
    "urls: host's two variables": case(env={"ASPNETCORE_URLS": "http://127.0.0.1:PORT1",
                                            "DOTNET_URLS": "http://127.0.0.1:PORT2"}),
    "ports: variable": case(env={"ASPNETCORE_HTTP_PORTS": "PORT1;PORT2"}),
    "ports: number in a file": case('{"HTTP_PORTS": PORT1}'),
    "ports: under urls": case(env={"HTTP_PORTS": "PORT1"}, args=["--urls", "http://127.0.0.1:PORT2"]),
    "ports: under endpoints": endpoint('"Url": "http://127.0.0.1:PORT1"', env={"HTTP_PORTS": "PORT2"}),
    "ports: no number": case(env={"HTTP_PORTS": "http"}),
    # ------------------------------------------------------------------------------- layers
    "layers: environment's file": case("{" + HOST + "}", env={"ASPNETCORE_ENVIRONMENT": "Staging"},
                                       Staging='{"Urls": "http://127.0.0.1:PORT2"}'),
    "layers: two names of the environment": case(
        "{" + HOST + "}", env={"ASPNETCORE_ENVIRONMENT": "Staging", "DOTNET_ENVIRONMENT": "Other"},
        Staging='{"Urls": "http://127.0.0.1:PORT2"}', Other='{"Urls": "http://127.0.0.1:PORT3"}'),
    "layers: environment as an argument": case("{" + HOST + "}", args=["--environment", "Staging"],
                                               Staging='{"Urls": "http://127.0.0.1:PORT2"}'),
    "layers: endpoint's url by variable": endpoint('"Url": "http://127.0.0.1:PORT1", "Protocols": "Http1"',
                                                   env={"Kestrel__Endpoints__A__Url": "http://127.0.0.1:PORT2"}),
    "layers: endpoint in another case": endpoint('"Url": "http://127.0.0.1:PORT1"',
                                                 args=["--KESTREL:endpoints:a:URL=http://127.0.0.1:PORT2"]),
    "layers: endpoint by argument": case(args=["--Kestrel:Endpoints:X:Url", "http://127.0.0.1:PORT1"]),
    "layers: limit by variable": limits('"MaxRequestLineSize": 100',
                                        env={"Kestrel__Limits__MaxRequestLineSize": "200"}),
    "layers: limit by argument": limits('"MaxRequestLineSize": 100',
                                        env={"Kestrel__Limits__MaxRequestLineSize": "200"},
                                        args=["--Kestrel:Limits:MaxRequestLineSize=300"]),
    "layers: null over a value": limits('"MaxRequestBodySize": 5', env={"ASPNETCORE_ENVIRONMENT": "Staging"},
                                        Staging='{"Kestrel": {"Limits": {"MaxRequestBodySize": null}}}'),
    "layers: empty variable over a value": limits('"MaxRequestBodySize": 5',
                                                  env={"Kestrel__Limits__MaxRequestBodySize": ""}),
    "layers: section null over a section": limits('"MaxRequestLineSize": 100',
                                                  env={"ASPNETCORE_ENVIRONMENT": "Staging"},
                                                  Staging='{"Kestrel": {"Limits": null}}'),
    # ------------------------------------------------------------------------------- JSON
    "json: comments and commas": case("// a\n{ /* b */ " + HOST + ", }\n// c"),
    "json: byte order mark": case("\ufeff{" + HOST + "}"),
    "json: keys of any case":
        case('{"URLS": "http://127.0.0.1:PORT1", "kestrel": {"LIMITS": {"maxrequestlinesize": 99}}}'),
    "json: key twice": case("{" + HOST + ", " + HOST + "}"),
    "json: key twice in another case": case("{" + HOST + ', "urls": "http://127.0.0.1:PORT2"}'),
    "json: section twice": case("{" + HOST + ', "Kestrel": {"Limits": {"MaxRequestLineSize": 99}}, '
                                '"kestrel": {"Limits": {"MaxRequestHeaderCount": 9}}}'),
    "json: colon in a key": case("{" + HOST + ', "Kestrel:Limits:MaxRequestLineSize": 99}'),
    "json: not closed": case("{" + HOST),
    "json: an array": case("[]"),
    "json: empty file": case(""),
    "json: no quotes": case("{Urls: 1}"),
    # ------------------------------------------------------------------------------- limits
    "limits: sizes": limits('"MaxRequestLineSize": 100, "MaxRequestHeadersTotalSize": 200, "MaxRequestHeaderCount": 5, '
                            '"MaxRequestBodySize": 1000, "MaxConcurrentConnections": 7, '
                            '"MaxConcurrentUpgradedConnections": 0',
                            probe=[line(100), line(101), headers(5), headers(6), header_bytes(198), header_bytes(201),
                                   post(1000), post(1001)]),
    "limits: chunked body": limits('"MaxRequestBodySize": 1000', probe=[post(900, True), post(1001, True)]),
    "limits: texts": limits('"MaxRequestLineSize": "100", "MaxRequestBodySize": " 1000 "'),
    "limits: null": limits('"MaxRequestBodySize": null, "MaxRequestBufferSize": null, "MaxResponseBufferSize": null',
                           probe=[post(100_000)]),
    "limits: times": limits('"KeepAliveTimeout": "00:01:00", "RequestHeadersTimeout": "1.02:03:04.5"'),
    "limits: infinite": limits('"KeepAliveTimeout": "-00:00:00.001"'),
    "limits: the word infinite": limits('"KeepAliveTimeout": "Infinite"'),
    "limits: hours and minutes": limits('"KeepAliveTimeout": "10:20"'),
    "limits: a number for a time": limits('"KeepAliveTimeout": 130'),
    "limits: 24 hours": limits('"KeepAliveTimeout": "24:00:00"'),
    "limits: 60 minutes": limits('"KeepAliveTimeout": "00:60:00"'),
    "limits: no time": limits('"KeepAliveTimeout": "00:00:00"'),
    "limits: zero": limits('"MaxRequestLineSize": 0'),
    "limits: negative": limits('"MaxRequestBodySize": -1'),
    "limits: no number": limits('"MaxRequestBodySize": "lots"'),
    "limits: fraction": limits('"MaxRequestLineSize": 1.5'),
    "limits: with a unit": limits('"MaxRequestBodySize": "64K"'),
    "limits: hexadecimal": limits('"MaxRequestLineSize": "0x100"'),
    "limits: buffer below line": limits('"MaxRequestBufferSize": 100'),
    "limits: null for a number": limits('"MaxRequestLineSize": null'),
    "limits: rates": limits('"MinRequestBodyDataRate": {"BytesPerSecond": 100, "GracePeriod": "00:00:10"}, '
                            '"MinResponseDataRate": {"BytesPerSecond": 50}'),
    "limits: no rate": limits('"MinRequestBodyDataRate": null'),
    "limits: an empty section for a number": limits('"MaxRequestBodySize": {}'),
    "limits: an empty list for a number": limits('"MaxRequestBodySize": []'),
    "limits: an empty section for a rate": limits('"MinRequestBodyDataRate": {}'),
    "limits: http2": limits('"Http2": {"MaxStreamsPerConnection": 9, "MaxFrameSize": 20000, '
                            '"KeepAlivePingDelay": "00:00:30"}'),
    "limits: http2 out of range": limits('"Http2": {"MaxFrameSize": 1}'),
    "limits: unknown": limits('"MaxRequestBodySze": 5'),
    "switches": case("{" + HOST + ', "Kestrel": {"AddServerHeader": false, "AllowHostHeaderOverride": "TRUE", '
                     '"AllowSynchronousIO": true, "DisableStringReuse": true}}'),
    "switch: no truth": case("{" + HOST + ', "Kestrel": {"AddServerHeader": "yes"}}'),
    "switch: null": case("{" + HOST + ', "Kestrel": {"AddServerHeader": null}}'),
    # ------------------------------------------------------------------------------- endpoints
    "endpoint: defaults": endpoint('"Url": "http://127.0.0.1:PORT1"',
                                   before='"EndpointDefaults": {"Protocols": "Http1"}, '),
    "endpoint: protocols as a list": endpoint('"Url": "http://127.0.0.1:PORT1", "Protocols": "http1, HTTP2"'),
    "endpoint: all protocols": endpoint('"Url": "http://127.0.0.1:PORT1", "Protocols": "Http1AndHttp2AndHttp3"'),
    "endpoint: http2 alone": endpoint('"Url": "http://127.0.0.1:PORT1", "Protocols": "Http2"'),
    "endpoint: http3 alone": endpoint('"Url": "http://127.0.0.1:PORT1", "Protocols": "Http3"'),
    "endpoint: no such protocol": endpoint('"Url": "http://127.0.0.1:PORT1", "Protocols": "Http11"'),
    "endpoint: certificate without https":
        endpoint('"Url": "http://127.0.0.1:PORT1", "Certificate": {"Path": "a.pfx"}'),
    "endpoint: empty certificate without https": endpoint('"Url": "http://127.0.0.1:PORT1", "Certificate": {}'),
    "endpoint: ssl without https": endpoint('"Url": "http://127.0.0.1:PORT1", "SslProtocols": ["Tls12"]'),
    "endpoint: client mode without https":
        endpoint('"Url": "http://127.0.0.1:PORT1", "ClientCertificateMode": "AllowCertificate"'),
    "endpoint: sni without https": endpoint('"Url": "http://127.0.0.1:PORT1", "Sni": {"*": {"Protocols": "Http1"}}'),
    "endpoint: key of the application": endpoint('"Url": "http://127.0.0.1:PORT1", "Own": {"X": 1}'),
    "endpoint: a url alone": case('{"Kestrel": {"Endpoints": {"A": "http://127.0.0.1:PORT1"}}}'),
    # ----------------------------------------------------------------------------------- https
    "https: certificate": https('"Certificate": CERTIFICATE'),
    "https: default certificate": https('"Protocols": "Http1"', before='"Certificates": {"Default": CERTIFICATE}, '),
    "https: no such key": https('"Certificate": {"Path": "site.pem", "KeyPath": "missing.key"}'),
    "https: two sources": https('"Certificate": {"Path": "site.pem", "Subject": "localhost"}'),
    "https: not in the store": https('"Certificate": {"Subject": "saker.nobody.example"}'),
    "https: no such location": https('"Certificate": {"Subject": "a", "Location": "Nowhere"}'),
    "https: versions": https('"Certificate": CERTIFICATE, "SslProtocols": ["Tls12", "Tls13"]'),
    "https: old version": https('"Certificate": CERTIFICATE, "SslProtocols": ["Tls11"]'),
    "https: no such version": https('"Certificate": CERTIFICATE, "SslProtocols": ["Tls14"]'),
    "https: client mode": https('"Certificate": CERTIFICATE, "ClientCertificateMode": "RequireCertificate"'),
    "https: no such client mode": https('"Certificate": CERTIFICATE, "ClientCertificateMode": "Perhaps"'),
    "https: names": https('"Sni": {"*": {"Certificate": CERTIFICATE}, "a.example": {"Certificate": CERTIFICATE, '
                          '"Protocols": "Http1", "SslProtocols": ["Tls13"]}}'),
    "https: empty name": https('"Certificate": CERTIFICATE, "Sni": {"": {"Certificate": CERTIFICATE}}'),
    "https: name with two sources":
        https('"Sni": {"*": {"Certificate": {"Path": "site.pem", "Subject": "localhost"}}}'),
    "https: name that is an address": https('"Certificate": CERTIFICATE, "Sni": {"127.0.0.1": {}, "*": {}}'),
    "https: defaults": https('"Certificate": CERTIFICATE', before='"EndpointDefaults": {"SslProtocols": ["Tls12"], '
                             '"ClientCertificateMode": "AllowCertificate"}, '),
    "https: several certificates": https('"Certificates": [CERTIFICATE]'),
    "endpoints: empty": case("{" + HOST + ', "Kestrel": {"Endpoints": {}}}'),
    "certificates: unused":
        case("{" + HOST + ', "Kestrel": {"Certificates": {"Other": {"Path": "a", "Password": "b"}}}}'),
}

"""nginx, HAProxy and Apache in front: each speaks HTTP/2 to the server, over h2c or TLS, and to its clients HTTP/1.1
or HTTP/2 as it can. HAProxy calls what came by HTTP/1.1 https, whatever it is: AllowAlternateSchemes."""
import os
import re
import socket

from grpc_checks import Stub
from http2_servers import free_ports
from library_checks import Talk, both_ways
from site_of_clients import Daemon, at_once, check, run

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr warn;
events {{ worker_connections 512; }}
http {{
  access_log off; client_max_body_size 0; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream clear {{ server 127.0.0.1:{h2c}; keepalive 8; }}
  upstream secured {{ server 127.0.0.1:{tls}; keepalive 8; }}
  upstream older {{ server 127.0.0.1:{clear}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port} http2;
    grpc_buffer_size 64k; grpc_read_timeout 20s;
    location / {{ grpc_pass grpc://clear; }}
  }}
  server {{
    listen 127.0.0.1:{second} http2;
    grpc_ssl_verify on; grpc_ssl_trusted_certificate {authority}; grpc_ssl_name localhost; grpc_read_timeout 20s;
    location / {{ grpc_pass grpcs://secured; }}
  }}
  server {{
    listen 127.0.0.1:{third};
    proxy_http_version 1.1; proxy_set_header Connection "";
    location / {{ proxy_pass http://older; }}
  }}
}}
"""
HAPROXY = """
global
  maxconn 500
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
  timeout tunnel 20s
  option abortonclose
frontend h1
  bind 127.0.0.1:{port}
  default_backend clear
frontend h2
  bind 127.0.0.1:{second} proto h2
  default_backend clear
frontend h2_secured
  bind 127.0.0.1:{third} proto h2
  default_backend secured
backend clear
  option httpchk
  http-check send meth GET uri /plaintext hdr host localhost
  http-check expect status 200
  server one 127.0.0.1:{h2c} proto h2 check check-proto h2 inter 500ms
backend secured
  server one 127.0.0.1:{tls} ssl verify required ca-file {authority} verifyhost localhost sni str(localhost) alpn h2
"""
APACHE = """
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/apache.error
LogLevel warn
ServerName localhost
Listen 127.0.0.1:{port}
Listen 127.0.0.1:{second}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule http2_module {modules}/mod_http2.so
LoadModule ssl_module {modules}/mod_ssl.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http2_module {modules}/mod_proxy_http2.so
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
Protocols h2c http/1.1
SSLProxyEngine on
SSLProxyCACertificateFile {authority}
SSLProxyCheckPeerName off
ProxyTimeout 20
<VirtualHost 127.0.0.1:{port}>
  ProxyPass / h2c://127.0.0.1:{h2c}/
</VirtualHost>
<VirtualHost 127.0.0.1:{second}>
  ProxyPass / h2://127.0.0.1:{tls}/
</VirtualHost>
"""
PRIOR = "--http2-prior-knowledge"


def proxy(site, name, configuration, *command):
    """It runs; `ports` are those of its {port}, {second} and {third}."""
    port, second, third = free_ports(3)
    file = os.path.join(site.folder, f"{name}.conf")
    with open(file, "w") as to:
        to.write(configuration.format(folder=site.folder, authority=site.authority, port=port, second=second,
                                      third=third,
                                      modules="/usr/lib/apache2/modules", **site.ports))
    daemon = Daemon(site.folder, name, *[part.format(file=file) for part in command], port=port)
    daemon.ports = (port, second, third)
    return daemon


def nginx(site):
    return proxy(site, "nginx", NGINX, "nginx", "-p", site.folder, "-c", "{file}", "-e", "stderr")


def haproxy(site):
    return proxy(site, "haproxy", HAPROXY, "haproxy", "-db", "-f", "{file}")


def apache(site):
    return proxy(site, "apache2", APACHE, "apache2", "-f", "{file}", "-DFOREGROUND")


def curl(port, path, *arguments, **more):
    return run("curl", "-sS", "--max-time", 40, *arguments, f"http://localhost:{port}{path}", quiet=True, **more)


def ask_everything(site, port, *way):
    """What every proxy can carry: answers of all sizes, uploads, refusals, HEAD, many at once."""
    said = curl(port, "/plaintext", *way)
    assert said == "Hello, World!", said
    assert curl(port, "/bytes/5000000", *way, "-o", "/dev/null", "-w", "%{size_download}") == "5000000"
    assert curl(port, "/stream/1000", *way) == "piece\n" * 1000
    assert re.search(r"^HTTP/\S+ 200", curl(port, "/plaintext", *way, "-I"))  # nginx says of it what length it likes
    for status in (204, 304, 403, 404):
        code = curl(port, f"/status/{status}", *way, "-o", "/dev/null", "-w", "%{response_code}")
        assert code == str(status), (code, status)
    assert curl(port, "/count", *way, "--data-binary", f"@{site.large}") == "10000000"
    back = os.path.join(site.folder, "back")
    curl(port, "/echo", *way, "--data-binary", f"@{site.large}", "-o", back)
    with open(site.large, "rb") as sent, open(back, "rb") as heard:
        assert sent.read() == heard.read(), "other bytes than were sent"
    # Without a length: chunks, or DATA frames alone.
    assert curl(port, "/count", *way, "-T", "-", "-X", "POST", stdin_of=site.large) == "10000000"
    for i, said in enumerate(at_once(20, lambda i: curl(port, f"/bytes/{i * 5000}", *way))):
        assert len(said) == i * 5000, i
    told = curl(port, "/fields?a=b", *way, "-H", "X-Told: so it is", "-H", "Cookie: a=b; c=d")
    assert told.startswith("GET ") and " /fields?a=b HTTP/2\n" in told, told
    assert "x-told: so it is\n" in told and "cookie: a=b; c=d\n" in told, told
    code = curl(port, "/throw", *way, "-o", "/dev/null", "-w", "%{response_code}")
    assert code == "500", code


def ask_grpc(site, port):
    """What a proxy of HTTP/2 carries besides: trailers, both ways at once, errors."""
    import grpc
    with Stub(site, "h2c", port=port) as stub:
        answer, call = stub.echo.with_call(b"Hello", metadata=[("x-asked", "this")], timeout=20)
        assert answer == b"Hello" and dict(call.trailing_metadata())["x-told"] == "this"
        try:
            stub.refuse(b"Hello", timeout=20)
            assert False, "no error"
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.NOT_FOUND, error
        assert [len(one) for one in stub.talk((b"x" * 1000 for _ in range(100)), timeout=20)] == [1000] * 100
        # HAProxy 2.6 ends a connection on which trailers come behind DATA that fills its buffer of 16 KiB.
        assert all(at_once(20, lambda i: stub.echo(b"x" * i * 500, timeout=20) == b"x" * i * 500))


def load(port, path="/plaintext", requests=3000):
    said = run("h2load", "-n", requests, "-c", 4, "-m", 20, f"http://localhost:{port}{path}")
    assert f"{requests} succeeded, 0 failed, 0 errored" in said and f"{requests} 2xx" in said, said


@check("nginx (grpc_pass): everything, over h2c and TLS", "nginx", "curl", "h2load")
def nginx_everything(site):
    with nginx(site) as front:
        for port in front.ports[:2]:
            ask_everything(site, port, PRIOR)
            load(port)


@check("nginx (grpc_pass): trailers, and both ways at once", "nginx", "module h2")
def nginx_both_ways(site):
    """By python3-h2: Debian's gRPC 1.51 does not survive nginx's first frames (SIGILL), whoever is behind."""
    with nginx(site) as front:
        for port in front.ports[:2]:
            talk = Talk(site, "h2c", port=port)
            both_ways(talk)
            stream = talk.request("/saker.Echo/Once", "POST", b"Hello", [("te", "trailers"), ("x-asked", "this")])
            assert talk.answer(stream) == ("200", b"Hello"), talk.heads
            assert talk.trailers[stream] == {"grpc-status": "0", "x-told": "this"}, talk.trailers


@check("nginx (grpc_pass): a client that gives up is noticed", "nginx", "curl")
def nginx_gives_up(site):
    with nginx(site) as front:
        for port in front.ports[:2]:
            key = site.key()
            curl(port, f"/wait/{key}", PRIOR, "--max-time", 1, code=28)
            site.was_told(key)


@check("nginx (proxy_pass): HTTP/1.1 on the port that has HTTP/2 too", "nginx", "curl")
def nginx_older(site):
    with nginx(site) as front:
        assert curl(front.ports[2], "/plaintext") == "Hello, World!"
        assert " HTTP/1.1\n" in curl(front.ports[2], "/fields")


@check("HAProxy: everything, over h2c and TLS, for clients of both", "haproxy", "curl", "h2load")
def haproxy_everything(site):
    with haproxy(site) as front:
        for port, way in zip(front.ports, ((), (PRIOR,), (PRIOR,))):
            ask_everything(site, port, *way)
        for port in front.ports[1:]:
            load(port)


@check("HAProxy: gRPC", "haproxy", "module grpc")
def haproxy_grpc(site):
    with haproxy(site) as front:
        for port in front.ports[1:]:
            ask_grpc(site, port)


@check("HAProxy: a client that gives up is noticed", "haproxy", "curl")
def haproxy_gives_up(site):
    with haproxy(site) as front:
        for port, way in zip(front.ports, ((), (PRIOR,), (PRIOR,))):
            key = site.key()
            curl(port, f"/wait/{key}", *way, "--max-time", 1, code=28)
            site.was_told(key)


@check("HAProxy: a WebSocket of HTTP/1.1 becomes one of HTTP/2", "haproxy")
def haproxy_websocket(site):
    """RFC 8441: the proxy answers 101 where the server answers 200 to its extended CONNECT."""
    with haproxy(site) as front, socket.create_connection(("127.0.0.1", front.ports[0]), 20) as wire:
        wire.sendall(b"GET /websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                     b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        heard = b""
        while b"\r\n\r\n" not in heard:
            heard += wire.recv(4096) or b"\r\n\r\n"
        assert heard.startswith(b"HTTP/1.1 101 ") and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in heard, heard
        mask = b"\1\2\3\4"
        wire.sendall(b"\x81\x85" + mask + bytes(one ^ mask[i % 4] for i, one in enumerate(b"Hello")))
        heard = heard.partition(b"\r\n\r\n")[2]
        while len(heard) < 7:
            piece = wire.recv(4096)
            assert piece, heard
            heard += piece
        assert heard == b"\x81\x05Hello", heard


@check("Apache (mod_proxy_http2): everything, over h2c and TLS", "apache2", "curl", "h2load")
def apache_everything(site):
    with apache(site) as front:
        for port in front.ports[:2]:
            for way in ((), (PRIOR,)):
                ask_everything(site, port, *way)
            load(port)

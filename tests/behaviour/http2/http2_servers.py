"""Both servers with the same settings: Saker's server.cc and real Kestrel (kestrel/), each ended by its id."""
import importlib.util
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
SKIPPED = 77
PROTOCOLS = {"h2c": "Http2", "clear": "Http1AndHttp2", "h1": "Http1", "tls": "Http1AndHttp2", "tls_h2": "Http2",
             "tls_h1": "Http1"}
# What is set in Kestrel:Limits, by the name of the server.
SETTINGS = {
    "usual": {},
    "small": {"MaxRequestBodySize": 1000, "MaxRequestHeaderCount": 10, "MaxRequestHeadersTotalSize": 1000,
              "MaxRequestLineSize": 200, "Http2": {"MaxStreamsPerConnection": 3, "MaxRequestHeaderFieldSize": 400,
                                                   "MaxFrameSize": 32768}},
    "table": {"Http2": {"HeaderTableSize": 1024}},
    "wide": {"MaxRequestHeadersTotalSize": 1000000, "MaxRequestHeaderCount": 1000},
    "tight": {"Http2": {"InitialConnectionWindowSize": 65535, "InitialStreamWindowSize": 65535}},
    "quick": {"KeepAliveTimeout": "00:00:02", "RequestHeadersTimeout": "00:00:02"},
    "pings": {"Http2": {"KeepAlivePingDelay": "00:00:01", "KeepAlivePingTimeout": "00:00:01"}},
    "stopping": {},
    "clients": {},
}


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def need_packages(required=True, **debian):
    """Goes on with the distribution's Python where this one has not the packages of the distribution."""
    missing = [package for name, package in debian.items() if importlib.util.find_spec(name) is None]
    of_the_system = "/usr/bin/python3"
    if missing and os.path.exists(of_the_system) and "SAKER_PYTHON" not in os.environ:
        os.execve(of_the_system, [of_the_system, *sys.argv], {**os.environ, "SAKER_PYTHON": of_the_system})
    if missing and required:
        skip(f"there is no {', '.join(missing)}: apt-get install {' '.join(missing)}")


def find_kestrel(given):
    program = given or str(ROOT / "build/kestrel-http2/kestrel_http2")
    if not os.path.exists(program):
        if shutil.which("dotnet") is None:
            skip("there is no dotnet here, and no build/kestrel-http2")
        built = subprocess.run(["dotnet", "publish", "-c", "Release", "-o", str(ROOT / "build/kestrel-http2")],
                               cwd=HERE / "kestrel", capture_output=True, text=True)
        if built.returncode != 0:
            skip("Kestrel's twin cannot be built here:\n" + built.stdout[-2000:])
    return os.path.abspath(program)


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", "server.key", "-out", "server.pem", "-days", "30", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], cwd=folder, check=True,
                   capture_output=True)


def tls_context(alpn=(), versions="1.3", ciphers=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if versions == "1.2":
        made.maximum_version = ssl.TLSVersion.TLSv1_2
    if ciphers:
        made.set_ciphers(ciphers)
    if alpn:
        made.set_alpn_protocols(alpn)
    return made


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Server:
    """One of both; `ports` are those of its endpoints, by their names."""

    def __init__(self, program, folder, name, protocols=None):
        protocols = protocols or PROTOCOLS
        self.ports = dict(zip(protocols, free_ports(len(protocols))))
        endpoints = {}
        for endpoint, port in self.ports.items():
            secured = endpoint.startswith("tls")
            endpoints[endpoint] = {"Url": f"http{'s' if secured else ''}://127.0.0.1:{port}",
                                   "Protocols": protocols[endpoint]}
            if secured:
                endpoints[endpoint]["Certificate"] = {"Path": f"{folder}/server.pem", "KeyPath": f"{folder}/server.key"}
        file = tempfile.NamedTemporaryFile("w", suffix=".json", dir=folder, delete=False)
        with file:
            json.dump({"shutdownTimeoutSeconds": 3, "Kestrel": {
                "Endpoints": endpoints, "Limits": SETTINGS[name], "AllowAlternateSchemes": name == "clients"}}, file)
        command = [program, "--config", file.name, "--page", str(HERE / "checks/page.html")]
        command += ["--rates", "240"] if name == "quick" else []
        kept = {one: value for one, value in os.environ.items()
                if not one.upper().startswith(("ASPNETCORE", "KESTREL"))}
        self.process = subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**kept, "DOTNET_EnableDiagnostics": "0", "HOME": str(folder)})
        said = self.process.stdout.readline()
        if said.strip() != "started":
            raise SystemExit(f"{program} does not start: {said}{self.process.stderr.read()}")
        for stream in (self.process.stdout, self.process.stderr):
            threading.Thread(target=stream.read, daemon=True).start()

    def terminate(self):
        self.process.terminate()

    def stop(self):
        self.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

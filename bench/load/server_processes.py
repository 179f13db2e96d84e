"""Servers as child processes of bench/load/compare_tls and compare_http2: on one processor, on free ports of
127.0.0.1, with configurations filled in, ended by their pid. Certificates and the Kestrel twin are made here, too."""
import importlib.machinery
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(FOLDER))
KEYS = {"ecdsa": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"]}


class Failed(Exception):
    pass


def say(text):
    print(text, file=sys.stderr, flush=True)


def on_processor(cpu):
    return lambda: os.sched_setaffinity(0, {cpu})


def start(command, log, folder, cpu, more_environment=None):
    with open(log, "wb") as file:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd=folder,
                                env=dict(os.environ, **(more_environment or {})), preexec_fn=on_processor(cpu))


def end(process):
    for how, patience in ((signal.SIGTERM, 3), (signal.SIGKILL, 3)):
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                pass


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def last_words(process, log):
    with open(log, encoding="utf-8", errors="replace") as file:
        words = file.read().strip().splitlines() or ["nothing"]
    return f"it ended with {process.returncode} and said: {' / '.join(words[-2:])[:200]}"


def wait_ready(process, port, log):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Failed(last_words(process, log))
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        except OSError:
            time.sleep(0.02)
    raise Failed(f"nothing listens on port {port}")


def filled(text, fill):
    for key, value in fill.items():
        text = text.replace("{" + key + "}", str(value))
    return text


def write_twin(name, folder, fill):
    """A configuration of bench/servers, filled in."""
    with open(f"{ROOT}/bench/servers/{name}", encoding="utf-8") as file:
        text = filled(file.read(), fill)
    with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
        file.write(text)


def make_certificates(folder):
    for name, key in KEYS.items():
        pem, secret = f"{folder}/{name}.pem", f"{folder}/{name}.key"
        done = subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-keyout", secret, "-out", pem,
                               "-days", "30", "-subj", "/CN=localhost", "-addext",
                               "subjectAltName=DNS:localhost,IP:127.0.0.1"], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"openssl made no certificate (apt-get install openssl):\n{done.stderr}")
        with open(pem, "a", encoding="ascii") as file, open(secret, encoding="ascii") as key_file:
            file.write(key_file.read())


def build_kestrel():
    loader = importlib.machinery.SourceFileLoader("compare", f"{FOLDER}/compare")
    spec = importlib.util.spec_from_loader("compare", loader)
    sys.dont_write_bytecode = True
    compare = importlib.util.module_from_spec(spec)
    loader.exec_module(compare)
    compare.build_kestrel()

"""One run of h2load (nghttp2-client) for bench/load/compare_http2, and what it has said. One thread; windows as large
as HTTP/2 has them (h2load's default), so that flow control of the client's is not measured."""
import re
import subprocess

from server_processes import Failed

SUITE = "TLS_AES_128_GCM_SHA256"
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def run(origin, workload, how):
    """how: amount (["-n", requests] or ["-D", duration]), patience in seconds, folder of bodies, before (in it)."""
    command = ["h2load", "-t", "1", "-c", str(workload["connections"]), "-m", str(workload["streams"]),
               "--tls13-ciphers", SUITE, *how["amount"]]
    if "body" in workload:
        command += ["-d", f"{how['folder']}/body.{workload['body']}"]
    done = subprocess.run(command + [origin + workload["path"]], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=how["patience"], preexec_fn=how["before"])
    return said(done.stdout, done.stderr)


def said(text, complaints):
    rate = re.search(r"^finished in \S+, ([\d.]+) req/s", text, re.M)
    counts = re.search(r"(\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text)
    bytes_of = re.search(r"\((\d+)\) total, .*?\((\d+)\) headers.*?\((\d+)\) data", text)
    mean = re.search(r"^time for request: +\S+ +\S+ +([\d.]+)(us|ms|s)", text, re.M)
    spoken = re.search(r"^Application protocol: (\S+)", text, re.M)
    if not (rate and counts and bytes_of and spoken):
        raise Failed("h2load: " + " / ".join((complaints.strip() or text.strip()).splitlines()[-2:])[-200:])
    suite = re.search(r"^Cipher: (\S+)", text, re.M)
    return {"rps": float(rate[1]), "ops": int(counts[3]), "failed": sum(int(counts[i]) for i in (4, 5, 6)),
            "not2xx": int(counts[2]) - int(re.search(r"^status codes: (\d+) 2xx", text, re.M)[1]),
            "header_bytes": int(bytes_of[2]), "data_bytes": int(bytes_of[3]), "protocol": spoken[1],
            "suite": suite[1] if suite else None,
            "mean_ms": float(mean[1]) * MILLISECONDS[mean[2]] if mean else None}

"""What bench/load/compare_tls has measured, as tables: medians, spreads, ratios; and what follows from them."""
import fnmatch
import statistics

# What a workload is about: where it is in a sample, its unit, and how the table shows it.
SHOWS = {"cpu": ("cpu_us", "us CPU each", "{:.2f}"), "memory": ("bytes_each", "bytes a connection", "{:.0f}"),
         "latency": ("wire_p99_us", "us p99", "{:.0f}")}


def matches(name, patterns):
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def value(sample, key):
    return sample.get(key) if sample.get(key) is not None else float("nan")


def medians(samples, key):
    values = [value(s, key) for s in samples]
    middle = statistics.median(values)
    return middle, (max(values) - min(values)) / middle if middle else 0.0


def result_of(samples, server, workload, key):
    mine = [s for s in samples if fnmatch.fnmatch(s["server"], server) and s["workload"] == workload]
    return medians(mine, key)[0] if mine else None


def row_of(mine, workload, ref):
    key, _, form = SHOWS[workload["shows"]]
    middle, spread = medians(mine, key)
    ratio = f"{middle / ref:.3f}" if ref else "-"
    ticks = sum(s.get("user_s", 0) + s.get("kernel_s", 0) for s in mine)
    user = f"{sum(s.get('user_s', 0) for s in mine) / ticks:.0%}" if ticks else "-"
    cells = [mine[0]["server"], form.format(middle), f"{spread:.1%}", ratio, user]
    cells += ["-" if mine[0].get(name) is None else f"{medians(mine, name)[0]:{how}}" for name, how in (
        ("rps", ".0f"), ("server_cpu", ".2f"), ("client_cpu", ".2f"), ("p50_us", ".0f"), ("p99_us", ".0f"),
        ("wire_p50_us", ".0f"), ("wire_p99_us", ".0f"), ("foreign", ".2f"))]
    return cells + [str(sum(s["errors"] + s["non2xx"] for s in mine))]


def report(data):
    samples, ref_name = data["samples"], data["ref"]
    heads = ["server", "", "spread", "ratio", "user", "each/s", "server", "client", "p50", "p99", "wire p50",
             "wire p99", "foreign", "errors"]
    for workload in data["workloads"]:
        key, unit, _ = SHOWS[workload["shows"]]
        names = list(dict.fromkeys(s["server"] for s in samples if s["workload"] == workload["name"]))
        if not names:
            continue
        ref = result_of(samples, ref_name, workload["name"], key)
        rows = [row_of([s for s in samples if s["server"] == name and s["workload"] == workload["name"]], workload, ref)
                for name in names]
        print(f"\n{workload['name']}: {unit}, ratio to {ref_name if ref else 'nobody'}")
        widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
        for row in [heads, *rows]:
            print("  " + "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                                   for i, (cell, width) in enumerate(zip(row, widths))))
    conclusions(data)
    for name, why in data["left_out"].items():
        print(f"left out: {name}: {why}")


def conclusions(data):
    """What TLS adds to a request, what handshakes do to the others, and the bounds of tls_peers.json."""
    samples = data["samples"]
    print()
    for name in dict.fromkeys(s["server"] for s in samples):
        clear, tls = (result_of(samples, name, workload, "cpu_us") for workload in ("clear.c64", "tls.c64"))
        if clear and tls:
            print(f"{name}: TLS adds {tls - clear:.2f} us CPU to a request of {clear:.2f} us ({tls / clear:.2f} x)")
        calm, busy = (result_of(samples, name, workload, "wire_p99_us")
                      for workload in ("half_load", "half_load.200handshakes"))
        if calm and busy:
            print(f"{name}: p99 at half load {calm:.0f} us, with 200 handshakes/s {busy:.0f} us ({busy / calm:.2f} x)")
    for bound in data["bounds"]:
        to = result_of(samples, *bound["to"], "cpu_us")
        for name in dict.fromkeys(s["server"] for s in samples if fnmatch.fnmatch(s["server"], bound["of"][0])):
            mine = result_of(samples, name, bound["of"][1], "cpu_us")
            if to and mine:
                print(f"{name}: {bound['says']}: {mine / to:.3f} x its CPU time, at most {bound['most']}: "
                      f"{'kept' if mine / to <= bound['most'] else 'NOT KEPT'}")

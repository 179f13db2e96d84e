"""What bench/load/compare_http2 has measured, as tables: medians, spreads, ratios within rounds, and an overview."""
import fnmatch
import json
import statistics
import sys

# What a workload is about: where it is in a sample, its unit, and how the tables show it.
SHOWS = {"cpu": ("cpu_us", "us CPU each", "{:.2f}"), "bytes": ("ns_a_byte", "ns CPU a byte", "{:.3f}"),
         "memory": ("bytes_a_stream", "bytes a stream", "{:.0f}")}
# Further columns: their heads, where they are in a sample, and how they are shown.
MORE = {"cpu": [("user", "user", "{:.0%}"), ("each/s", "rps", "{:.0f}"), ("server", "server_cpu", "{:.2f}"),
                ("client", "client_cpu", "{:.2f}"), ("mean ms", "mean_ms", "{:.2f}"),
                ("head bytes", "header_bytes", "{:.0f}"), ("connect us", "connect_us", "{:.0f}"),
                ("foreign", "foreign", "{:.2f}")],
        "memory": [("a connection", "bytes_a_connection", "{:.0f}"), ("kept after", "kept", "{:.1%}"),
                   ("held again", "grown_again", "{:+.1%}"), ("empty MB", "empty_mb", "{:.1f}"),
                   ("held MB", "held_mb", "{:.1f}"), ("after MB", "after_mb", "{:.1f}")]}
MORE["bytes"] = MORE["cpu"]


def matches(name, patterns):
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def values(samples, field):
    if field.endswith("_mb"):
        return [sample[field[:-3]] / 1e6 for sample in samples]
    return [sample[field] for sample in samples if sample.get(field) is not None]


def middle_of(samples, field):
    found = values(samples, field)
    return statistics.median(found) if found else None


def spread(found):
    middle = statistics.median(found)
    return (max(found) - min(found)) / middle if middle else 0.0


def ratios(mine, ref, field):
    """To the reference's sample of the same round."""
    theirs = {(s["file"], s["round"]): s[field] for s in ref}
    return [s[field] / theirs[s["file"], s["round"]] for s in mine if theirs.get((s["file"], s["round"]))]


def row_of(name, mine, ref, shows):
    field, _, form = SHOWS[shows]
    to = ratios(mine, ref, field)
    cells = [name, form.format(middle_of(mine, field)), f"{spread(values(mine, field)):.1%}", str(len(mine)),
             f"{statistics.median(to):.3f}" if to else "-", f"{min(to):.2f}..{max(to):.2f}" if to else "-"]
    for _, key, how in MORE[shows]:
        found = middle_of(mine, key)
        cells.append("-" if found is None else how.format(found))
    return cells + [str(sum(sample["errors"] for sample in mine))]


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))))


def cells_of(workloads, samples):
    """Each workload and mode of which there are samples, and these by server."""
    for workload in workloads:
        for mode in ("clear", "tls"):
            of = {}
            for sample in samples:
                if sample["workload"] == workload["name"] and sample["mode"] == mode:
                    of.setdefault(sample["server"], []).append(sample)
            if of:
                yield workload, mode, of


def lines_of(files):
    lines = []
    for name in files:
        try:
            with open(name, encoding="utf-8") as file:
                lines += [json.loads(line) for line in file if line.strip()]
        except (OSError, ValueError) as mistake:
            sys.exit(f"compare_http2: {name} was not written by --out: {mistake}")
    return lines


def report(workloads, lines, refs):
    samples, left_out = samples_of(lines)
    names = list(dict.fromkeys(sorted((s["server"] for s in samples), key=lambda n: ("saker" not in n, n))))
    for workload, mode, of in cells_of(workloads, samples):
        ref = next((name for name in refs if name in of), None)
        heads = ["server", "", "spread", "rounds", "ratio", "min..max", *(more[0] for more in MORE[workload["shows"]]),
                 "errors"]
        print(f"\n{mode} {workload['name']}: {SHOWS[workload['shows']][1]}, ratio to {ref or 'nobody'}")
        print_table([heads] + [row_of(name, of[name], of.get(ref, []), workload["shows"])
                               for name in names if name in of])
    overview(workloads, samples, names)
    what_tls_adds(workloads, samples, names)
    for name, mode, why in left_out:
        print(f"left out: {name}, {mode}: {why}")


def samples_of(lines):
    """A line with run begins the samples of a run: ratios are within one."""
    samples, left_out, file = [], [], 0
    for line in lines:
        if "run" in line:
            file += 1
            left_out += [each for each in line["left_out"] if each not in left_out]
        else:
            samples.append(dict(line, file=file))
    return samples, left_out


def overview(workloads, samples, names):
    print("\nmedians")
    rows = [["", "unit", *names]]
    for workload, mode, of in cells_of(workloads, samples):
        field, unit, form = SHOWS[workload["shows"]]
        rows.append([f"{mode} {workload['name']}", unit] +
                    [form.format(middle_of(of[name], field)) if name in of else "-" for name in names])
    print_table(rows)


def what_tls_adds(workloads, samples, names):
    rows = [["TLS to clear", *names]]
    cells = {(workload["name"], mode): of for workload, mode, of in cells_of(workloads, samples)}
    for workload in workloads:
        both = [cells.get((workload["name"], mode)) for mode in ("clear", "tls")]
        if all(both):
            of = [{name: middle_of(one[name], "cpu_us") for name in one} for one in both]
            rows.append([workload["name"]] + [f"{of[1][name] / of[0][name]:.2f} x" if name in of[0] and name in of[1]
                                              and of[0][name] else "-" for name in names])
    if len(rows) > 1:
        print()
        print_table(rows)

"""What processes and processors have done, out of /proc: for bench/load/compare_tls and compare_http2."""
import os
import resource
import time


def cpu_seconds(pid):
    """Of a process with all its threads (the clock of clock_getcpuclockid(3)), and of its children."""
    try:
        seconds = time.clock_gettime(((~pid) << 3) | 2)
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                seconds += sum(cpu_seconds(int(child)) for child in file.read().split())
        return seconds
    except OSError:
        return 0.0


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def machine_busy(cpus):
    """Seconds that these processors have worked or were stolen."""
    busy = 0
    with open("/proc/stat", encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words[0][:3] == "cpu" and words[0][3:].isdigit() and int(words[0][3:]) in cpus:
                times = [int(word) for word in words[1:9]]
                busy += sum(times) - times[3] - times[4]
    return busy / os.sysconf("SC_CLK_TCK")


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def user_and_kernel_ticks(pid):
    """As cpu_seconds, in two, but counted in whole ticks: good for their shares."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            words = file.read().rpartition(")")[2].split()
        both = [int(words[11]), int(words[12])]
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                for child in file.read().split():
                    both = [mine + its for mine, its in zip(both, user_and_kernel_ticks(int(child)))]
        return both
    except OSError:
        return [0, 0]


def settled_bytes(pid):
    """When it has not changed for a second; after 5 seconds in any case."""
    before, since, until = resident_bytes(pid), time.monotonic(), time.monotonic() + 5
    while time.monotonic() < min(until, since + 1):
        time.sleep(0.1)
        now = resident_bytes(pid)
        if now != before:
            before, since = now, time.monotonic()
    return before

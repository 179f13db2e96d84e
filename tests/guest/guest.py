#!/usr/bin/env python3
"""Runs programs of this machine on another kernel: in a small guest that QEMU emulates.

    tests/guest/guest.py [options] COMMAND...
    tests/guest/guest.py --binary build/dev/saker './saker doctor' 'cat /proc/net/tls_stat'

Why: kernel TLS is a module that a kernel may have been built without, and io_uring grew with every
release. A guest is a kernel of the distribution's packages (downloaded once, into build/guest-cache), a
file system in memory with busybox and the programs that are given, and no disk and no network but lo. It
boots in two or three seconds without hardware support (TCG), so it runs in any container.

What happens: /init mounts what a program expects, loads the modules, runs the commands one after the
other in /guest, where the programs lie, as root; then it sends what they said, their exit codes, and what they
left in /out over a second serial port as a tar archive, and powers off. The console is in a log
file whatever happens; a guest that panics or hangs ends at the deadline and is a failure.

Exit code: that of the first command that failed; 77 when no guest can be had here (no QEMU, no kernel
package), with the reason as the last line. As a library: `boot()`.

Other kernels and libraries, to try the same by hand:
    --kernel DIR or .deb...    a folder made by dpkg -x, or packages
    --suite trixie             the newest kernel of another suite of this machine's mirror, and its libraries
                               (trixie-backports: a newer kernel, the libraries of trixie)
    --root DIR                 a chroot or a folder of unpacked packages, whose ld.so and libraries are used
"""
import argparse
import collections
import io
import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
import time

import initramfs
import kernels
from kernels import Unavailable

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = f"{ROOT}/build/guest-cache"
LOGS = f"{ROOT}/build/guest"
SKIPPED = 77
DEADLINE_S = 240

# The protocol of kernel TLS and its ciphers. A usual system loads the ciphers when they are asked for; here
# nobody does, and without them the keys are refused. Older kernels lack some names: they are passed over.
MODULES = ("tls", "gcm", "ccm", "aesni-intel", "ghash-clmulni-intel", "chacha20poly1305", "chacha-x86_64", "chacha",
           "poly1305-x86_64")
# Libraries that a suite's programs would have, beside what ours are linked with here.
SUITE_LIBRARIES = (("libssl3t64", "libssl3"), ("libc6",), ("libgcc-s1",), ("libstdc++6",), ("zlib1g",), ("libzstd1",))
# cmpxchg16b as TCG 7.2 emulates it ended in panics under load.
QEMU = ("qemu-system-x86_64", "-accel", "tcg", "-smp", "1", "-cpu", "max,-cx16", "-m", "1024", "-nographic",
        "-no-reboot", "-nic", "none", "-monitor", "none")

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp SAKER_GUEST=1
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
ip link set lo up
ulimit -n 65536
while read -r module; do
    insmod /modules/$module.ko || echo "guest: the module $module was not loaded"
done </modules/order
echo
echo "guest: this is Linux $(uname -r)"
cd /guest
"""
EACH = """
echo "guest: {number} of {count} begins: "{shown}
{{ ( {command} ); echo $? >/out/.code{number}; }} 2>&1 | tee /out/.said{number}
echo "guest: {number} of {count} ended with $(cat /out/.code{number})"
"""
END = """
cat /proc/net/tls_stat | tee /out/.tls_stat
dmesg >/out/.dmesg
stty -F /dev/ttyS1 raw
tar -c -f /dev/ttyS1 -C /out .
poweroff -f
"""

Ended = collections.namedtuple("Ended", "command code output")
# What came out of a guest: the commands, its /proc/net/tls_stat as a dict, and the files in /out.
Result = collections.namedtuple("Result", "release commands tls_stat files complaints seconds")


class Failed(Exception):
    """The guest did not come to its end."""


def say(text):
    print(f"guest: {text}", file=sys.stderr, flush=True)


def check_here():
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise Unavailable(f"guests are x86-64 Linux, this is {sys.platform} on {platform.machine()}")
    for tool, package in (("qemu-system-x86_64", "qemu-system-x86"), ("busybox", "busybox-static")):
        if not shutil.which(tool):
            raise Unavailable(f"there is no {tool} here (tools/install_deps, or apt-get install {package})")


def script(commands, environment):
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    each = "".join(EACH.format(number=number, count=len(commands), command=command, shown=shlex.quote(command))
                   for number, command in enumerate(commands, 1))
    return INIT + exports + each + END


def archive_for(kernel, commands, binaries, files, environment, root, modules):
    archive = initramfs.Archive()
    for folder in ("bin", "dev", "proc", "sys", "tmp", "etc", "out", "guest", "modules"):
        archive.folder(folder)
    archive.write("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
    archive.write("/etc/passwd", "root:x:0:0:root:/:/bin/sh\n")
    initramfs.add_program(archive, shutil.which("busybox"), "/bin/busybox")
    initramfs.add_modules(archive, kernel, modules, say)
    for binary in binaries:
        initramfs.add_program(archive, binary, f"/guest/{os.path.basename(binary)}", root)
    for source, path in files:
        archive.copy(source, path)
    archive.write("/init", script(commands, environment), 0o755)
    return archive


def text_of(path):
    if not os.path.exists(path):
        return ""
    with open(path, "rb") as file:
        return file.read().decode("utf-8", "replace").replace("\r", "")


def run_qemu(kernel, archive, console, returned, deadline):
    """Boots, and says what the guest says of how far it is."""
    # `timeout` ends the emulator even when nobody is left to do it.
    command = ["timeout", "-k", "5", str(deadline), *QEMU, "-serial", f"file:{console}", "-serial", f"file:{returned}",
               "-kernel", kernel.image, "-initrd", archive, "-append", "console=ttyS0 quiet panic=-1 mitigations=off"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    told = 0
    try:
        while True:
            try:
                code = process.wait(0.2)
            except subprocess.TimeoutExpired:
                code = None
            rows = re.findall(r"^guest: (.*)\n", text_of(console), re.M)
            for row in rows[told:]:
                say(row)
            told = len(rows)
            if code is not None:
                return code, process.stdout.read().decode("utf-8", "replace").strip()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def members(data):
    """name -> bytes of what the guest sent, or nothing when it never came to that."""
    found = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            for member in tar:
                if member.isfile():
                    found[os.path.normpath(member.name)] = tar.extractfile(member).read()
    except (tarfile.TarError, EOFError):
        return {}
    return found


def complaints_of(messages):
    """What of the kernel's messages tells of a fault in it."""
    return re.findall(r"^.*(?:BUG:|WARNING:|Oops|Call Trace|segfault|general protection|Out of memory).*$", messages,
                      re.M)


def boot(commands, *, binaries=(), files=(), environment=None, kernel=None, suite=None, root="/", modules=MODULES,
         deadline=DEADLINE_S, log="guest", cache=CACHE, logs=LOGS):
    """Runs the commands in a guest and returns a Result. `binaries` come to /guest with their libraries, `files`
    are pairs of a place here (a file or a folder) and a place there. Raises Unavailable or Failed."""
    check_here()
    folder = kernels.of_argument(kernel, cache) if kernel else kernels.newest(cache, say, suite)
    if suite and root == "/":
        root = kernels.libraries(cache, suite.removesuffix("-backports"), SUITE_LIBRARIES)
    chosen = kernels.Kernel(folder)
    os.makedirs(logs, exist_ok=True)
    console, returned, archive = (f"{logs}/{log}.{end}" for end in ("console.txt", "returned.tar", "cpio"))
    for path in (console, returned):
        if os.path.exists(path):
            os.remove(path)
    started = time.monotonic()
    archive_for(chosen, commands, binaries, files, environment or {}, root, modules).save(archive)
    megabytes, packing = os.path.getsize(archive) / 1e6, time.monotonic() - started
    say(f"{megabytes:.1f} MB packed in {packing:.1f} s, booting {chosen.release}")
    started = time.monotonic()
    code, said = run_qemu(chosen, archive, console, returned, deadline)
    seconds = time.monotonic() - started
    os.remove(archive)
    data = b""
    if os.path.exists(returned):
        with open(returned, "rb") as file:
            data = file.read()
    found = members(data)
    if ".dmesg" not in found:
        why = f"ended without an answer (QEMU ended with {code}{': ' if said else ''}{said})"
        if code == 124:
            why = f"was still running after {deadline} s"
        last = "\n".join("    " + row for row in text_of(console).splitlines()[-30:])
        raise Failed(f"the guest with {chosen.release} {why}; the end of {console}:\n{last}")
    ended = [Ended(command, int(found[f".code{number}"]), found[f".said{number}"].decode("utf-8", "replace"))
             for number, command in enumerate(commands, 1)]
    counters = {name: int(value) for name, value in re.findall(r"^(\w+)\s+(\d+)$", found[".tls_stat"].decode(), re.M)}
    complaints = complaints_of(found[".dmesg"].decode("utf-8", "replace"))
    kept = {name: content for name, content in found.items() if not name.startswith(".")}
    return Result(chosen.release, ended, counters, kept, complaints, seconds)


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, interrupted)  # the emulator ends, too
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", action="append", default=[], help="a program, into /guest with its libraries")
    parser.add_argument("--file", action="append", default=[], metavar="HERE:THERE", help="a file or a folder")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--kernel", nargs="+", metavar="DIR|DEB", help="another kernel")
    parser.add_argument("--suite", help="the kernel and the libraries of another suite (trixie)")
    parser.add_argument("--root", default="/", help="where ld.so and the libraries come from")
    parser.add_argument("--module", action="append", default=[], help="one more kernel module")
    parser.add_argument("--deadline", type=int, default=DEADLINE_S, metavar="SECONDS")
    parser.add_argument("--log", default="guest", metavar="NAME", help="build/guest/NAME.console.txt")
    parser.add_argument("command", nargs="+", help="a line for the shell in the guest")
    options = parser.parse_args()
    try:
        result = boot(options.command, binaries=options.binary, files=[tuple(f.split(":", 1)) for f in options.file],
                      environment=dict(e.split("=", 1) for e in options.env), kernel=options.kernel,
                      suite=options.suite, root=options.root, modules=[*MODULES, *options.module],
                      deadline=options.deadline, log=options.log)
    except Unavailable as reason:
        print(f"no guest: {reason}")
        return SKIPPED
    except Failed as failure:
        print(failure)
        return 1
    for ended in result.commands:
        print(f"--- {ended.command}\n{ended.output}--- ended with {ended.code}")
    for row in result.complaints:
        print(f"--- the kernel says: {row}")
    print(f"--- {result.release}, {result.seconds:.1f} s, {result.tls_stat}")
    return next((ended.code for ended in result.commands if ended.code), 0)


if __name__ == "__main__":
    sys.exit(main())

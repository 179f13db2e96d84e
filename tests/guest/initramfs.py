"""The guest's file system as a cpio archive (newc), written here so that neither cpio nor root is needed: files,
programs with their shared libraries, and kernel modules in the order in which they are loaded.
"""
import lzma
import os
import re
import shutil
import subprocess
import tempfile

from kernels import Unavailable, plain

INTERPRETER = "/lib64/ld-linux-x86-64.so.2"
LIBRARIES = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib", "usr/lib", "usr/lib64", "lib64")
LIBRARIES_IN_GUEST = "/lib/x86_64-linux-gnu"


class Archive:
    def __init__(self):
        self.entries = {}  # path without the first slash -> (mode, data)

    def folder(self, path):
        path = path.strip("/")
        if path and path not in self.entries:
            self.folder(os.path.dirname(path))
            self.entries[path] = (0o040755, b"")

    def write(self, path, data, mode=0o644):
        self.folder(os.path.dirname(path))
        self.entries[path.strip("/")] = (0o100000 | mode, data if isinstance(data, bytes) else data.encode())

    def copy(self, source, path):
        """A file, or a folder with all that is in it."""
        if os.path.isdir(source):
            self.folder(path)
            for name in sorted(os.listdir(source)):
                self.copy(os.path.join(source, name), f"{path}/{name}")
        else:
            with open(source, "rb") as file:
                self.write(path, file.read(), os.stat(source).st_mode & 0o777)

    def save(self, path):
        with open(path, "wb") as file:
            for number, (name, (mode, data)) in enumerate([*self.entries.items(), ("TRAILER!!!", (0, b""))], 1):
                fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name.encode()) + 1, 0)
                head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
                file.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))


# ---------------------------------------------------------------------------------------- programs
def stripped(binary):
    """The program without what a debugger reads: most of its size, and of what the guest has to copy."""
    if not shutil.which("strip"):
        with open(binary, "rb") as file:
            return file.read()
    with tempfile.NamedTemporaryFile() as small:
        subprocess.run(["strip", "-o", small.name, binary], check=True)
        with open(small.name, "rb") as file:
            return file.read()


def libraries_of(binary, root="/"):
    """[(where it is, its path in the guest)] of a program's libraries and its interpreter. Those of `root` come
    first; what is not there is taken from this machine."""
    root = os.path.abspath(root)
    with open(binary, "rb") as file:
        if INTERPRETER.encode() not in file.read(8192):
            return []
    interpreter = next(path for path in (root.rstrip("/") + INTERPRETER, root.rstrip("/") + "/usr" + INTERPRETER,
                                         INTERPRETER) if os.path.exists(path))
    path = ":".join(f"{top.rstrip('/')}/{name}" for top in dict.fromkeys((root, "/")) for name in LIBRARIES)
    shown = subprocess.run([interpreter, "--inhibit-cache", "--library-path", path, "--list", binary],
                           capture_output=True, text=True)
    missing = re.findall(r"(\S+) => not found|(version .* not found)", shown.stdout + shown.stderr)
    if missing or shown.returncode != 0:
        raise Unavailable(f"{binary} lacks libraries: {(shown.stdout + shown.stderr).strip()}")
    found = re.findall(r"^\s*(\S+) => (/.+) \(", shown.stdout, re.M)
    return [(interpreter, INTERPRETER)] + [
        (place, f"{LIBRARIES_IN_GUEST}/{name}") for name, place in found if not name.startswith("/")]


def add_program(archive, binary, path, root="/"):
    archive.write(path, stripped(binary), 0o755)
    for place, there in libraries_of(binary, root):
        if there.strip("/") not in archive.entries:
            archive.copy(place, there)


# ----------------------------------------------------------------------------------------- modules
def module_bytes(path):
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith(".xz"):
        return lzma.decompress(data)
    if path.endswith(".zst"):
        if not shutil.which("zstd"):
            raise Unavailable("the kernel's modules are compressed with zstd, which is not installed")
        return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def add_modules(archive, kernel, names, say):
    """The modules and what they depend on, each after what it needs; their order is in /modules/order."""
    order = []

    def add(name):
        if name in order:
            return
        if name not in kernel.modules:
            say(f"{kernel.release} has no module {name}; it may be built in")
            return
        data = module_bytes(kernel.modules[name])
        depends = re.search(rb"\0depends=([^\0]*)\0", data)
        for needed in filter(None, depends.group(1).decode().split(",") if depends else []):
            add(plain(needed))
        order.append(name)
        archive.write(f"/modules/{name}.ko", data)

    for name in names:
        add(plain(name))
    archive.write("/modules/order", "".join(f"{name}\n" for name in order))

"""A kernel of the distribution, from its packages: which is the newest, downloaded once, unpacked once. apt is
asked with this machine's own sources; where its lists know no kernel, or another suite is wanted, with lists of
our own in the cache folder, so that nothing of the system is changed and nobody needs to be root.
"""
import fcntl
import glob
import os
import re
import shutil
import subprocess

# Small ones first. A metapackage depends on the image of the newest version, that perhaps on its modules.
METAPACKAGES = ("linux-image-cloud-amd64", "linux-image-virtual", "linux-image-amd64")
PATIENCE_S = 200
LISTS = "/var/lib/apt/lists"
KERNEL_PART = re.compile(r"linux-(?:image|binary|modules)-(?:unsigned-)?\d")


class Unavailable(Exception):
    """What this needs cannot be had here: the reason of a skip."""


class Apt:
    def __init__(self, *options):
        self.options = [part for option in options for part in ("-o", option)]

    def run(self, *command, cwd=None):
        try:
            return subprocess.run([command[0], *self.options, *command[1:]], cwd=cwd, check=True, text=True,
                                  capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_S,
                                  env={**os.environ, "LC_ALL": "C"}).stdout
        except FileNotFoundError as error:
            raise Unavailable(f"there is no {command[0]} here to get a kernel with") from error
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"{' '.join(command[:2])} took more than {PATIENCE_S} s") from error
        except subprocess.CalledProcessError as error:
            said = error.stderr.strip().splitlines() or ["no reason given"]
            raise Unavailable(f"{' '.join(command[:2])} failed: {said[-1]}") from error

    def version(self, package):
        found = re.search(r"Candidate: (?!\(none\))(\S+)", self.run("apt-cache", "policy", package))
        return found.group(1) if found else None

    def parts(self, package):
        """The packages with files of a kernel that this one consists of or depends on."""
        found, queue = [], [package]
        while queue:
            shown = self.run("apt-cache", "depends", "--important", queue.pop(0))
            for name in re.findall(r"^ +Depends: (\S+)", shown, re.M):
                if KERNEL_PART.match(name) and name not in found:
                    found.append(name)
                    queue.append(name)
        return found or [package]

    def kernel(self):
        return next((name for name in METAPACKAGES if self.version(name)), None)


def with_own_lists(cache, suite=None):
    """An apt with lists in the cache folder: of this machine's sources, or of another suite of their mirror."""
    folder = os.path.join(cache, "apt", suite or "own")
    for name in ("lists/partial", "cache/archives/partial"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    options = [f"Dir::State::Lists={folder}/lists", f"Dir::Cache={folder}/cache", "APT::Sandbox::User=root",
               "Acquire::Languages=none", "Debug::NoLocking=1"]
    if suite:
        shown = Apt().run("apt-get", "indextargets", "--format", "$(CREATED_BY)|$(REPO_URI)|$(COMPONENT)")
        mirror = next((row.split("|")[1] for row in shown.splitlines() if re.match(r"Packages\|.*\|main$", row)), None)
        if not mirror:
            raise Unavailable("apt has no source whose mirror could have other suites")
        with open(f"{folder}/sources.list", "w") as file:
            file.write(f"deb {mirror} {suite} main\n")
        options += [f"Dir::Etc::SourceList={folder}/sources.list", "Dir::Etc::SourceParts=/dev/null"]
    apt = Apt(*options)
    apt.run("apt-get", "-q", "update")
    return apt


def downloaded(apt, packages, folder):
    """Unpacks the packages into one folder, which is there only when it is whole."""
    if os.path.isdir(folder):
        return folder
    fresh = f"{folder}.fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    os.makedirs(f"{fresh}/packages")
    apt.run("apt-get", "-q", "download", *packages, cwd=f"{fresh}/packages")
    unpack(glob.glob(f"{fresh}/packages/*.deb"), fresh)
    shutil.rmtree(f"{fresh}/packages")
    os.rename(fresh, folder)
    return folder


def unpack(packages, folder):
    for package in packages:
        subprocess.run(["dpkg", "-x", package, folder], check=True)


def file_name(package, version):
    return re.sub(r"[^\w.+~-]", "_", f"{package}_{version}")


def found_by_apt(cache, say, suite):
    apt = with_own_lists(cache, suite) if suite else Apt()
    meta = apt.kernel()
    if meta:
        try:
            return downloaded_kernel(apt, meta, cache, say)
        except Unavailable:
            if suite:
                raise
            say("the packages cannot be had; the lists of packages may be old")
    if not suite:
        apt = with_own_lists(cache)
        meta = apt.kernel()
    if not meta:
        raise Unavailable(f"apt knows none of {', '.join(METAPACKAGES)} here")
    return downloaded_kernel(apt, meta, cache, say)


def downloaded_kernel(apt, meta, cache, say):
    parts = apt.parts(meta)
    folder = f"{cache}/{file_name(parts[0], apt.version(parts[0]))}"
    if not os.path.isdir(folder):
        say(f"downloading {' '.join(parts)}")
    return downloaded(apt, parts, folder)


def newest(cache, say, suite=None):
    """The folder of the distribution's newest kernel. apt is asked again when its lists have changed."""
    os.makedirs(cache, exist_ok=True)
    with open(f"{cache}/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if suite:
            return found_by_apt(cache, say, suite)
        chosen = f"{cache}/newest"
        known = os.path.realpath(chosen) if os.path.exists(chosen) else None
        if known and (not os.path.isdir(LISTS) or os.lstat(chosen).st_mtime > os.stat(LISTS).st_mtime):
            return known
        try:
            folder = found_by_apt(cache, say, None)
        except Unavailable as reason:
            if not known:
                raise
            say(f"{reason}; taking {os.path.basename(known)}, which is here")
            return known
        if os.path.islink(chosen):
            os.remove(chosen)
        os.symlink(os.path.basename(folder), chosen)
        return folder


def libraries(cache, suite, packages):
    """The folder of libraries of another suite of the distribution; each package is a list of the names it has had.
    The versions are in the folder's name."""
    os.makedirs(cache, exist_ok=True)
    with open(f"{cache}/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        apt = with_own_lists(cache, suite)
        known = []
        for names in packages:
            versions = ((name, apt.version(name)) for name in names)
            known.append(next((pair for pair in versions if pair[1]), None))
            if not known[-1]:
                raise Unavailable(f"{suite} has no {' or '.join(names)}")
        folder = "+".join(file_name(*pair) for pair in known[:2])
        return downloaded(apt, [name for name, _ in known], f"{cache}/{suite}-{folder}")


def of_argument(given, cache):
    """A kernel that is named: a folder that holds boot/vmlinuz-* and its modules, or packages."""
    if len(given) == 1 and os.path.isdir(given[0]):
        return given[0]
    for package in given:
        if not os.path.isfile(package):
            raise Unavailable(f"there is no {package}")
    folder = f"{cache}/" + "+".join(os.path.basename(package)[:-len(".deb")] for package in given)
    if not os.path.isdir(folder):
        shutil.rmtree(f"{folder}.fresh", ignore_errors=True)
        os.makedirs(f"{folder}.fresh")
        unpack(given, f"{folder}.fresh")
        os.rename(f"{folder}.fresh", folder)
    return folder


class Kernel:
    """The files of a kernel in a folder: where it boots from, and its modules by name."""

    def __init__(self, folder):
        found = [path for pattern in ("boot/vmlinuz-*", "usr/lib/modules/*/vmlinuz", "lib/modules/*/vmlinuz")
                 for path in sorted(glob.glob(f"{folder}/{pattern}"))]
        if not found:
            raise Unavailable(f"{folder} holds no kernel")
        self.image = found[-1]
        name = os.path.basename(self.image)
        self.release = name[len("vmlinuz-"):] if name != "vmlinuz" else self.image.split("/")[-2]
        self.modules = {}
        for top in (f"{folder}/lib/modules/{self.release}", f"{folder}/usr/lib/modules/{self.release}"):
            for path in glob.glob(f"{top}/kernel/**/*.ko*", recursive=True):
                self.modules.setdefault(plain(os.path.basename(path).split(".ko")[0]), path)
        if not self.modules:
            raise Unavailable(f"{folder} holds no modules of {self.release}")


def plain(module):
    return module.replace("-", "_")

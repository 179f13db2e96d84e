#!/usr/bin/env python3
"""Builds and runs a host program that embeds Saker, the way a user would.

    run.py find_package | add_subdirectory | pkg_config   --source ROOT --build BUILD --scratch DIR

BUILD is a finished build of Saker: the first and the last install it into DIR/prefix, move that
elsewhere (a package has to be relocatable) and use it from there. The second builds it in the host's
own build, without io_uring, which has to be possible too. The host checks its surroundings.
"""
import argparse
import os
import shutil
import subprocess
import sys


def do(*command, **how):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def installed(options):
    first, moved = f"{options.scratch}/first", f"{options.scratch}/moved"
    do("cmake", "--install", options.build, "--prefix", first)
    os.rename(first, moved)
    for folder, _, files in os.walk(moved):
        for name in files:
            if name.endswith((".cmake", ".pc")):
                with open(f"{folder}/{name}", encoding="utf-8") as file:
                    if options.source in file.read():
                        sys.exit(f"{name} names the place where Saker was built")
    return moved


def cmake(options, folder, *settings):
    build = f"{options.scratch}/build"
    do("cmake", "-S", f"{options.source}/tests/consumer/{folder}", "-B", build, "-G", "Ninja",
       f"-DCMAKE_CXX_COMPILER={options.compiler}", *settings)
    do("cmake", "--build", build, "-j", "2")
    return f"{build}/host"


def find_package(options):
    return cmake(options, "find_package", f"-DCMAKE_PREFIX_PATH={installed(options)}")


def add_subdirectory(options):
    launcher = [f"-DCMAKE_CXX_COMPILER_LAUNCHER={options.launcher}"] if options.launcher else []
    return cmake(options, "add_subdirectory", f"-DSAKER_SOURCE={options.source}", "-DSAKER_IO_URING=OFF", *launcher)


def pkg_config(options):
    prefix, host = installed(options), f"{options.scratch}/host"
    found = next(f for f, _, names in os.walk(prefix) if "saker.pc" in names)
    paths = os.pathsep.join(filter(None, [found, os.environ.get("PKG_CONFIG_PATH")]))
    flags = do("pkg-config", "--cflags", "--libs", "saker", env=dict(os.environ, PKG_CONFIG_PATH=paths))
    sources = [f"{options.source}/tests/consumer/host/{name}.cc" for name in ("main", "surroundings")]
    do(options.compiler, "-std=c++20", *sources, "-o", host, *flags.split(), "-ldl",
       f"-Wl,-rpath,{os.path.dirname(found)}")
    return host


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = {way.__name__: way for way in (find_package, add_subdirectory, pkg_config)}
    parser.add_argument("way", choices=ways)
    for name in ("source", "build", "scratch", "compiler"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--launcher", default="")
    options = parser.parse_args()
    options.source = options.source.rstrip("/")
    shutil.rmtree(options.scratch, ignore_errors=True)
    os.makedirs(options.scratch)
    host = ways[options.way](options)
    print(do(host), end="")


if __name__ == "__main__":
    main()

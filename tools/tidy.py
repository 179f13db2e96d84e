#!/usr/bin/env python3
"""Style as a test: arrows between rooms, doors of third parties, sizes, names, comments, layout.

    tools/tidy.py [--root DIR]     every broken rule as file:line, with its remedy; exit code 1 if any
    tools/tidy.py --format         clang-format 14 agrees (77 when it is not installed)
    tools/tidy.py --fix            let clang-format 14 write the files

The rules are the tables in tidy_tables.py; where one makes code worse, change it there, with the reason.
"""
import argparse
import fnmatch
import os
import re
import shutil
import subprocess
import sys

from tidy_tables import (ARROWS, CODE_WIDTH, CORE_HEADERS_AVOID, DOORS, FILE_ASKS, FILE_FAILS, FOLDER_FAILS,
                         FUNCTION_FAILS, GENERATED, LONG_FILES, NAMES, NAMES_EXEMPT, PUBLIC, SCRIPT_WIDTH,
                         WIDE_FOLDERS)

CODE = (".h", ".cc")
SCRIPT = (".py", ".cmake", "CMakeLists.txt")
ISSUELESS = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b(?!\s*\(?#\d+)")

# ------------------------------------------------------------------------------------------ reading
class File:
    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), "rb") as file:
            self.text = file.read().decode("utf-8", "replace")
        self.lines = self.text.split("\n")
        self.is_code = path.endswith(CODE)
        first = self.lines[0]
        self.is_script = path.endswith(SCRIPT) or (first.startswith("#!") and ("bash" in first or "python" in first))
        self.bare = without_text(self.text).split("\n") if self.is_code else []

    def matches(self, patterns):
        return any(fnmatch.fnmatch(self.path, p) for p in patterns)


TEXT = re.compile(r'''//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'''
                  r"""|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'""", re.S)


def without_text(code):
    """The code with comments and literals blanked; lines stay where they are. Includes keep their names."""
    def blank(found):
        before = code.rfind("\n", 0, found.start()) + 1
        if found.group().startswith('"') and re.match(r"\s*#\s*include", code[before:found.start()]):
            return found.group()
        return re.sub(r"[^\n]", " ", found.group()) if found.group()[0] == "/" else \
            '"' + "\n" * found.group().count("\n") + '"'
    return TEXT.sub(blank, code)


def files_of(root):
    try:
        listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], check=True,
                                capture_output=True, text=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        listed = [os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root)
                  for name in names if not re.search(r"/(?:build|\.git)(?:/|$)", folder[len(root):] + "/")]
    return [File(root, path) for path in sorted(set(listed)) if path and os.path.isfile(os.path.join(root, path))
            and not os.path.islink(os.path.join(root, path)) and "/corpus/" not in path]


# ------------------------------------------------------------------------------------- the rules
def room_of(path):
    """The longest room of ARROWS that holds the path."""
    folder = os.path.dirname(path)
    while folder and folder not in ARROWS:
        folder = os.path.dirname(folder)
    return folder or None


def public_room(name):
    return next((room for room, names in PUBLIC.items() if name in names), None)


def arrow_mistake(file, target):
    """Why this include is not an arrow of the table, or nothing."""
    room = room_of(file.path)
    public = target.startswith("saker/")
    if room is None:
        return None
    if room == "include/saker":
        return None if public else f"a public header includes {target}: only std and <saker/...>"
    aim = public_room(target[len("saker/"):]) if public else room_of(target)
    if public and aim is None:
        return f"{target} is in no room of PUBLIC: add it to the table in tools/tidy.py"
    allowed = ARROWS[room]
    if allowed == ["public"]:
        return None if public else f"{room} sees public headers only, not {target}"
    if aim == room or aim in allowed or (room == "tests" and aim and aim.startswith("tests")):
        return None
    return f"{room} -> {aim or target}: no such arrow; move the code, or the thing that it needs, down"


def includes(file):
    for number, line in enumerate(file.bare, 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if found:
            yield number, found.group(1), found.group(2)


def check_includes(file, roots):
    for number, quote, target in includes(file):
        if quote == '"' and file.path.startswith("tests/consumer/"):
            continue  # a host program's own
        if quote == '"' and target.split("/")[0] not in roots:
            yield number, f'"{target}" is not written from the repository\'s root: write its whole path'
        elif quote == '"' or target.startswith("saker/"):
            mistake = arrow_mistake(file, target)
            if mistake:
                yield number, mistake
        else:
            for pattern, doors in DOORS.items():
                if fnmatch.fnmatch(target, pattern):
                    if not file.matches(doors):
                        yield number, f"<{target}> has another door: {', '.join(doors) or 'nobody includes it'}"
                    break
            if target in CORE_HEADERS_AVOID and file.path.startswith("core/") and file.path.endswith(".h"):
                yield number, f"<{target}> in a header of core costs every file that includes it: use it in a .cc"


def check_length(file, _):
    count = len(file.lines) - 1
    if not file.is_code and not file.is_script or file.matches(GENERATED):
        return
    if count > FILE_FAILS:
        yield count, f"{count} lines, more than {FILE_FAILS}: two files that each do one thing"
    elif count > FILE_ASKS and file.path not in LONG_FILES:
        yield count, f"warning: {count} lines, more than {FILE_ASKS}: split it, or give the reason in LONG_FILES"


AFTER_PARAMETERS = r"(?:const|noexcept|override|final|mutable|&|\(\w*\)|->[\w\s:<>,*&]+|requires[^;]*|\s)*$"
OPENS_FUNCTION = re.compile(r"[)\]]\s*" + AFTER_PARAMETERS + r"|\)\s*(?:noexcept)?\s*:[^:].*$", re.S)
NO_FUNCTION = re.compile(r"^\s*(?:\[\[[^\]]*\]\]\s*)?(?:if|for|while|switch|catch|else|do|return|"
                         r"namespace|class|struct|union|enum|extern)\b")
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.)*(?:\\\n[^\n]*)*", re.M)


def functions(file):
    """(line, number of lines) of every outermost function, found by counting braces."""
    depth, start, head, line = 0, None, "", 1
    code = DIRECTIVE.sub(lambda m: "\n" * m.group().count("\n"), "\n".join(file.bare))
    stack = []
    for sign in code:
        if sign == "{":
            is_function = start is None and OPENS_FUNCTION.search(head) and not NO_FUNCTION.match(head)
            stack.append(bool(is_function))
            if is_function:
                start, depth = line, len(stack)
            head = ""
        elif sign == "}":
            if stack and stack.pop() and start is not None and len(stack) + 1 == depth:
                yield start, line - start + 1
                start = None
            head = ""
        elif sign == ";" and head.count("(") == head.count(")"):
            head = ""
        elif sign != "\n" or head:
            head += sign
        line += sign == "\n"


def check_functions(file, _):
    if file.is_code and not file.matches(GENERATED):
        for line, length in functions(file):
            if length > FUNCTION_FAILS:
                yield line, f"a function of {length} lines, more than {FUNCTION_FAILS}: name its parts"


def check_layout(file, _):
    if not (file.is_code or file.is_script) or file.matches(GENERATED):
        return
    width = CODE_WIDTH if file.is_code else SCRIPT_WIDTH
    for number, line in enumerate(file.lines, 1):
        if len(line) > width:
            yield number, f"{len(line)} columns, more than {width}: break the line"
        if "\t" in line:
            yield number, "a tab: four spaces"
        if line != line.rstrip():
            yield number, "white space at the end of the line: remove it"
    if file.text and not file.text.endswith("\n"):
        yield len(file.lines), "no newline at the end: add one"


def check_names(file, _):
    if file.matches(GENERATED):
        return
    for number, line in enumerate(file.bare, 1):
        for pattern, what, remedy, unless_before in NAMES:
            if any(file.matches(files) for start, files in NAMES_EXEMPT.items() if pattern.startswith(start)):
                continue
            for found in re.finditer(pattern, line):
                if not (unless_before and re.search(unless_before, line[:found.start()])):
                    yield number, f"{what}, `{found.group().strip()}`: {remedy}"


IN_ROUND = r"(?:[^();]|\([^()]*\))*"
LOOP_OVER_A_RESULT = re.compile(r"\bfor \(" + IN_ROUND + r"[^:]:(?!:)" + IN_ROUND + r"\([^()]*\)->")


def check_loops(file, _):
    for number, line in enumerate(file.bare, 1):
        if file.is_code and LOOP_OVER_A_RESULT.search(line):
            yield number, "a loop over what a call's result points to, gone before it perhaps: name the result first"


def check_first_comment(file, _):
    if not (file.is_code or file.is_script):
        return
    rows = [(i, row) for i, row in enumerate(file.lines, 1)
            if row.strip() and not row.startswith(("#!", "#pragma once"))]
    if not rows:
        return
    number, first = rows[0]
    text = ""
    if file.path.endswith(".py") or "python" in file.lines[0]:
        found = re.match(r'(?:#[^\n]*\n)*\s*"""(.*?)"""', file.text, re.S)
        text = found.group(1) if found else ""
    for _, row in rows:
        if not row.lstrip().startswith("//" if file.is_code else "#"):
            break
        text += row
    if len(text) < 30 and not (file.path.endswith(".cc") and re.match(r"// See \S+\.h\.", text)):
        yield number, "no first comment: say in two to four sentences what this is, promises, and what is odd"
    if file.path.endswith(".h") and "#pragma once" not in file.lines[:2]:
        yield 1, "no `#pragma once` at the top of a header: add it"


def check_unfinished(file, _):
    if file.is_code or file.is_script or file.path.endswith(".md"):
        for number, line in enumerate(file.lines, 1):
            found = ISSUELESS.search(line)
            if found:
                yield number, f"a {found.group()} that nobody will find: do it, or name its issue ({found.group()} #12)"


# --------------------------------------------------------------- rules about more than one file
def check_folders(files):
    folders = {}
    for file in files:
        if file.is_code:
            folders.setdefault(os.path.dirname(file.path), set()).add(os.path.splitext(file.path)[0])
    for folder, things in sorted(folders.items()):
        if len(things) > FOLDER_FAILS and not any(fnmatch.fnmatch(folder, p) for p in WIDE_FOLDERS):
            yield folder, 1, f"{len(things)} things in one folder, more than {FOLDER_FAILS}: there are two rooms in it"


def check_built(files):
    """A source in a folder that no saker_room() names is in no library."""
    rooms = set()
    for file in files:
        if os.path.basename(file.path) == "CMakeLists.txt":
            for name in re.findall(r"saker_room\((\S+?)[\s)]", file.text):
                rooms.add(os.path.normpath(os.path.join(os.path.dirname(file.path), name)))
    for file in files:
        folder = os.path.dirname(file.path)
        if file.path.endswith(".cc") and file.path.startswith(("core/", "transports/", "protocols/", "hosting/")) \
                and folder not in rooms:
            yield file.path, 1, f"nothing builds this: add saker_room({os.path.basename(folder)}) to its CMakeLists.txt"


def check_version(files):
    texts = {file.path: file.text for file in files}
    project = re.search(r"project\(saker VERSION ([\d.]+)", texts.get("CMakeLists.txt", ""))
    header = re.search(r'define SAKER_VERSION "([\d.]+)"', texts.get("include/saker/version.h", ""))
    if project and header and project.group(1) != header.group(1):
        yield ("include/saker/version.h", 1,
               f"says {header.group(1)}, CMakeLists.txt says {project.group(1)}: one of them is late")


RULES = [check_includes, check_length, check_functions, check_layout, check_names, check_loops,
         check_first_comment, check_unfinished]
RULES_OF_ALL = [check_folders, check_built, check_version]


def mistakes(root):
    """[(path, line, what and remedy)] in order."""
    files = files_of(root)
    roots = {file.path.split("/")[0] for file in files if "/" in file.path}
    found = [(file.path, line, what) for file in files for rule in RULES for line, what in rule(file, roots)]
    return sorted(found + [mistake for rule in RULES_OF_ALL for mistake in rule(files)])


# ------------------------------------------------------------------------------------- clang-format
def clang_format():
    for name in ("clang-format-14", "clang-format"):
        if shutil.which(name):
            version = subprocess.run([name, "--version"], capture_output=True, text=True).stdout
            if re.search(r"version 14\.", version):
                return name
    return None


def formatted(root, fix):
    tool = clang_format()
    if not tool:
        print("clang-format 14 is not installed (another version formats differently)")
        return 77
    files = [file.path for file in files_of(root) if file.is_code and not file.matches(GENERATED)]
    how = ["-i"] if fix else ["--dry-run", "-Werror"]
    done = subprocess.run([tool, *how, *files], cwd=root, capture_output=True, text=True) if files else None
    if done and done.returncode != 0:
        print("\n".join(row for row in done.stderr.split("\n") if "[-Wclang-format-violations]" in row) or done.stderr)
        print("remedy: tools/tidy.py --fix")
        return 1
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--format", action="store_true")
    parser.add_argument("--fix", action="store_true")
    options = parser.parse_args()
    if options.format or options.fix:
        return formatted(options.root, options.fix)
    found = mistakes(options.root)
    for path, line, what in found:
        print(f"{path}:{line}: {what}")
    return 1 if any(not what.startswith("warning:") for _, _, what in found) else 0


if __name__ == "__main__":
    sys.exit(main())

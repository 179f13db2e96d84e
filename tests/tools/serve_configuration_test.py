#!/usr/bin/env python3
"""`saker serve` in a folder with settings files, as an operator uses it: it says which files it read, listens
where they say, keeps the limits that they say, and refuses all mistakes at once with exit code 2.

Usage: serve_configuration_test.py SAKER
"""
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

SAKER = os.path.abspath(sys.argv.pop()) if len(sys.argv) > 1 else "build/dev/saker"
CLEAN = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS")}
SMALL = {"Kestrel": {"Endpoints": {"Main": {"Url": "http://127.0.0.1:0"}}, "Limits": {"MaxRequestBodySize": 10}},
         "Saker": {"Cores": 1, "PinCores": False}}


class ServeConfiguration(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, content):
        with open(f"{self.folder.name}/{name}", "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))

    def call(self, *arguments, **variables):
        return subprocess.run([SAKER, "serve", *arguments], cwd=self.folder.name, env={**CLEAN, **variables},
                              capture_output=True, text=True, timeout=60)

    def test_it_serves_what_the_files_say(self):
        self.write("appsettings.json", SMALL)
        self.write("appsettings.Staging.json", {"Kestrel": {"AddServerHeader": False}})
        process = subprocess.Popen([SAKER, "serve", "--environment", "Staging"], cwd=self.folder.name, env=CLEAN,
                                   text=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        try:
            said = ""
            for line in process.stderr:
                said += line
                if "Application started" in line:
                    break
            self.assertIn("appsettings.json", said)
            self.assertIn("appsettings.Staging.json", said)
            port = int(re.search(r"Now listening on: http://127\.0\.0\.1:(\d+)", said).group(1))
            for size, status in ((10, 200), (11, 413)):
                wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                wire.request("POST", "/echo", "x" * size)
                answer = wire.getresponse()
                self.assertEqual(answer.status, status)
                self.assertIsNone(answer.getheader("Server"))
                answer.read()
                wire.close()
        finally:
            process.terminate()
            process.stderr.read()
            process.stderr.close()
            self.assertEqual(process.wait(60), 0)

    def test_every_mistake_is_told_and_nothing_is_served(self):
        self.write("appsettings.json", '{\n"Kestrel": {"Limts": {}},\n"Saker": {"Cores": "many"}\n}')
        said = self.call(SAKER__TRANSPORT="eppol", KESTREL__ADDSERVERHEADER="perhaps")
        self.assertEqual(said.returncode, 2)
        self.assertEqual(sorted(said.stderr.splitlines()), [
            "saker: appsettings.json:2: Kestrel:Limts is not known; did you mean Limits?",
            'saker: appsettings.json:3: Saker:Cores is "many"; expected a whole number of threads from 0 to 1024.',
            'saker: environment KESTREL__ADDSERVERHEADER: KESTREL:ADDSERVERHEADER is "perhaps"; expected true or '
            "false.",
            'saker: environment SAKER__TRANSPORT: SAKER:TRANSPORT is "eppol"; expected auto, io_uring or epoll; '
            "did you mean epoll?",
        ])

    def test_a_file_that_is_asked_for_must_be_there_and_be_right(self):
        said = self.call("--config", "missing.json")
        self.assertEqual((said.returncode, said.stderr), (2, "saker: missing.json: is not there.\n"))
        self.write("broken.json", "{\n  \"a\": 1\n  \"b\": 2\n}")
        said = self.call("--config=broken.json", "--check-config")
        self.assertEqual((said.returncode, said.stderr),
                         (2, "saker: broken.json:3:3: found '\"'; expected ',' or '}' behind the value.\n"))

    def test_check_config_shows_what_is_in_force_and_from_where(self):
        self.write("appsettings.json", SMALL)
        said = self.call("--check-config", "--max-body", "20", "--Kestrel:AllowSynchronousIO", "true",
                         Kestrel__Limits__MaxRequestLineSize="1K")
        self.assertEqual(said.returncode, 0, said.stderr)
        rows = [re.split(r"  +", row.strip()) for row in said.stdout.splitlines()]
        self.assertIn(["Kestrel:Limits:MaxRequestBodySize", "20", "command line"], rows)
        self.assertIn(["Kestrel:Limits:MaxRequestLineSize", "1024",
                       "environment Kestrel__Limits__MaxRequestLineSize"], rows)
        self.assertIn(["Kestrel:Endpoints:Main:Url", "http://127.0.0.1:0", "appsettings.json:1"], rows)
        self.assertIn(["Saker:OffloadThreads", "16", "default"], rows)
        self.assertIn(["files: appsettings.json, appsettings.Production.json (not there)"], rows)
        self.assertIn("saker: warning: command line: Kestrel:AllowSynchronousIO has no effect.", said.stderr)


if __name__ == "__main__":
    unittest.main()

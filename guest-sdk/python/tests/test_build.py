"""The build tool, up to componentize-py: what it finds in a file, what it says of a broken one, the world that it
writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest

from dacapo_build.component import renamed
from dacapo_build.world import world

SDK = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def build(folder: str, *more: str) -> str:
    """What the tool says of `app.py` in a folder."""
    tool = os.path.join(SDK, "dacapo_build", "main.py")
    command = [sys.executable, tool, "--entry", "app.py", "--out", "app.wasm", "--wit", "none", *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    return done.stderr


class Diagnoses(unittest.TestCase):
    def check(self, files: dict[str, str], *expect: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            said = build(folder)
            for part in expect:
                self.assertIn(part, said)

    def test_a_broken_file_is_named_with_line_and_column(self) -> None:
        self.check({"app.py": "def f(:\n    pass\n"}, "app.py:1:7: error: invalid syntax")
        self.check(
            {"app.py": "x = 1\ny = [][2]\n"}, "app.py:2:5: error: IndexError: list index out of range", "line 2, in"
        )
        self.check({"app.py": "import helper\n", "helper.py": "1 / 0\n"}, "helper.py:1:1: error: ZeroDivisionError")
        self.check({"app.py": "x = 1\n"}, "app.py:1:1: error: there is nothing here for the host")
        two = "from dacapo import activity\n\n@activity\ndef f(a, b): ...\n"
        self.check(
            {"app.py": two}, "app.py:3:2: error: TypeError: f takes a, b: a durable function takes one input at most"
        )

    def test_missing_modules_and_c_extensions_are_named(self) -> None:
        self.check(
            {"app.py": "import json\nimport requests.adapters\n"},
            "app.py:2:1: error: there is no module 'requests'",
            "requirements.txt beside app.py",
        )
        suffix = (
            ".cpython-3.so"
            if sys.platform == "nowhere"
            else __import__("importlib.machinery").machinery.EXTENSION_SUFFIXES[0]
        )
        self.check(
            {"app.py": "import fast\n", "fast/__init__.py": "from . import _fast\n", f"fast/_fast{suffix}": ""},
            "error: fast needs a C extension (_fast",
            "only packages in pure Python work",
        )
        self.check(
            {"app.py": "", "requirements.txt": "tea\n"}, "requirements.txt:1:1: error: what this names is not installed"
        )

    def test_no_file(self) -> None:
        self.check({"other.py": ""}, "app.py:1:1: error: there is no such file")


class Inputs(unittest.TestCase):
    def check(self, files: dict[str, str], expect: list[str]) -> None:
        """Compares which of these files are inputs of `app.py`. Those in `packages` are installed."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = os.path.realpath(scratch)
            for name, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            command = [sys.executable, "-m", "dacapo_build.probe", "app.py", os.path.join(folder, "packages")]
            environment = {**os.environ, "PYTHONPATH": SDK}
            # The second time, Python has its own files to read modules from.
            for _ in range(2):
                done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                found = json.loads(done.stdout.splitlines()[-1])["inputs"]
                self.assertEqual([os.path.relpath(file, folder) for file in found], expect)

    def test_what_is_read_is_an_input(self) -> None:
        app = "from dacapo import activity\n@activity\ndef f(): {}\n{}\n"
        self.check({"app.py": app.format("...", ""), "other.py": ""}, ["app.py"])
        self.check(
            {"app.py": app.format("...", "import a.b"), "a/__init__.py": "", "a/b.py": "", "a/c.py": ""},
            ["a/__init__.py", "a/b.py", "app.py"],
        )
        self.check(
            {"app.py": app.format("import late", ""), "late.py": "import later", "later.py": "1 / 0"},
            ["app.py", "late.py", "later.py"],
        )
        self.check({"app.py": app.format("...", "TEXT = open('text').read()"), "text": "", "data": ""}, ["app.py", "text"])
        self.check({"app.py": app.format("...", "open('log', 'w').close()")}, ["app.py"])
        self.check({"app.py": app.format("...", "import tea"), "packages/tea.py": ""}, ["app.py"])


class Worlds(unittest.TestCase):
    def test_a_world_has_what_the_kinds_need(self) -> None:
        pure = world({"orchestrator", "entity"})
        self.assertNotIn("import", pure)
        self.assertEqual(pure.count("export"), 3)
        active = world({"orchestrator", "activity"})
        self.assertIn("import dacapo:durable/progress@0.1.0;", active)
        self.assertNotIn("wasi:http", active)
        self.assertIn("export wasi:http/incoming-handler@0.2.12;", world({"http"}))

    def test_only_imports_and_exports_are_renamed(self) -> None:
        head = b"\0asm\x0d\0\x01\0"
        data = head + b"\x0a\x06wasj:a" + b"\x01\x06wasj:b" + b"\x0b\x06wasj:c"
        self.assertEqual(renamed(data), head + b"\x0a\x06wasi:a" + b"\x01\x06wasj:b" + b"\x0b\x06wasi:c")


if __name__ == "__main__":
    unittest.main()

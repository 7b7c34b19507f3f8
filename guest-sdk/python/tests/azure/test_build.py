"""The build tool, up to the component: which functions an app has, and what is said when it has none or cannot be
imported."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

from dacapo_build import azure_packages
from dacapo_build.diagnosis import BuildError

from . import SDK

APP = """\
import azure.durable_functions as df
app = df.DFApp()

@app.orchestration_trigger(context_name="context", orchestration="Chain")
def chain(context):
    yield context.call_activity(work, 1)

@app.function_name("Work")
@app.activity_trigger(input_name="given")
def work(given):
    import statistics
    return given

@app.entity_trigger(context_name="context", entity_name="Counter")
def count(context):
    pass

@app.route(route="start")
@app.durable_client_input(client_name="client")
async def start(req, client):
    pass
"""
V1 = """{"scriptFile": "__init__.py", "bindings": [{"name": "given", "type": "%s", "direction": "in"}]}"""


def scan(files: dict[str, str]) -> str:
    """What the build tool finds in a folder with these files, or what it says."""
    with tempfile.TemporaryDirectory() as scratch:
        app = Path(scratch).resolve() / "app"
        for name, text in files.items():
            (app / name).parent.mkdir(parents=True, exist_ok=True)
            (app / name).write_text(textwrap.dedent(text), encoding="utf-8")
        app.mkdir(exist_ok=True)
        # In a process of its own: the tool has the name of the library's package.
        command = [sys.executable, "-c", _SCAN, str(SDK), str(azure_packages.default_folder()), str(app)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).replace(str(app), "APP").strip()


_SCAN = """\
import runpy, sys
from pathlib import Path
sdk, kept, app = map(Path, sys.argv[1:])
sys.path.insert(0, str(sdk))
from dacapo_build.azure_packages import Choice
from dacapo_build.diagnosis import BuildError
tool = runpy.run_path(str(sdk / "dacapo_build" / "azure.py"))
try:
    found = tool["catalogue"](app, Choice(kept, sdk / "toolchain" / "azure-requirements.txt", False))
    print(*[f"{it['kind']} {it['name']}" for it in found["functions"]], sep=", ")
    print(*[f"not {it['name']}: {it['reason']}" for it in found["leftOut"]], sep=", ")
    print("later", *found["later"])
except BuildError as error:
    print(error)
"""


class BuildTest(unittest.TestCase):
    """Folders, and what is said of them."""

    def check(self, files: dict[str, str], *expect: str) -> None:
        got = scan(files)
        for text in expect:
            self.assertIn(text, got)

    def test_decorators(self) -> None:
        self.check(
            {"function_app.py": APP},
            "orchestrator Chain, entity Counter, activity Work\n",
            "not start: its trigger is of the type httpTrigger; only orchestrators, entities and activities run here\n",
            "later statistics",
        )

    def test_folders(self) -> None:
        chain = "import azure.durable_functions as df\nfrom ..shared.words import WORD\n"
        chain += "def f(context):\n    yield\nmain = df.Orchestrator.create(f)\n"
        files = {
            "Chain/function.json": V1 % "orchestrationTrigger",
            "Chain/__init__.py": chain,
            "Work/function.json": V1 % "activityTrigger",
            "Work/__init__.py": "from shared.words import WORD\ndef main(given):\n    return WORD\n",
            "Start/function.json": V1 % "httpTrigger",
            "Start/__init__.py": "raise RuntimeError('not imported')\n",
            "shared/words.py": "WORD = 1\n",
        }
        self.check(files, "orchestrator Chain, activity Work\nnot Start: ")
        plain = {**files, "Chain/__init__.py": "def main(context):\n    yield\n"}
        self.check(
            plain,
            "APP:1:1: error: Chain/function.json: the entry point of Chain must be what df.Orchestrator.create(",
        )
        self.check({**files, "Work/function.json": "{"}, "APP/Work/function.json:1:2: error: ")
        self.check(
            {**files, "Work/function.json": '{"scriptFile": "x.py"}'},
            "APP/Work/function.json:1:1: error: its scriptFile x.py is not a file of the app",
        )

    def test_errors(self) -> None:
        self.check({}, "APP:1:1: error: there is neither a function_app.py nor a folder with a function.json in it")
        self.check(
            {"function_app.py": "x = 1\n"}, "APP:1:1: error: function_app.py: there is no app; write app = df.DFApp()"
        )
        self.check({"function_app.py": "def f(:\n"}, "function_app.py:1:7: error: invalid syntax")
        self.check(
            {"function_app.py": "import other\n", "other.py": "def f():\n    return 1 / 0\nf()\n"},
            "other.py:2:1: error: ZeroDivisionError: division by zero",
        )
        self.check(
            {"function_app.py": "import numpy\n"},
            "function_app.py:1:1: error: ModuleNotFoundError: No module named 'numpy'",
            "if numpy is a package, name it in the requirements.txt",
        )
        self.check(
            {"function_app.py": "import azure.durable_functions as df\napp = df.DFApp()\n"},
            "APP:1:1: error: there is no orchestrator, entity or activity in the app",
        )
        double = APP + '\n@app.activity_trigger(input_name="x", activity="chain")\ndef other(x):\n    pass\n'
        self.check({"function_app.py": double}, "the names of two functions differ by no more than case: Chain, chain")


class PackagesTest(unittest.TestCase):
    """Requirements that are not installed."""

    def test_missing(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            app = Path(scratch)
            (app / "requirements.txt").write_text(
                "# comment\nazure-functions\nazure-functions-durable>=1.2\nhumanize==4.9.0 # words\n", encoding="utf-8"
            )
            choice = azure_packages.Choice(app / "kept", SDK / "toolchain" / "azure-requirements.txt", False)
            with self.assertRaisesRegex(
                BuildError, "these packages are not installed: humanize==4.9.0; build with --install"
            ):
                choice.of_app(app)


if __name__ == "__main__":
    unittest.main()

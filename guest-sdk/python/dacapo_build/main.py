"""Makes a component of a Python file: `python dacapo_build/main.py --entry app.py --out app.wasm --wit DIR`.

It looks which kinds of functions the file registers, writes a world for them and an entry module that exports them, and
lets componentize-py build that. It downloads nothing unless `--install` says so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time

SDK = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
"""The folder of the packages `dacapo` and `dacapo_build`."""

if __name__ == "__main__":
    sys.path[0] = SDK

from dacapo_build import component, inputs, world  # noqa: E402
from dacapo_build.diagnosis import BuildError, Place, of_componentize, progress  # noqa: E402

ENTRY = "dacapo_entry"
"""The module that componentize-py begins with."""

_CLASSES = {
    "activity": ("activity", "Activity"),
    "orchestrator": ("orchestrator", "Orchestrator"),
    "entity": ("entity", "Entity"),
    "timer_trigger": ("timer_trigger", "TimerTrigger"),
    "stream_trigger": ("stream_trigger", "StreamTrigger"),
    "http": ("incoming_handler", "IncomingHandler"),
}


def build(entry: str, out: str, wit: str, packages: str | None) -> list[str]:
    """Builds the component, and gives the author's files that went into it.

    Raises `BuildError` with what the author should know.
    """
    name, extension = os.path.splitext(os.path.basename(entry))
    if not os.path.isfile(entry):
        raise Place(entry).error("there is no such file")
    if extension != ".py" or not name.isidentifier():
        raise Place(entry).error("this is not the name of a module: letters, digits and _, ending with .py")
    began = time.monotonic()
    found = _probe(entry, packages)
    kinds = set(found["kinds"])
    progress(f"{entry} has {', '.join(sorted(kinds)).replace('_', '-')}")
    with tempfile.TemporaryDirectory(prefix="dacapo-python-") as folder:
        arguments = world.write(os.path.join(folder, "wit"), wit, kinds)
        entries = os.path.join(folder, "entry")
        os.mkdir(entries)
        with open(os.path.join(entries, f"{ENTRY}.py"), "w", encoding="utf-8") as file:
            file.write(entry_text(name, kinds, found["later"]))
        made = os.path.join(folder, "component.wasm")
        folders = [os.path.dirname(entry) or ".", entries, SDK, *([packages] if packages else [])]
        componentize(arguments, folders, made, entry)
        with open(made, "rb") as file:
            binary = component.renamed(file.read())
    partial = f"{out}.partial"
    with open(partial, "wb") as file:
        file.write(binary)
    os.replace(partial, out)
    progress(f"{out}: {len(binary) / (1 << 20):.1f} MiB in {time.monotonic() - began:.0f} s")
    requirements = _requirements(entry)
    return [*found["inputs"], *([os.path.abspath(requirements)] if os.path.isfile(requirements) else [])]


def _probe(entry: str, packages: str | None) -> dict[str, list[str]]:
    command = [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path.insert(0, {SDK!r}); {_RUN_PROBE}"]
    done = subprocess.run(
        [*command, entry, *([packages] if packages else [])], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BuildError(done.stderr.rstrip())
    last = done.stdout.rstrip().rpartition("\n")[2]
    return json.loads(last)  # type: ignore[no-any-return]


_RUN_PROBE = "import runpy; runpy.run_module('dacapo_build.probe', run_name='__main__', alter_sys=True)"


def entry_text(name: str, kinds: set[str], later: list[str]) -> str:
    """The text of the entry module."""
    # Compiled modules in the author's folder would only be trash, and could be taken for newer than they are.
    lines = ["import sys", "sys.dont_write_bytecode = True"]
    lines += ["from dacapo.host import start", f"start.load({name!r}, {later!r})"]
    lines += ["from dacapo.host.functions import Functions"]
    lines += [f"from dacapo.host.{module} import {cls}" for kind, (module, cls) in _CLASSES.items() if kind in kinds]
    return "\n".join([*lines, "start.finish()", ""])


def componentize(arguments: list[str], folders: list[str], out: str, entry: str) -> None:
    """Lets componentize-py build the entry module, which lies in one of the folders.

    Raises `BuildError` with the exception at import that kept it from that, if there was one.
    """
    run = "import sys; from componentize_py import script; sys.argv[0] = 'componentize-py'; sys.exit(script())"
    paths = [argument for folder in folders for argument in ("--python-path", folder)]
    command = [
        sys.executable,
        "-c",
        run,
        "--quiet",
        *arguments,
        "componentize",
        "--stub-wasi",
        *paths,
        ENTRY,
        "-o",
        out,
    ]
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise of_componentize(done.stdout + done.stderr, folders, entry)


def _packages(entry: str, cache: str | None, *, installs: bool) -> str | None:
    """The folder with what `requirements.txt` beside the entry names, if there is one."""
    requirements = _requirements(entry)
    if not os.path.isfile(requirements):
        return None
    with open(requirements, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()[:16]
    folder = os.path.join(cache or os.path.join(os.path.dirname(entry), ".dacapo", "python"), digest)
    if os.path.isdir(folder):
        return folder
    if not installs:
        raise Place(requirements).error("what this names is not installed: build once with --install")
    progress(f"installing {requirements}")
    partial = f"{folder}.partial"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
        "--target",
        partial,
        "-r",
        requirements,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Place(requirements).error(f"pip failed\n{done.stderr.rstrip()}")
    os.replace(partial, folder)
    return folder


def _requirements(entry: str) -> str:
    return os.path.join(os.path.dirname(entry), "requirements.txt")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Makes a component of a Python file.")
    parser.add_argument("--entry", required=True, help="the file that has the functions")
    parser.add_argument("--out", required=True, help="the component")
    parser.add_argument("--wit", required=True, help="the folder with dacapo/*.wit and wasi/")
    parser.add_argument("--packages", help="where installed requirements are kept")
    parser.add_argument("--install", action="store_true", help="install requirements.txt if that is missing")
    parser.add_argument("--inputs", help="where to write which of the author's files were read, one a line")
    chosen = parser.parse_args()
    try:
        packages = _packages(chosen.entry, chosen.packages, installs=chosen.install)
        inputs.write(chosen.inputs, build(chosen.entry, chosen.out, chosen.wit, packages))
    except BuildError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

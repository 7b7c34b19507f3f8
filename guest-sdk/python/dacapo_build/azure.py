"""Builds a component of a folder of functions for `azure-functions-durable`.

    python azure.py --dir DIR --out OUT.wasm --wit WIT [--packages DIR] [--install] [--inputs FILE]

It owns the order of the steps. What they do is in the modules beside it: which packages are there (`azure_packages`),
which functions the app has (`azure_scan`), and the component itself. Errors are `FILE:LINE:COLUMN: error: TEXT`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# This file has the name of the library's package, and the folder of a script is the first to be searched.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [path for path in sys.path if path != str(_HERE)]
sys.path.append(str(_HERE.parent))

from dacapo_build import azure_packages, component, inputs, world
from dacapo_build.diagnosis import BuildError
from dacapo_build.main import ENTRY, componentize, entry_text

_SDK = _HERE.parent
_ROLES = ("orchestrator", "entity", "activity")
_INDEX = "dacapo_azure_app"
"""The module that loads the functions."""

_LOADER = '''"""Finds the functions of the app."""
from dacapo_azure.app import {names}

APP = {load}
'''


def main() -> int:
    """Builds, and tells why not."""
    arguments = _arguments()
    try:
        app, packages = arguments.dir.resolve(), _packages(arguments)
        inputs.write(arguments.inputs, build(app, arguments.out.resolve(), arguments.wit.resolve(), packages))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build(app: Path, out: Path, wit: Path, packages: azure_packages.Choice) -> list[Path]:
    """Makes the component `out` of the folder `app`, and gives the author's files that went into it."""
    with tempfile.TemporaryDirectory(prefix="dacapo-azure-") as scratch:
        place = Path(scratch)
        path = _path(app, packages, place)
        found = _scan(app, path)
        _tell(found)
        began = time.monotonic()
        made = _make(app, path, wit, found, place)
        _say(
            f"componentize-py took {time.monotonic() - began:.0f} s and made {made.stat().st_size / (1 << 20):.1f} MiB"
        )
        partial = out.with_name(f"{out.name}.partial")
        shutil.copyfile(made, partial)
        partial.replace(out)
        named = [*app.glob("*/function.json"), app / "requirements.txt"]
        return [*map(Path, found["inputs"]), *(file for file in named if file.is_file())]


def catalogue(app: Path, packages: azure_packages.Choice) -> dict[str, Any]:
    """The functions of the folder `app`."""
    with tempfile.TemporaryDirectory(prefix="dacapo-azure-") as scratch:
        return _scan(app, _path(app, packages, Path(scratch)))


def _path(app: Path, packages: azure_packages.Choice, place: Path) -> list[Path]:
    """Where modules are looked for, but for the app itself, with the module that loads the app in `place`."""
    (place / "index").mkdir()
    (place / "index" / f"{_INDEX}.py").write_text(_index(app), encoding="utf-8")
    return [_SDK, _SDK / "azure", _SDK / "azure" / "stubs", packages.library(), *packages.of_app(app), place / "index"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Builds a component of functions for azure-functions-durable.")
    parser.add_argument(
        "--dir", type=Path, required=True, help="the folder with function_app.py, or with function.json folders"
    )
    parser.add_argument("--out", type=Path, required=True, help="the component to write")
    parser.add_argument("--wit", type=Path, required=True, help="the folder with the contract")
    parser.add_argument("--packages", type=Path, help="where packages are kept")
    parser.add_argument("--install", action="store_true", help="install packages that are missing")
    parser.add_argument("--inputs", type=Path, help="where to write which of the author's files were read, one a line")
    return parser.parse_args()


def _packages(arguments: argparse.Namespace) -> azure_packages.Choice:
    kept = arguments.packages or azure_packages.default_folder()
    return azure_packages.Choice(
        kept, _SDK / "toolchain" / "azure-requirements.txt", arguments.install or azure_packages.may_install()
    )


def _index(app: Path) -> str:
    """The module that finds the functions: by decorators in one file, or by folders with a description each."""
    if (app / "function_app.py").is_file():
        return _LOADER.format(names="decorated", load="decorated()")
    entries = [_entry(app, description) for description in sorted(app.glob("*/function.json"))]
    if not entries:
        raise BuildError(
            f"{app}:1:1: error: there is neither a function_app.py nor a folder with a function.json in it"
        )
    listed = "".join(f"    Entry(*{entry!r}),\n" for entry in entries)
    return _LOADER.format(names="Entry, folders", load=f"folders((\n{listed}))")


def _entry(app: Path, description: Path) -> tuple[str, str, str, tuple[dict[str, Any], ...]]:
    try:
        content = json.loads(description.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise BuildError(f"{description}:{error.lineno}:{error.colno}: error: {error.msg}") from None
    folder = description.parent
    script = (folder / content.get("scriptFile", "__init__.py")).resolve()
    if not script.is_file() or app not in script.parents:
        raise BuildError(
            f"{description}:1:1: error: its scriptFile {content.get('scriptFile')} is not a file of the app"
        )
    module = script.relative_to(app).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    return folder.name, module, content.get("entryPoint", "main"), tuple(content.get("bindings", ()))


def _scan(app: Path, path: list[Path]) -> dict[str, Any]:
    """The functions of the app, as another interpreter finds them: what the app does on import stays there."""
    scan = [sys.executable, "-W", "ignore", str(_HERE / "azure_scan.py"), str(app)]
    done = subprocess.run(scan, env=_environment([*path, app]), cwd=app, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(done.stderr.rstrip())
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if not found["functions"]:
        left_out = "".join(f"\n  {it['name']}: {it['reason']}" for it in found["leftOut"])
        raise BuildError(f"{app}:1:1: error: there is no orchestrator, entity or activity in the app{left_out}")
    return found


def _tell(found: dict[str, Any]) -> None:
    for role in _ROLES:
        names = [function["name"] for function in found["functions"] if function["kind"] == role]
        if names:
            _say(f"{role}: {', '.join(names)}")
    for function in found["leftOut"]:
        _say(f"left out: {function['name']}: {function['reason']}")


def _make(app: Path, path: list[Path], wit: Path, found: dict[str, Any], place: Path) -> Path:
    """The component, with the roles that the app has and no others."""
    kinds = {function["kind"] for function in found["functions"]}
    (place / "entry").mkdir()
    (place / "entry" / f"{ENTRY}.py").write_text(
        entry_text("dacapo_azure.component", kinds, found["later"]), encoding="utf-8"
    )
    arguments = world.write(str(place / "wit"), str(wit), kinds)
    made = place / "made.wasm"
    # The author's folder is the first, so that errors are told by its files.
    componentize(arguments, [str(app), str(place / "entry"), *map(str, path)], str(made), str(app))
    made.write_bytes(component.renamed(made.read_bytes()))
    return made


def _environment(path: list[Path]) -> dict[str, str]:
    """Nothing of the user's own Python gets into a component."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

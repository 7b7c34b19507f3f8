"""Imports an author's module on this CPython and says what is in it. Runs in an interpreter of its own, without
site-packages.

What works here works in the component, but for C extensions: those are hidden, as they will be there. Prints one JSON
object on stdout; what is wrong goes to stderr as a diagnosis, with exit code 1.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, PathFinder
from types import ModuleType, TracebackType

from dacapo_build.diagnosis import BuildError, Place
from dacapo_build.inputs import Inputs


class _PurePython:
    """Finds modules as Python does, and refuses C extensions that are not part of Python."""

    def __init__(self) -> None:
        self.refused: list[tuple[str, str]] = []

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        top = name.partition(".")[0]
        origin = "" if spec is None or spec.origin is None else spec.origin
        if origin.endswith(tuple(EXTENSION_SUFFIXES)) and top not in sys.stdlib_module_names:
            self.refused.append((top, os.path.basename(origin)))
            raise ImportError(f"{name} is a C extension ({os.path.basename(origin)})", name=name)
        return spec


def probe(entry: str, packages: str | None) -> dict[str, object]:
    """Imports a file and says which kinds of functions it registers, which modules it imports later, and which files are
    read for all that."""
    folder, name = os.path.dirname(os.path.abspath(entry)), os.path.splitext(os.path.basename(entry))[0]
    finder = _PurePython()
    sys.meta_path[:] = [finder if known is PathFinder else known for known in sys.meta_path]
    sys.path[:0] = [folder, *([packages] if packages else [])]
    from dacapo import seal
    from dacapo.functions import registry

    inputs = Inputs(folder, packages)
    seal.install()
    try:
        importlib.import_module(name)
        for function in registry.functions:
            if hasattr(function, "signature"):
                function.signature.schemas()
    except SyntaxError as error:
        place = Place(_shown(error.filename or entry), error.lineno or 1, error.offset or 1)
        raise place.error(error.msg) from None
    except Exception as error:
        raise _explained(error, finder, folder, entry) from None
    if not registry.functions:
        raise Place(entry).error(
            "there is nothing here for the host: decorate a function with @orchestrator or @activity"
        )
    kinds = {"http" if function.kind is None else function.kind.name.lower() for function in registry.functions}
    later = sorted(imported_later(folder))
    return {"kinds": sorted(kinds), "later": later, "inputs": inputs.files(later)}


def _explained(error: Exception, finder: _PurePython, folder: str, entry: str) -> BuildError:
    place = _place(error.__traceback__, folder) or Place(entry)
    if isinstance(error, ImportError) and finder.refused:
        package, file = finder.refused[-1]
        return place.error(f"{package} needs a C extension ({file}); only packages in pure Python work in a component")
    if isinstance(error, ModuleNotFoundError):
        missing = (error.name or "").partition(".")[0]
        return place.error(
            f"there is no module {missing!r}: put the package into requirements.txt beside {os.path.basename(entry)} "
            f"and build with --install, or put the file {missing}.py there"
        )
    text = "".join(traceback.format_exception(_own(error, folder))).rstrip()
    return place.error(f"{type(error).__name__}: {error}\n{text}")


def _own(error: Exception, folder: str) -> Exception:
    """The exception without the frames of this tool."""
    frame = error.__traceback__
    while frame is not None and not frame.tb_frame.f_code.co_filename.startswith(folder):
        frame = frame.tb_next
    return error.with_traceback(frame) if frame is not None else error


def _place(frame: TracebackType | None, folder: str) -> Place | None:
    """The innermost line of the author's own files."""
    place = None
    while frame is not None:
        code = frame.tb_frame.f_code
        if code.co_filename.startswith(folder):
            positions = list(code.co_positions())[frame.tb_lasti // 2]
            place = Place(_shown(code.co_filename), frame.tb_lineno, (positions[2] or 0) + 1)
        frame = frame.tb_next
    return place


def _shown(file: str) -> str:
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative


def imported_later(folder: str) -> set[str]:
    """The modules that the author's files import within functions: at run time there are no files to find them in."""
    later: set[str] = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        if not file.startswith(folder + os.sep) or not file.endswith(".py"):
            continue
        with open(file, "rb") as source:
            tree = ast.parse(source.read())
        for function in ast.walk(tree):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for node in ast.walk(function):
                    if isinstance(node, ast.Import):
                        later.update(alias.name for alias in node.names)
                    elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                        later.add(node.module)
    return later


if __name__ == "__main__":
    try:
        print(json.dumps(probe(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)))
    except BuildError as error:
        sys.exit(str(error))

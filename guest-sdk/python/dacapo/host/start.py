"""What happens while a component is built: the standard library is sealed, the author's module is imported, the doors
are shut.

All of that is in the picture of the interpreter that the component begins with. At run time there are no files: what is
imported later must be there already.
"""

from __future__ import annotations

import gc
import importlib
import linecache
import logging
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from .. import seal
from ..functions import registry
from ..seal import doors

RECURSION_LIMIT = 500
"""Calls within calls. Those that go through C take a piece of the stack of 1 MiB each, and this many fit."""

AUTHORS_FOLDER = "/0/"
"""Where the build tool has the folder of the entry mounted: it is the first one."""

NEEDED_LATER = (
    "_strptime",
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.utf_16",
    "encodings.utf_8_sig",
    "traceback",
)
"""Modules that the standard library imports when they are first used."""


def load(name: str, later: Iterable[str] = ()) -> None:
    """Imports the author's module, and what it will import later, within functions."""
    seal.install()
    importlib.import_module(name)
    for module in (*NEEDED_LATER, *later):
        try:
            importlib.import_module(module)
        except ImportError:
            continue  # Whoever needs it will be told so, at the line that needs it.
    doors.guard_loops()


def finish() -> None:
    """Everything is imported: from here on there are no files."""
    if logging.getLogger().level == logging.WARNING:
        logging.getLogger().setLevel(logging.INFO)
    _keep_sources()
    sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not PathFinder]
    sys.meta_path.append(_NoFiles())
    sys.setrecursionlimit(RECURSION_LIMIT)
    for function in registry.functions:  # Annotations that cannot be resolved are found now, and readers are made.
        if hasattr(function, "signature"):
            function.signature.schemas()
    gc.collect()
    gc.freeze()


def _keep_sources() -> None:
    """Keeps the lines of the author's own files for tracebacks, and looks for no others."""
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if path is not None and path.startswith(AUTHORS_FOLDER) and path.endswith(".py"):
            linecache.getlines(path)
    linecache.checkcache = lambda filename=None: None
    linecache.updatecache = lambda filename, module_globals=None: []


class _NoFiles:
    """Says what is missing instead of looking for files that are not there. The last finder that is asked."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        raise ModuleNotFoundError(
            f"the module {name!r} is imported at run time, and a component has no files then: "
            "import it at the top of the module",
            name=name,
        )

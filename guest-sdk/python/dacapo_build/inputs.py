"""Which of an author's files a build reads: a build whose inputs have not changed need not be made again.

It watches an interpreter that imports what will be imported in the component, and so knows data files too that are
read then. Installed packages are not named: they follow from the requirements, which are.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable


class Inputs:
    """Notes which files of a folder are read from now on, for as long as the interpreter lives."""

    def __init__(self, folder: str, packages: str | None) -> None:
        self._folder = os.path.abspath(folder)
        self._packages = os.path.abspath(packages) if packages else None
        self._opened: set[str] = set()
        sys.addaudithook(self._hook)

    def files(self, later: Iterable[str]) -> list[str]:
        """The absolute paths, after an import of the modules that functions import."""
        for module in later:
            try:
                importlib.import_module(module)
            except BaseException:  # Whatever is wrong with it, the component itself will tell.
                continue
        # A module that was read from a cache has not been opened.
        modules = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
        return sorted(filter(self._is_authors, self._opened | modules))

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[0], (str, bytes)) and _reads(arguments[2]):
            self._opened.add(os.path.abspath(os.fsdecode(arguments[0])))

    def _is_authors(self, file: str) -> bool:
        inside = file.startswith(self._folder + os.sep)
        installed = self._packages is not None and file.startswith(self._packages + os.sep)
        return inside and not installed and "__pycache__" not in file.split(os.sep) and os.path.isfile(file)


def _reads(flags: object) -> bool:
    return isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR) == 0


def write(file: str | os.PathLike[str] | None, inputs: Iterable[str | os.PathLike[str]]) -> None:
    """Writes the paths one a line, if somebody wants to know them."""
    if file is not None:
        with open(file, "w", encoding="utf-8") as text:
            text.writelines(f"{os.fspath(path)}\n" for path in inputs)

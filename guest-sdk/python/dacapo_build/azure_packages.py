"""The packages of an app for Azure: the library, and what the app's own `requirements.txt` names.

It owns folders of installed packages, each named after a digest of what is in it and moved into place when it is
complete. Compiled extensions are deleted: many packages do without, and those that do not are named when the app
imports them.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .diagnosis import BuildError

_COMPILED = ("*.so", "*.pyd", "*.dylib")
_NOT_WANTED = ("bin", "tests")
_NOTE = "dacapo-without-extensions.txt"
"""In a folder of packages: the packages whose compiled extensions were deleted, one a line."""

_PROVIDED = re.compile(r"^(azure[-_.]functions([-_.]durable)?|azure[-_.]functions[-_.]worker)\b", re.IGNORECASE)
"""Requirements that are met already."""


@dataclass(frozen=True)
class Choice:
    """Where packages are kept, and whether what is missing may be installed."""

    kept: Path
    requirements: Path
    installs: bool

    def library(self) -> Path:
        """The folder with the library."""
        return self._folder("azure", self.requirements.read_text(encoding="utf-8"), ["--no-deps"])

    def of_app(self, app: Path) -> list[Path]:
        """The folder with what the app asks for beside the library, if it does."""
        file = app / "requirements.txt"
        lines = file.read_text(encoding="utf-8-sig").splitlines() if file.is_file() else []
        wanted = [line.split(" #")[0].strip() for line in lines if not line.lstrip().startswith("#")]
        wanted = [line for line in wanted if line and not _PROVIDED.match(line)]
        return [self._folder("app", "\n".join(wanted) + "\n", ["--only-binary=:all:"])] if wanted else []

    def _folder(self, kind: str, requirements: str, options: list[str]) -> Path:
        identity = f"{requirements}\n{options}\n{sys.version_info[:2]}"
        folder = self.kept / f"{kind}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
        if not folder.is_dir():
            if not self.installs:
                named = ", ".join(line for line in requirements.splitlines() if line and not line.startswith("#"))
                raise BuildError(
                    f"{folder}:1:1: error: these packages are not installed: {named}; build with --install"
                )
            self._install(folder, requirements, options)
        return folder

    def _install(self, folder: Path, requirements: str, options: list[str]) -> None:
        self.kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.kept, prefix=".part-") as scratch:
            listed, part = Path(scratch, "requirements.txt"), Path(scratch, "packages")
            listed.write_text(requirements, encoding="utf-8")
            pip = [
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
                "--no-compile",
            ]
            command = [*pip, *options, "--target", str(part), "-r", str(listed)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise BuildError(
                    f"requirements.txt:1:1: error: the packages could not be installed\n{done.stderr.strip()}"
                )
            _strip(part)
            try:
                part.rename(folder)
            except OSError:
                # Another build was faster; the digest says that it is the same.
                if not folder.is_dir():
                    raise


def default_folder() -> Path:
    """Where packages are kept if nobody says otherwise."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "dacapo" / "packages"


def may_install() -> bool:
    """Whether the environment allows it."""
    return os.environ.get("DACAPO_INSTALL", "") not in ("", "0")


def advice(error: BaseException) -> str:
    """What to do about a module that could not be imported."""
    if not isinstance(error, ImportError) or not error.name:
        return ""
    package = error.name.partition(".")[0]
    for note in (Path(folder, _NOTE) for folder in sys.path):
        if note.is_file() and package in note.read_text(encoding="utf-8").split():
            return f"\nthe package {package} needs a compiled extension; a component runs pure Python only"
    return f"\nif {package} is a package, name it in the requirements.txt of the app and build with --install"


def _strip(packages: Path) -> None:
    """Deletes what cannot run or is not needed."""
    compiled = [file for pattern in _COMPILED for file in packages.rglob(pattern)]
    stripped = sorted({file.relative_to(packages).parts[0].partition(".")[0] for file in compiled})
    for file in compiled:
        file.unlink()
    for name in _NOT_WANTED:
        shutil.rmtree(packages / name, ignore_errors=True)
    (packages / _NOTE).write_text("".join(f"{name}\n" for name in stripped), encoding="utf-8")

"""What the build tool says to authors: `FILE:LINE:COLUMN: error: TEXT` on stderr."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass


class BuildError(Exception):
    """The build ends here, and the text is for the author."""


@dataclass(frozen=True)
class Place:
    """Where something is wrong."""

    file: str
    line: int = 1
    column: int = 1

    def error(self, text: str) -> BuildError:
        """What is wrong there."""
        return BuildError(f"{self.file}:{self.line}:{self.column}: error: {text}")


def progress(text: str) -> None:
    """Says what goes on."""
    print(text, file=sys.stderr, flush=True)


_FRAME = re.compile(r'^\s*File "/(\d+)/(.*?)", line (\d+)', re.MULTILINE)


def of_componentize(output: str, folders: list[str], entry: str) -> BuildError:
    """What componentize-py says of an exception at import, with the author's own files: it mounts folders under
    numbers."""
    frames = [(int(index), file, int(line)) for index, file, line in _FRAME.findall(output)]
    known = [(f"{folders[index]}/{file}", line) for index, file, line in frames if index == 0]
    reason = next(
        (line for line in output.split("Caused by:")[0].splitlines()[::-1] if line.strip()), "no reason given"
    )
    place = Place(*known[-1]) if known else Place(entry)
    return place.error(
        f"{reason.strip().removeprefix('AssertionError: ')}\n{output.split('Stack backtrace:')[0].rstrip()}"
    )

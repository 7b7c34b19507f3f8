"""Errors of a build, as an author reads them: `FILE:LINE:COLUMN: error: TEXT`, and more below if there is more."""

from __future__ import annotations

import traceback
from pathlib import Path


def of_exception(app: Path, error: BaseException) -> str:
    """The error of an app whose import raised this."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(app, error.filename)}:{error.lineno or 1}:{error.offset or 1}: error: {error.msg}"
    text = "".join(traceback.format_exception_only(error)).rstrip()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if app in Path(frame.filename).parents]
    if not frames:
        return f"{app}:1:1: error: {text}"
    place = f"{_shown(app, frames[-1].filename)}:{frames[-1].lineno}:1"
    below = "".join(traceback.format_list(frames)).rstrip()
    return f"{place}: error: {text}\n{below}"


def _shown(app: Path, filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(app)) if app in path.parents else filename

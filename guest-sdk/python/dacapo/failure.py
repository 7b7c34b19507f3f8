"""Failures: why something did not succeed, as data that is recorded and crosses languages.

`Failure` is what authors raise and catch; `from_exception` makes one of whatever else they raise, with the lines of
their own code. It knows the contract's words and nothing else of the SDK.
"""

from __future__ import annotations

import linecache
import os
from collections.abc import Iterator
from types import CodeType, TracebackType

from .contract import Cause, FailureData

DETAILS_MAX_BYTES = 16 << 10
"""How much of a traceback is kept: its beginning and its end."""

CAUSES_MAX_COUNT = 8
"""How many causes the host keeps."""

FRAMES_MAX_COUNT = 40
"""How many lines of a traceback are shown: a recursion without end has a thousand."""

SDK = os.path.dirname(os.path.abspath(__file__)) + os.sep
"""The folder of this package."""

_LIBRARY = os.path.dirname(linecache.__file__) + os.sep
"""The folder of the standard library."""


class Failure(Exception):
    """Why something did not succeed: `raise Failure("card-declined", "no money", retryable=False)`.

    `kind` is a short stable word that code may branch on. Kinds that begin with `dacapo:` come from the host. What led
    to it is in `causes`, the nearest first; `raise Failure(…) from error` puts the error there.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        details: str | None = None,
        retryable: bool = True,
        causes: list[Cause] | None = None,
    ) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message
        self.details = details
        self.retryable = retryable
        self.causes = list(causes or [])
        self._is_passed_on = False

    def __str__(self) -> str:
        because = "".join(f", because of {cause.kind}: {cause.message}" for cause in self.causes)
        return f"{self.kind}: {self.message}{because}"

    def has_kind(self, kind: str) -> bool:
        """Whether the failure or one of its causes is of this kind: so it sees what happened in a child of a child."""
        return self.kind == kind or any(cause.kind == kind for cause in self.causes)

    def because(self, cause: BaseException) -> Failure:
        """The same failure with another one, and what led to that, as its causes."""
        data = from_exception(cause)
        causes = [*self.causes, Cause(data.kind, data.message, data.details), *data.causes]
        return Failure(self.kind, self.message, details=self.details, retryable=self.retryable, causes=causes)


class NotDurable(RuntimeError):
    """Code that is replayed did what it cannot do: it says what, and what to use instead."""


class NotDurableFile(NotDurable, FileNotFoundError):
    """The same for files: who expects that a file may be missing goes on."""


def from_data(data: FailureData) -> Failure:
    """What a task that failed raises."""
    failure = Failure(data.kind, data.message, details=data.details, retryable=data.retryable, causes=data.causes)
    failure._is_passed_on = True
    return failure


def from_exception(error: BaseException) -> FailureData:
    """An exception as data.

    A `Failure` stays what it is. Everything else has the kind `error`, and its message as Python prints it. What was
    raised `from` another exception has that one as a cause.
    """
    if isinstance(error, Failure):
        data = FailureData(error.kind, error.message, error.details, error.retryable, list(error.causes))
    else:
        data = FailureData("error", _headline(error))
    data.details = _details(error)
    behind = error.__cause__
    while behind is not None and len(data.causes) < CAUSES_MAX_COUNT:
        if isinstance(behind, Failure):
            data.causes.append(Cause(behind.kind, behind.message, _details(behind)))
            data.causes.extend(behind.causes)
        else:
            data.causes.append(Cause("error", _headline(behind), _details(behind)))
        behind = behind.__cause__
    del data.causes[CAUSES_MAX_COUNT:]
    return data


def traceback_of(error: BaseException) -> str | None:
    """The frames of the author's code that the exception went through, oldest first, as Python prints them."""
    lines = [_line(code, number) for code, number in _frames(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        lines.append(f'  File "{shown(error.filename)}", line {error.lineno}')
    if len(lines) > FRAMES_MAX_COUNT:
        half = FRAMES_MAX_COUNT // 2
        lines[half:-half] = [f"  … {len(lines) - FRAMES_MAX_COUNT} frames …"]
    return cut("\n".join(["Traceback (most recent call last):", *lines, _headline(error)])) if lines else None


def is_of_author(code: CodeType) -> bool:
    """Whether this is code that the author wrote, or a library of theirs, and not the SDK."""
    path = code.co_filename
    is_pythons_own = path.startswith(_LIBRARY) and "site-packages" not in path
    return not is_pythons_own and not path.startswith((SDK, "<frozen"))


def shown(filename: str) -> str:
    """A file as its author knows it: in a component each folder of the path is mounted under a number."""
    head, _, rest = filename.removeprefix("/").partition("/")
    return rest if filename.startswith("/") and head.isdigit() and rest else filename


def cut(text: str) -> str:
    """The text if it is not too long; otherwise its beginning and its end."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= DETAILS_MAX_BYTES:
        return encoded.decode()
    half = DETAILS_MAX_BYTES // 2 - 16
    return f"{encoded[:half].decode(errors='ignore')}\n…\n{encoded[-half:].decode(errors='ignore')}"


def _headline(error: BaseException) -> str:
    if isinstance(error, Failure):
        return f"{error.kind}: {error.message}"
    try:
        text = str(error)
    except Exception:
        text = "(its text cannot be made)"
    return cut(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _details(error: BaseException) -> str | None:
    """The author's own details, or the way that the exception took. The failure of a task stays as it was recorded."""
    if isinstance(error, Failure) and (error.details is not None or error._is_passed_on):
        return None if error.details is None else cut(error.details)
    return traceback_of(error)


def _frames(traceback: TracebackType | None) -> Iterator[tuple[CodeType, int]]:
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if is_of_author(code):
            yield code, traceback.tb_lineno
        traceback = traceback.tb_next


def _line(code: CodeType, number: int) -> str:
    head = f'  File "{shown(code.co_filename)}", line {number}, in {code.co_qualname}'
    source = linecache.getline(code.co_filename, number).strip()
    return f"{head}\n    {source}" if source else head

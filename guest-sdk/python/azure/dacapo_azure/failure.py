"""Exceptions of authors and of the library, as failures.

It owns what is the library's about them: frames that say nothing to an author, and exceptions that stand for the
failure of a task. Everything else about failures is `dacapo.failure`.
"""

from __future__ import annotations

from types import TracebackType

from dacapo.contract import FailureData
from dacapo.failure import from_data, from_exception

_OURS = ("dacapo.", "dacapo_azure", "azure.durable_functions", "azure.functions")


def carry(exception: BaseException, reason: FailureData) -> None:
    """Puts the failure of a task behind the exception that the library makes of it: authors find its kind in
    `__cause__`."""
    exception.__cause__ = from_data(reason)


def of(exception: BaseException) -> FailureData:
    """The failure of an execution, an activity or an operation that raised this."""
    data = from_exception(exception.with_traceback(_of_author(exception.__traceback__)))
    data.message = data.message.rstrip()
    data.details = data.details and data.details.rstrip()
    data.retryable = getattr(exception.__cause__, "retryable", data.retryable)
    return data


def _of_author(trace: TracebackType | None) -> TracebackType | None:
    """From where the author's code begins to where it ends; all of it if it never does."""
    first = last = None
    step = trace
    while step is not None:
        if not str(step.tb_frame.f_globals.get("__name__", "")).startswith(_OURS):
            first, last = first or step, step
        step = step.tb_next
    if last is not None:
        last.tb_next = None
    return first or trace

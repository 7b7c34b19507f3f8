"""One attempt of an activity.

It owns how the author's function is called: its parameters, and an event loop if it is a coroutine. It does not know
the bindings of the component.
"""

from __future__ import annotations

import inspect
from types import SimpleNamespace

from azure.functions.durable_functions import ActivityTriggerConverter
from azure.functions.meta import Datum

from dacapo.contract import FailureData, Invocation

from . import failure, loop, payload
from .app import Function


def run(function: Function, invocation: Invocation, given: bytes) -> bytes | FailureData:
    """The payload that the function returns, or why it did not."""
    try:
        # The library's own converters, as the worker of Azure uses them.
        value = ActivityTriggerConverter.decode(Datum(type="json", value=given.decode()), trigger_metadata=None)
        arguments = {function.parameter: value, **_context(function, invocation)}
        result = function.call(**arguments)
        if inspect.iscoroutine(result):
            result = loop.run(result)
    except BaseException as exception:  # Whatever it is, the attempt is over: `sys.exit` too.
        return failure.of(exception)
    try:
        return payload.checked(ActivityTriggerConverter.encode(result, expected_type=None).value)
    except (TypeError, ValueError, RecursionError) as error:
        return FailureData("invalid-output", f"the activity returned what is not JSON: {error}", retryable=False)


def _context(function: Function, invocation: Invocation) -> dict[str, SimpleNamespace]:
    """What the worker passes to a function that has a parameter of this name beside its own."""
    if function.parameter == "context" or "context" not in inspect.signature(function.call).parameters:
        return {}
    context = SimpleNamespace(
        function_name=function.name,
        invocation_id=invocation.idempotency_key,
        function_directory="",
        retry_context=SimpleNamespace(retry_count=invocation.attempt - 1),
        trace_context=SimpleNamespace(trace_parent=(invocation.trace or ("", None))[0]),
    )
    return {"context": context}

"""The interface `wasi:http/incoming-handler`. Only here are its resources, and the order of their ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from componentize_py_types import Err, Ok
from wit_world.imports import http, streams

from ..client import Client
from ..failure import Failure
from ..web import Request, Response, problem
from .active import ActiveRole
from .hub import Host
from .words import served

_READ_MAX_BYTES = 64 << 10
"""How much of a body is asked for at once."""


class IncomingHandler:
    """What the host calls."""

    def handle(self, request: Any, response_out: Any) -> None:
        with ExitStack() as stack:
            stack.enter_context(request)
            response = served().serve(_request(request, stack), ActiveRole(), Client(Host()))
            _respond(response, response_out)


def _request(incoming: Any, stack: ExitStack) -> Request:
    method = incoming.method()
    word = method.value if isinstance(method, http.Method_Other) else type(method).__name__.removeprefix("Method_")
    with incoming.headers() as fields:
        headers = fields.entries()
    return Request(word, incoming.path_with_query() or "/", _chunks(incoming, stack), headers)


def _chunks(incoming: Any, stack: ExitStack) -> Iterator[bytes]:
    """The body, as it comes. What is opened for it is closed before the request is."""
    body = stack.enter_context(incoming.consume())
    stream = stack.enter_context(body.stream())
    while True:
        try:
            yield stream.blocking_read(_READ_MAX_BYTES)
        except Err as error:
            if isinstance(error.value, streams.StreamError_Closed):
                return
            raise Failure("broken-body", error.value.value.to_debug_string()) from None


def _respond(response: Response, out: Any) -> None:
    try:
        outgoing = _outgoing(response)
    except Failure as failure:
        response = problem(failure)
        outgoing = _outgoing(response)
    sink = outgoing.body()
    http.ResponseOutparam.set(out, Ok(outgoing))
    pieces = [response.body] if isinstance(response.body, bytes) else response.body
    try:
        with sink.write() as stream:
            for piece in pieces:
                _write(stream, piece)
            stream.blocking_flush()
    except (
        Exception
    ):  # The caller is gone, or the author's body broke: what is not finished says that a part is missing.
        sink.__exit__(None, None, None)
    else:
        http.OutgoingBody.finish(sink, None)


def _outgoing(response: Response) -> Any:
    try:
        fields = http.Fields.from_list([(name, value.encode()) for name, value in response.headers])
    except Err as error:
        raise Failure("invalid-response", f"a header is not allowed: {type(error.value).__name__}") from None
    outgoing = http.OutgoingResponse(fields)
    try:
        outgoing.set_status_code(response.status)
    except (Err, OverflowError):
        raise Failure("invalid-response", f"{response.status} is no status") from None
    return outgoing


def _write(stream: Any, data: bytes) -> None:
    """Writes as much at a time as the host takes."""
    while data:
        room = stream.check_write()
        if room == 0:
            with stream.subscribe() as pollable:
                pollable.block()
            continue
        stream.write(data[:room])
        data = data[room:]
    stream.flush()

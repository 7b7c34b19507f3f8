"""An HTTP response as a function makes it."""

from __future__ import annotations

import json as _json
from collections.abc import Iterable, Mapping
from typing import Any

from ..payload import encode


class Response:
    """An HTTP response. Its body is text, bytes, or an iterable of bytes that are sent as they come.

    An exception in such an iterable breaks the connection off, so that the caller does not take a part for the whole.
    """

    def __init__(
        self, status: int = 200, body: bytes | str | Iterable[bytes] = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.headers = list((headers or {}).items())
        self.body: bytes | Iterable[bytes] = body.encode() if isinstance(body, str) else body

    def __repr__(self) -> str:
        return f"Response({self.status})"

    @staticmethod
    def text(text: str, status: int = 200) -> Response:
        """A text."""
        return Response(status, text, {"content-type": "text/plain; charset=utf-8"})

    @staticmethod
    def json(value: object, status: int = 200) -> Response:
        """A value as JSON."""
        return Response(status, encode(value, "invalid-output"), {"content-type": "application/json"})

    def with_header(self, name: str, value: str) -> Response:
        """The same response with one more header."""
        self.headers.append((name, value))
        return self

    def header(self, name: str) -> str | None:
        """The first value of a header, in upper or lower case."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)

    def read(self) -> bytes:
        """The whole body."""
        return self.body if isinstance(self.body, bytes) else b"".join(self.body)

    def read_json(self) -> Any:
        """The whole body as JSON."""
        return _json.loads(self.read())

"""An HTTP request as a function sees it. The body is read when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs, unquote

from ..payload import decode


class Request:
    """An HTTP request. The path begins with `/api/` and may have a query."""

    def __init__(
        self,
        method: str,
        path: str,
        body: bytes | str | Iterable[bytes] = b"",
        headers: Iterable[tuple[str, bytes]] = (),
    ) -> None:
        self.method = method.upper()
        self.path, _, self.query = path.partition("?")
        """The path and the query as they were sent, escapes included."""
        self.headers = [(name.lower(), value) for name, value in headers]
        self.parameters: dict[str, str] = {}
        """What the path has where the route has names in braces, without escapes."""
        whole = body.encode() if isinstance(body, str) else body
        self._body: Iterator[bytes] = iter((whole,) if isinstance(whole, bytes) else whole)

    def __repr__(self) -> str:
        return f"Request({self.method} {self.path})"

    @property
    def path_segments(self) -> list[str]:
        """The segments of the path without escapes, `api` included."""
        return [unquote(segment) for segment in self.path.lstrip("/").split("/")]

    def query_value(self, name: str) -> str | None:
        """The first value of that name in the query, without escapes."""
        return next(iter(parse_qs(self.query, keep_blank_values=True).get(name, ())), None)

    def header(self, name: str) -> str | None:
        """The first value of a header, in upper or lower case, if it is text."""
        value = next((value for known, value in self.headers if known == name.lower()), None)
        try:
            return None if value is None else value.decode()
        except UnicodeDecodeError:
            return None

    def chunks(self) -> Iterator[bytes]:
        """The body, piece by piece as it arrives. Whoever takes it takes it from everybody else."""
        body, self._body = self._body, iter(())
        return body

    def bytes(self) -> bytes:
        """The whole body; empty if it was taken before."""
        return b"".join(self.chunks())

    def text(self) -> str:
        """The whole body as text."""
        return self.bytes().decode(errors="replace")

    def json(self, tp: Any = Any) -> Any:
        """The whole body as JSON of this type. Raises `invalid-input` if it does not fit: that is answered with 400."""
        return decode(self.bytes(), tp, "invalid-input")

"""As much of `aiohttp` as `azure-functions-durable` imports.

The client half of that library talks HTTP to Azure's host. There are no sockets here, so that a session sends nothing
and says so.
"""

from __future__ import annotations

from typing import Any, NoReturn


class ClientError(Exception):
    """What the library catches."""


class ClientTimeout:
    """Settings that mean nothing here."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings


class TCPConnector(ClientTimeout):
    """Settings that mean nothing here."""


class ClientSession:
    """A session that refuses each request."""

    closed = False

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    async def close(self) -> None:
        """Nothing is open."""
        self.closed = True

    def get(self, url: str, **options: Any) -> NoReturn:
        """Refuses."""
        _refuse("GET", url)

    def post(self, url: str, **options: Any) -> NoReturn:
        """Refuses."""
        _refuse("POST", url)

    def delete(self, url: str, **options: Any) -> NoReturn:
        """Refuses."""
        _refuse("DELETE", url)


def _refuse(method: str, url: str) -> NoReturn:
    advice = (
        "a component has no sockets; in an orchestrator use context.call_http, and start orchestrations from outside"
    )
    raise ClientError(f"aiohttp: {method} {url}: {advice}")

"""Routes: `sessions/{session}/messages`, `files/{*path}`. The text is that of the manifest, below `/api/`."""

from __future__ import annotations

from urllib.parse import unquote

BASE = "/api/"
"""Where the host serves the routes of its components."""


def parameters(route: str, path: str) -> dict[str, str] | None:
    """The parameters of a path that fits the route, by name.

    `{name}` is one segment that is not empty, `{*name}` all that is left, even nothing: so it is where the host looks
    for the component, too.
    """
    if not path.startswith(BASE):
        return None
    segments = path.removeprefix(BASE).split("/")
    found: dict[str, str] = {}
    for part in route.split("/"):
        name = part[1:-1] if part.startswith("{") and part.endswith("}") else None
        if name is not None and name.startswith("*"):
            found[name[1:]] = unquote("/".join(segments))
            segments = []
        elif not segments:
            return None
        elif name is not None and segments[0]:
            found[name] = unquote(segments.pop(0))
        elif name is None and unquote(segments[0]) == part:
            segments.pop(0)
        else:
            return None
    return None if segments else found

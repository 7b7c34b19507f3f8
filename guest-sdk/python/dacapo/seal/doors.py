"""The doors to the world that are shut while code is replayed: files, sockets, threads, programs, event loops.

Python announces most of them itself, by audit events; the others are replaced. What a role refuses is the role's
business.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from .role import current

_FILES = "read files in an activity, or where the module is imported"
_ACTIVITY = "do that in an activity"
_EVENTS: dict[str, tuple[str, str]] = {
    "open": ("open", _FILES),
    "os.listdir": ("os.listdir", _FILES),
    "os.scandir": ("os.scandir", _FILES),
    "os.mkdir": ("os.mkdir", _FILES),
    "os.remove": ("os.remove", _FILES),
    "os.rename": ("os.rename", _FILES),
    "os.rmdir": ("os.rmdir", _FILES),
    "os.chdir": ("os.chdir", _FILES),
    "os.system": ("os.system", _ACTIVITY),
    "os.fork": ("os.fork", _ACTIVITY),
    "os.exec": ("os.exec", _ACTIVITY),
    "os.posix_spawn": ("os.posix_spawn", _ACTIVITY),
    "subprocess.Popen": ("subprocess.Popen", _ACTIVITY),
    "socket.__new__": ("socket.socket", "await cx.call_http(…), or do that in an activity"),
    "socket.getaddrinfo": ("socket.getaddrinfo", _ACTIVITY),
    "socket.gethostbyname": ("socket.gethostbyname", _ACTIVITY),
}
_STATS = ("stat", "lstat", "access", "readlink", "getcwd")
_PYTHONS_OWN = ("importlib._bootstrap_external", "linecache", "tokenize")
_LOOPS = ("get_running_loop", "get_event_loop", "new_event_loop")


def install() -> None:
    """Seals the doors, but for those of `asyncio`: see `guard_loops`."""
    sys.addaudithook(_audit)
    threading.Thread.start = _guarded(  # type: ignore[method-assign]
        threading.Thread.start, "threading.Thread.start", "await gather(…) or spawn(…)"
    )
    for name in _STATS:
        setattr(os, name, _guarded(getattr(os, name), f"os.{name}", _FILES))


def guard_loops() -> None:
    """Seals the event loops of `asyncio`, if somebody has imported it. To be called after the author's modules are."""
    events = sys.modules.get("asyncio.events")
    for name in _LOOPS if events is not None else ():
        real = getattr(events, name)
        if not hasattr(real, "__wrapped__"):
            guarded = _guarded(real, f"asyncio.{name}", "await cx.sleep(…), gather(…) and first(…) of dacapo")
            setattr(events, name, guarded)
            setattr(sys.modules["asyncio"], name, guarded)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event in _EVENTS and (role := current()) is not None and not _is_pythons_own(sys._getframe(1)):
        role.refuse(*_EVENTS[event])


def _is_pythons_own(caller: FrameType) -> bool:
    """Whether Python itself asks, to import a module or to show a line of its source."""
    return caller.f_globals.get("__name__") in _PYTHONS_OWN


def _guarded(real: Callable[..., Any], call: str, instead: str) -> Callable[..., Any]:
    def guarded(*args: Any, **kwargs: Any) -> Any:
        role = current()
        if role is not None and not _is_pythons_own(sys._getframe(1)):
            role.refuse(call, instead)
        return real(*args, **kwargs)

    guarded.__name__ = real.__name__
    guarded.__wrapped__ = real  # type: ignore[attr-defined]
    return guarded

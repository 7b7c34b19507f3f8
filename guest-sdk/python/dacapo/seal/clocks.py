"""The clocks of the standard library: `time` and `datetime` give the time of the role that runs."""

from __future__ import annotations

import datetime as _datetime
import time as _time
from collections.abc import Callable
from typing import Any

from .role import current

_real = {name: value for name, value in vars(_time).items() if callable(value)}
_RealDate = _datetime.date
_RealDatetime = _datetime.datetime
_SECOND_NS = 1_000_000_000

WALL = ("time",)
"""Functions that give the time of day in seconds; each has a twin in nanoseconds."""
STEADY = ("monotonic", "perf_counter", "process_time", "thread_time")
"""Functions that give a time since some moment."""
BROKEN_DOWN = ("gmtime", "localtime", "ctime")
"""Functions that mean the present if they are given nothing."""


def install() -> None:
    """Seals the clocks."""
    for name in WALL:
        _replace(name, lambda role: role.time_ns())
    for name in STEADY:
        if name in _real:
            _replace(name, lambda role: role.monotonic_ns())
    for name in BROKEN_DOWN:
        setattr(_time, name, _broken_down(name))
    _time.sleep = _sleep  # type: ignore[assignment]
    _time.clock_gettime = _clock_gettime
    _time.clock_gettime_ns = _clock_gettime_ns
    _time.get_clock_info = _infos().__getitem__
    _time.strftime = _strftime
    _time.asctime = _asctime
    _datetime.date, _datetime.datetime = date, datetime  # type: ignore[misc]


def _infos() -> dict[str, Any]:
    """What there is to know of the clocks; to ask for it needs one."""
    info: Any = _time.get_clock_info
    return {name: info(name) for name in (*WALL, *STEADY) if name in _real}


def _replace(name: str, read: Callable[[Any], int]) -> None:
    real, real_ns = _real[name], _real[f"{name}_ns"]

    def seconds() -> float:
        role = current()
        return real() if role is None else read(role) / _SECOND_NS

    def nanoseconds() -> int:
        role = current()
        return real_ns() if role is None else read(role)

    seconds.__name__ = seconds.__qualname__ = name
    nanoseconds.__name__ = nanoseconds.__qualname__ = f"{name}_ns"
    setattr(_time, name, seconds)
    setattr(_time, f"{name}_ns", nanoseconds)


def _broken_down(name: str) -> Callable[..., Any]:
    real = _real[name]

    def broken_down(seconds: float | None = None) -> Any:
        return real(_time.time() if seconds is None else seconds)

    broken_down.__name__ = broken_down.__qualname__ = name
    return broken_down


def _sleep(seconds: float) -> None:
    role = current()
    if role is None:
        _real["sleep"](seconds)
    else:
        role.refuse("time.sleep", "await cx.sleep(…)")
        role.sleep(round(seconds * _SECOND_NS))


def _clock_gettime_ns(clock: int) -> int:
    return _time.time_ns() if clock == _time.CLOCK_REALTIME else _time.monotonic_ns()


def _clock_gettime(clock: int) -> float:
    return _clock_gettime_ns(clock) / _SECOND_NS


def _strftime(format: str, t: Any = None) -> str:
    return _real["strftime"](format, _time.localtime() if t is None else t)  # type: ignore[no-any-return]


def _asctime(t: Any = None) -> str:
    return _real["asctime"](_time.localtime() if t is None else t)  # type: ignore[no-any-return]


class _AnyDate(type):
    """What C code makes is a date as well."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _REAL[cls]) if cls in _REAL else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _REAL[cls]) if cls in _REAL else super().__subclasscheck__(subclass)


class date(_RealDate, metaclass=_AnyDate):  # noqa: N801
    @classmethod
    def today(cls) -> Any:
        return cls.fromtimestamp(_time.time())


class datetime(_RealDatetime, metaclass=_AnyDate):  # noqa: N801
    @classmethod
    def now(cls, tz: _datetime.tzinfo | None = None) -> Any:
        role = current()
        if role is None:
            return super().now(tz)
        microseconds = role.time_ns() // 1_000
        moment: Any = cls(1970, 1, 1, tzinfo=_datetime.UTC) + _datetime.timedelta(microseconds=microseconds)
        return moment.astimezone(tz) if tz is not None else cls.fromtimestamp(microseconds / 1e6)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(_datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        return cls.now()


_REAL: dict[type, type] = {date: _RealDate, datetime: _RealDatetime}
for _tp in (date, datetime):
    _tp.__module__, _tp.__qualname__ = "datetime", _tp.__name__

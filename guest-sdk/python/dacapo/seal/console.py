"""The module `logging`: its records go to the log of the role that runs."""

from __future__ import annotations

import logging

from ..contract import LogLevel
from .role import current


def install() -> None:
    """Adds a handler to the root logger."""
    root = logging.getLogger()
    if not any(isinstance(handler, _Handler) for handler in root.handlers):
        root.addHandler(_Handler())


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        role = current()
        if role is not None:
            role.log(level_of(record.levelno), self.format(record))


def level_of(number: int) -> LogLevel:
    """The level of the contract that a number of `logging` stands for."""
    if number >= logging.ERROR:
        return LogLevel.ERROR
    if number >= logging.WARNING:
        return LogLevel.WARN
    if number >= logging.INFO:
        return LogLevel.INFO
    return LogLevel.DEBUG if number >= logging.DEBUG else LogLevel.TRACE

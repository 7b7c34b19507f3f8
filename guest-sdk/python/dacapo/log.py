"""Lines for people: what a function says about itself."""

from __future__ import annotations

from .contract import LogLevel
from .seal.role import Role


class Log:
    """The log of an instance or entity, or of the host. `print` and `logging` write to it as well."""

    __slots__ = ("_role",)

    def __init__(self, role: Role) -> None:
        self._role = role

    def debug(self, message: object) -> None:
        """Writes a line for the author."""
        self._role.log(LogLevel.DEBUG, str(message))

    def info(self, message: object) -> None:
        """Writes a line for the operator."""
        self._role.log(LogLevel.INFO, str(message))

    def warning(self, message: object) -> None:
        """Writes a line about something that may go wrong."""
        self._role.log(LogLevel.WARN, str(message))

    def error(self, message: object) -> None:
        """Writes a line about something that went wrong."""
        self._role.log(LogLevel.ERROR, str(message))

"""What a function of the author takes and gives, read from its signature once.

A first parameter named `cx` or `context`, or annotated with one of the SDK's contexts, is the context; one more
parameter is the input. Annotations are resolved when they are first needed, because they may name what comes further
down in the file.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from typing import Any

from .failure import Failure
from .payload import decode
from .schema import schema_of

CONTEXT_NAMES = ("cx", "context", "ctx")


class Signature:
    """The signature of an activity, an orchestrator or an operation."""

    def __init__(self, function: Callable[..., Any], *, skips: int = 0) -> None:
        self._function = function
        parameters = list(inspect.signature(function).parameters.values())[skips:]
        self.takes_context = bool(parameters) and _is_context(parameters[0])
        rest = parameters[1:] if self.takes_context else parameters
        if len(rest) > 1 or any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in rest):
            raise TypeError(
                f"{function.__qualname__} takes {', '.join(p.name for p in rest)}: "
                "a durable function takes one input at most; make it a dataclass"
            )
        self._input = rest[0] if rest else None

    @property
    def takes_input(self) -> bool:
        """Whether there is a parameter for it."""
        return self._input is not None

    @functools.cached_property
    def _hints(self) -> dict[str, Any]:
        return typing.get_type_hints(self._function, include_extras=True)

    @property
    def input(self) -> Any:
        """The type of the input; `None` if there is no parameter for it."""
        return None if self._input is None else self._hints.get(self._input.name, Any)

    @property
    def output(self) -> Any:
        """The type of the output."""
        return self._hints.get("return", Any)

    def schemas(self) -> tuple[str | None, str | None]:
        """The schemas of input and output."""
        return schema_of(self.input), schema_of(self.output)

    def read(self, data: bytes) -> tuple[Any, ...]:
        """The input as the arguments that the function takes after its context.

        Raises `invalid-input` if it does not fit.
        """
        if self._input is None:
            return ()
        if data == b"null" and self._input.default is not inspect.Parameter.empty:
            return (self._input.default,)
        return (decode(data, self.input, "invalid-input"),)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The input of a call that is written as one of the function itself, without its context."""
        name = None if self._input is None else self._input.name
        values = [*args, *kwargs.values()]
        if len(values) > (0 if name is None else 1) or any(key != name for key in kwargs):
            takes = "no input" if name is None else f"one input, {name}"
            raise TypeError(f"{self._function.__qualname__} takes {takes}")
        if values:
            return values[0]
        if self._input is not None and self._input.default is inspect.Parameter.empty:
            raise TypeError(f"{self._function.__qualname__} takes an input, {name}")
        return None


def kebab_free(name: str) -> str:
    """The name of a class as that of a function: `SessionHandler` is `session_handler`."""
    out = ""
    for index, char in enumerate(name):
        if char.isupper() and index > 0 and not (name[index - 1].isupper() or name[index - 1] == "_"):
            out += "_"
        out += char.lower()
    return out


def run_to_end(function: str, result: Any) -> Any:
    """What a function gave; if that is a coroutine, what it gives, as long as it awaits nothing."""
    if not inspect.iscoroutine(result):
        return result
    try:
        awaited = result.send(None)
    except StopIteration as end:
        return end.value
    result.close()
    what = f"{type(awaited).__module__}.{type(awaited).__qualname__}"
    raise Failure("error", f"{function} awaits a {what}, and there is no event loop here: write it as a plain `def`")


def _is_context(parameter: inspect.Parameter) -> bool:
    annotation = parameter.annotation
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return parameter.name in CONTEXT_NAMES or text.rpartition(".")[2].endswith("Context")

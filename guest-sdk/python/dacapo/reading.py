"""How parsed JSON becomes values of the types that the author names.

Readers are functions that are built once for each type. Whatever does not fit is a `Mismatch` that says where.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import json
import typing
import uuid
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin

Reader = Callable[[Any], Any]


class Mismatch(Exception):
    """A value does not fit its type. The path grows while the exception goes outwards."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []

    def within(self, step: str) -> Mismatch:
        self.path.append(step)
        return self

    def __str__(self) -> str:
        return f"${''.join(reversed(self.path))}: {self.reason}"


def reader(tp: Any) -> Reader:
    """The function that makes a value of this type of parsed JSON."""
    try:
        return _reader(tp)
    except TypeError:  # A type that cannot be hashed cannot be cached.
        return _build(tp)


@functools.cache
def _reader(tp: Any) -> Reader:
    return _build(tp)


def _build(tp: Any) -> Reader:
    if tp is Any or tp is object or isinstance(tp, typing.TypeVar):
        return lambda value: value
    if tp is None or tp is NoneType:
        return _null
    if hasattr(tp, "__value__"):  # type X = …
        return reader(tp.__value__)
    origin, args = get_origin(tp), get_args(tp)
    if origin is not None:
        return _generic(tp, origin, args)
    if isinstance(tp, type):
        return _class(tp)
    raise TypeError(f"{tp!r} has no JSON form")


def _generic(tp: Any, origin: Any, args: tuple[Any, ...]) -> Reader:
    if origin in (Union, UnionType):
        return _union(args)
    if origin is Literal:
        return _one_of(args)
    if origin in (typing.Annotated, Required, NotRequired, typing.Final):
        return reader(args[0])
    if origin is tuple and not (len(args) == 2 and args[1] is ...):
        return _fixed(args)
    if isinstance(origin, type) and issubclass(origin, (list, tuple, set, frozenset)):
        return _items(origin, args[0] if args else Any)
    if isinstance(origin, type) and hasattr(origin, "keys"):
        return _mapping(args[0] if args else str, args[1] if args else Any)
    if getattr(origin, "__name__", "") in ("Sequence", "Iterable", "Collection", "MutableSequence"):
        return _items(list, args[0] if args else Any)
    if isinstance(origin, type) and dataclasses.is_dataclass(origin):
        return _class(origin)
    raise TypeError(f"{tp!r} has no JSON form")


def _class(tp: type) -> Reader:
    if tp in _SCALARS:
        return _SCALARS[tp]
    if issubclass(tp, Enum):
        return _enum(tp)
    if dataclasses.is_dataclass(tp):
        return _dataclass(tp)
    if typing.is_typeddict(tp):
        return _typed_dict(tp)
    if issubclass(tp, tuple) and hasattr(tp, "_fields"):
        hints = typing.get_type_hints(tp)
        fixed = _fixed(tuple(hints.get(name, Any) for name in tp._fields))
        return lambda value: tp(*fixed(value))
    if issubclass(tp, dict):
        return _mapping(str, Any)
    if issubclass(tp, (list, tuple, set, frozenset)):
        return _items(tp, Any)
    for known, read in _SCALARS.items():
        if issubclass(tp, known):
            return read
    raise TypeError(f"{tp.__qualname__} has no JSON form; make it a dataclass")


def _expected(what: str, value: Any) -> Mismatch:
    return Mismatch(f"expected {what}, found {_short(value)}")


def _short(value: Any) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "an array"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _null(value: Any) -> Any:
    if value is not None:
        raise _expected("null", value)
    return None


def _bool(value: Any) -> Any:
    if not isinstance(value, bool):
        raise _expected("true or false", value)
    return value


def _int(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise _expected("an integer", value)


def _float(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise _expected("a number", value)


def _str(value: Any) -> Any:
    if not isinstance(value, str):
        raise _expected("a string", value)
    return value


def _parsed(what: str, parse: Callable[[str], Any]) -> Reader:
    def read(value: Any) -> Any:
        try:
            return parse(_str(value))
        except ValueError:
            raise _expected(what, value) from None

    return read


_SCALARS: dict[type, Reader] = {
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
    bytes: _parsed("bytes in Base64", lambda text: base64.b64decode(text, validate=True)),
    datetime: _parsed("a date and time (ISO 8601)", datetime.fromisoformat),
    date: _parsed("a date (ISO 8601)", date.fromisoformat),
    uuid.UUID: _parsed("a UUID", uuid.UUID),
}


def _enum(tp: type[Enum]) -> Reader:
    values = {member.value: member for member in tp}
    what = "one of " + ", ".join(json.dumps(value, default=str) for value in values)

    def read(value: Any) -> Any:
        if isinstance(value, (str, int, float, NoneType)) and value in values:
            return values[value]
        raise _expected(what, value)

    return read


def _one_of(values: tuple[Any, ...]) -> Reader:
    what = "one of " + ", ".join(json.dumps(value, default=str) for value in values)

    def read(value: Any) -> Any:
        for known in values:
            if known == value and type(known) is type(value):
                return known
        raise _expected(what, value)

    return read


def _union(args: tuple[Any, ...]) -> Reader:
    readers = [reader(arg) for arg in args]

    def read(value: Any) -> Any:
        errors: list[Mismatch] = []
        for arg, candidate in zip(args, readers, strict=True):
            if value is None and arg is not NoneType:
                continue
            try:
                return candidate(value)
            except Mismatch as error:
                errors.append(error)
        if not errors:
            raise Mismatch("this must not be null")
        # What got furthest says most: `int | Order` fails within the order, not at the integer.
        raise max(errors, key=lambda error: len(error.path))

    return read


def _items(make: Any, item: Any) -> Reader:
    read_item = reader(item)

    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise _expected("an array", value)
        items: list[Any] = []
        try:
            for element in value:
                items.append(read_item(element))
        except Mismatch as error:
            raise error.within(f"[{len(items)}]") from None
        return items if make is list else make(items)

    return read


def _fixed(args: tuple[Any, ...]) -> Reader:
    readers = [reader(arg) for arg in args]

    def read(value: Any) -> Any:
        if not isinstance(value, list) or len(value) != len(readers):
            raise _expected(f"an array of {len(readers)}", value)
        items: list[Any] = []
        try:
            for read_item, element in zip(readers, value, strict=True):
                items.append(read_item(element))
        except Mismatch as error:
            raise error.within(f"[{len(items)}]") from None
        return tuple(items)

    return read


def _mapping(key: Any, item: Any) -> Reader:
    read_item = reader(item)
    read_key: Reader = (lambda text: _int(json.loads(text))) if key is int else reader(key)

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _expected("an object", value)
        result = {}
        for name, element in value.items():
            try:
                result[read_key(name)] = read_item(element)
            except Mismatch as error:
                raise error.within(step(name)) from None
        return result

    return read


def _dataclass(tp: type) -> Reader:
    fields: list[tuple[str, bool, Reader]] | None = None

    def prepare() -> list[tuple[str, bool, Reader]]:
        hints = typing.get_type_hints(tp)
        missing = dataclasses.MISSING
        return [
            (field.name, field.default is missing and field.default_factory is missing, reader(hints[field.name]))
            for field in dataclasses.fields(tp)
            if field.init
        ]

    def read(value: Any) -> Any:
        nonlocal fields
        if fields is None:  # Later than the reader itself: a class may refer to itself.
            fields = prepare()
        if not isinstance(value, dict):
            raise _expected(f"an object ({tp.__name__})", value)
        return tp(**_members(value, fields))

    return read


def _typed_dict(tp: Any) -> Reader:
    fields: list[tuple[str, bool, Reader]] | None = None

    def read(value: Any) -> Any:
        nonlocal fields
        if fields is None:
            hints = typing.get_type_hints(tp, include_extras=True)
            fields = [(name, is_required(tp, name, hint), reader(hint)) for name, hint in hints.items()]
        if not isinstance(value, dict):
            raise _expected(f"an object ({tp.__name__})", value)
        return {**value, **_members(value, fields)}

    return read


def is_required(tp: Any, name: str, hint: Any) -> bool:
    """Whether a typed dictionary must have this. Python itself does not see `NotRequired` in annotations that are
    texts."""
    return name in tp.__required_keys__ and get_origin(hint) is not NotRequired


def _members(value: dict[str, Any], fields: list[tuple[str, bool, Reader]]) -> dict[str, Any]:
    members = {}
    for name, is_required, read in fields:
        if name in value:
            try:
                members[name] = read(value[name])
            except Mismatch as error:
                raise error.within(f".{name}") from None
        elif is_required:
            raise Mismatch(f"{name!r} is missing")
    return members


def step(name: Any) -> str:
    """A step of a path."""
    return f".{name}" if isinstance(name, str) and name.isidentifier() else f"[{json.dumps(name)}]"

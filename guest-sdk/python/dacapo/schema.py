"""Types as JSON Schema 2020-12, for the catalogue of a component: forms, checks at the edge and typed clients come from
it.

It describes what `reading` reads. A type that has no description allows every value, as `{}` does.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import typing
import uuid
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin

from .reading import is_required

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_SCALARS: dict[type, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    uuid.UUID: {"type": "string", "format": "uuid"},
    NoneType: {"type": "null"},
}


def schema_of(tp: Any) -> str | None:
    """The schema of a type as JSON text; none if it allows every value."""
    definitions: dict[str, Schema] = {}
    schema = _Writer(definitions).schema(tp)
    if not schema:
        return None
    document: Schema = {"$schema": _DIALECT, **schema}
    if definitions:
        document["$defs"] = definitions
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


class _Writer:
    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions

    def schema(self, tp: Any) -> Schema:
        if tp is None:
            return {"type": "null"}
        if hasattr(tp, "__value__"):  # type X = …
            return self.schema(tp.__value__)
        origin, args = get_origin(tp), get_args(tp)
        if origin is not None:
            return self._generic(origin, args)
        return self._class(tp) if isinstance(tp, type) else {}

    def _generic(self, origin: Any, args: tuple[Any, ...]) -> Schema:
        if origin in (Union, UnionType):
            return {"anyOf": [self.schema(arg) for arg in args]}
        if origin is Literal:
            return {"enum": list(args)}
        if origin in (typing.Annotated, Required, NotRequired, typing.Final):
            return self.schema(args[0])
        if origin is tuple and not (len(args) == 2 and args[1] is ...):
            items = [self.schema(arg) for arg in args]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        if isinstance(origin, type) and hasattr(origin, "keys"):
            return {"type": "object", "additionalProperties": self.schema(args[1])}
        if isinstance(origin, type) and dataclasses.is_dataclass(origin):
            return self._class(origin)
        return self._array(origin, self.schema(args[0]) if args else {})

    def _array(self, tp: Any, items: Schema) -> Schema:
        array: Schema = {"type": "array", **({"items": items} if items else {})}
        is_set = isinstance(tp, type) and issubclass(tp, (set, frozenset))
        return {**array, "uniqueItems": True} if is_set else array

    def _class(self, tp: type) -> Schema:
        if tp in _SCALARS:
            return dict(_SCALARS[tp])
        if dataclasses.is_dataclass(tp) or typing.is_typeddict(tp):
            return self._object(tp)
        if issubclass(tp, Enum):
            return {"enum": [member.value for member in tp]}
        if issubclass(tp, tuple) and hasattr(tp, "_fields"):
            hints = typing.get_type_hints(tp)
            return self._generic(tuple, tuple(hints.get(name, Any) for name in tp._fields))
        if issubclass(tp, dict):
            return {"type": "object"}
        if issubclass(tp, (list, tuple, set, frozenset)):
            return self._array(tp, {})
        return next((dict(schema) for known, schema in _SCALARS.items() if issubclass(tp, known)), {})

    def _object(self, tp: Any) -> Schema:
        if tp.__name__ not in self._definitions:
            self._definitions[tp.__name__] = {}  # A class may refer to itself.
            self._definitions[tp.__name__] = self._members(tp)
        return {"$ref": f"#/$defs/{tp.__name__}"}

    def _members(self, tp: Any) -> Schema:
        hints = typing.get_type_hints(tp, include_extras=True)
        if dataclasses.is_dataclass(tp):
            missing = dataclasses.MISSING
            fields = [field for field in dataclasses.fields(tp) if field.init]
            names = [field.name for field in fields]
            required = [f.name for f in fields if f.default is missing and f.default_factory is missing]
        else:
            names = list(hints)
            required = [name for name, hint in hints.items() if is_required(tp, name, hint)]
        schema: Schema = {"type": "object", "title": tp.__name__}
        doc = inspect.getdoc(tp)
        if doc and not doc.startswith(f"{tp.__name__}(") and tp.__doc__ != dict.__doc__:
            schema["description"] = doc
        schema["properties"] = {name: self.schema(hints[name]) for name in names}
        if required:
            schema["required"] = required
        return schema

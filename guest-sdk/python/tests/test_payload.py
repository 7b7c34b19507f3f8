"""Values and JSON: what fits, what does not and where, and the schemas that say so beforehand."""

from __future__ import annotations

import json
import unittest
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

from dacapo import Failure
from dacapo.payload import decode, encode
from dacapo.schema import schema_of
from dacapo.times import millis


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Item:
    """Something that is sold."""

    name: str
    price: float = 1.0
    tags: list[str] = field(default_factory=list)


@dataclass
class Order:
    items: list[Item]
    parent: Order | None = None


class Point(NamedTuple):
    x: int
    y: int


class Options(TypedDict):
    fast: bool
    note: NotRequired[str]


class Payloads(unittest.TestCase):
    def test_values_come_back(self) -> None:
        def check(value: Any, tp: Any, text: str | None = None) -> None:
            data = encode(value, "invalid-output")
            self.assertEqual(decode(data, tp, "invalid-input"), value)
            if text is not None:
                self.assertEqual(data.decode(), text)

        check(None, None, "null")
        check([1, 2.5, "ä", True], Any, '[1,2.5,"ä",true]')
        check(Order([Item("tea", 2.0, ["x"])], Order([])), Order)
        check({"a": Color.RED}, dict[str, Color], '{"a":"red"}')
        check((1, "x"), tuple[int, str], '[1,"x"]')
        check(Point(1, 2), Point, "[1,2]")
        check({1: "x"}, dict[int, str], '{"1":"x"}')
        check({3, 1}, set[int], "[1,3]")
        check(b"\x00\xff", bytes, '"AP8="')
        check(uuid.UUID(int=7), uuid.UUID)
        check(datetime(2026, 1, 2, 3, tzinfo=UTC), datetime, '"2026-01-02T03:00:00+00:00"')
        check(date(2026, 1, 2), date, '"2026-01-02"')
        check({"fast": True}, Options)
        check("a", Literal["a", "b"])
        check(None, int | None)

    def test_what_does_not_fit_says_where(self) -> None:
        def check(text: str, tp: Any, expect: str) -> None:
            with self.assertRaises(Failure) as caught:
                decode(text.encode(), tp, "invalid-input")
            self.assertEqual((caught.exception.kind, caught.exception.retryable), ("invalid-input", False))
            self.assertEqual(caught.exception.message, expect)

        check('{"items":[{"name":"tea"},{"name":7}]}', Order, "$.items[1].name: expected a string, found 7")
        check('{"items":[{}]}', Order, "$.items[0]: 'name' is missing")
        check('{"items":[],"parent":{"items":1}}', Order, "$.parent.items: expected an array, found 1")
        check("[]", Order, "$: expected an object (Order), found an array")
        check('{"a b":[true]}', dict[str, list[int]], '$["a b"][0]: expected an integer, found true')
        check('"green"', Color, '$: expected one of "red", "blue", found "green"')
        check("1.5", int, "$: expected an integer, found 1.5")
        check("null", int, "$: expected an integer, found null")
        check("[1]", tuple[int, int], "$: expected an array of 2, found an array")
        check('{"note":1}', Options, "$: 'fast' is missing")
        check('"x"', datetime, '$: expected a date and time (ISO 8601), found "x"')
        check('"c"', Literal["a", "b"], '$: expected one of "a", "b", found "c"')
        check("{", Any, "this is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)")

    def test_what_has_no_json_form_says_where(self) -> None:
        def check(value: Any, expect: str) -> None:
            with self.assertRaises(Failure) as caught:
                encode(value, "invalid-output")
            self.assertEqual((caught.exception.kind, caught.exception.message), ("invalid-output", expect))

        circle: list[Any] = []
        circle.append(circle)
        deep: Any = 1
        for _ in range(70):
            deep = [deep]
        check({"a": [1, object()]}, "$.a[1]: a value of the type object has no JSON form")
        check([Item("x", float("nan"))], "$[0].price: nan has no JSON form")
        check({(1, 2): 3}, "$: a key of the type tuple has no JSON form")
        check(circle, "$: this is nested deeper than 64, or contains itself")
        check(deep, "$: this is nested deeper than 64, or contains itself")

    def test_schemas_describe_the_same(self) -> None:
        def check(tp: Any, expect: dict[str, Any] | None) -> None:
            text = schema_of(tp)
            found = None if text is None else json.loads(text)
            if found is not None:
                self.assertEqual(found.pop("$schema"), "https://json-schema.org/draft/2020-12/schema")
            self.assertEqual(found, expect)

        check(Any, None)
        check(int, {"type": "integer"})
        check(None, {"type": "null"})
        check(list[str] | None, {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]})
        check(dict[str, Color], {"type": "object", "additionalProperties": {"enum": ["red", "blue"]}})
        item = {
            "type": "object",
            "title": "Item",
            "description": "Something that is sold.",
            "properties": {
                "name": {"type": "string"},
                "price": {"type": "number"},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["name"],
        }
        order = {
            "type": "object",
            "title": "Order",
            "properties": {
                "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}},
                "parent": {"anyOf": [{"$ref": "#/$defs/Order"}, {"type": "null"}]},
            },
            "required": ["items"],
        }
        check(Order, {"$ref": "#/$defs/Order", "$defs": {"Order": order, "Item": item}})

    def test_lengths_of_time(self) -> None:
        for duration, expect in (("30s", 30_000), ("1h30m", 5_400_000), ("250ms", 250), (1.5, 1_500), ("1.5m", 90_000)):
            self.assertEqual(millis(duration), expect)
        for wrong in ("", "soon", "-1s", "5", -1):
            with self.assertRaises(ValueError):
                millis(wrong)


if __name__ == "__main__":
    unittest.main()

"""Entities: the batch protocol of the library, and what an operation that fails leaves behind."""

from __future__ import annotations

import json
import random
import unittest
from typing import Any

from dacapo_azure.app import App, Function
from dacapo_azure.service import Service

from dacapo import contract, seal
from dacapo.contract import Kind

from .support import BEGIN


def counter(context: Any) -> None:
    """A list of numbers, changed in place."""
    numbers = context.get_state(list)
    match context.operation_name:
        case "add":
            numbers.append(context.get_input())
            context.set_state(numbers)
            context.set_result(len(numbers))
        case "add_and_fail":
            numbers.append(context.get_input())
            context.set_state(numbers)
            raise ValueError("not this one")
        case "sum":
            context.set_result(sum(numbers))
        case "none":
            context.set_state(None)
        case "key":
            context.set_result([context.entity_name, context.entity_key])
        case "destruct":
            context.destruct_on_exit()
        case "nonsense":
            context.set_result({1})
        case "nan":
            context.set_state(float("nan"))
        case "random":
            context.set_result(random.random())


class EntityTest(unittest.TestCase):
    """Batches: the operations, the results, and what becomes of the state."""

    def apply(self, state: Any, operations: list[tuple[str, Any]], seeds: list[int]) -> contract.Outcome:
        app = App()
        app.add(Function("Counter", Kind.ENTITY, counter, "context"))
        given = None if state is None else contract.EntityState(json.dumps(state).encode(), 0)
        asked = [
            contract.Operation(name, json.dumps(value).encode(), True, seed)
            for (name, value), seed in zip(operations, seeds, strict=True)
        ]
        return Service(app).apply(contract.EntityRef("counter", "k"), BEGIN, given, asked)

    def check(self, state: Any, operations: list[tuple[str, Any]], results: list[Any], becomes: Any) -> None:
        outcome = self.apply(state, operations, [1] * len(operations))
        got = [
            json.loads(it.output) if isinstance(it, contract.Done) else f"{it.kind}: {it.message}"
            for it in outcome.results
        ]
        self.assertEqual(got, results)
        match outcome.state:
            case contract.EntityState(data):
                self.assertEqual(json.loads(data), becomes)
            case other:
                self.assertEqual(other, becomes)

    def test_batches(self) -> None:
        self.check(None, [("add", 1), ("add", 2), ("sum", None)], [1, 2, 3], [1, 2])
        self.check([5], [("sum", None)], [5], contract.Unchanged())
        self.check(None, [("other", None)], [None], contract.Unchanged())
        self.check([5], [("key", None)], [["counter", "k"]], contract.Unchanged())
        self.check([5], [("destruct", None), ("sum", None)], [None, 0], contract.Deleted())
        self.check([5], [("destruct", None), ("add", 7)], [None, 1], [7])
        self.check([5], [("none", None)], [None], contract.Deleted())
        self.check(None, [("destruct", None)], [None], contract.Unchanged())

    def test_a_result_is_not_that_of_the_operation_before(self) -> None:
        self.check([5], [("sum", None), ("other", None)], [5, None], contract.Unchanged())

    def test_a_failure_leaves_nothing_behind(self) -> None:
        refused = "error: ValueError: not this one"
        self.check([5], [("add", 6), ("add_and_fail", 7), ("add", 8), ("sum", None)], [2, refused, 3, 19], [5, 6, 8])
        self.check(None, [("add_and_fail", 7)], [refused], contract.Unchanged())
        no_json = "invalid-output: the result or the state is not JSON: "
        self.check(
            [5],
            [("nonsense", 1), ("sum", 1)],
            [f"{no_json}class <class 'set'> does not expose a `to_json` function", 5],
            contract.Unchanged(),
        )
        self.check([5], [("nan", 1), ("sum", 1)], [f"{no_json}NaN is no number of JSON", 5], contract.Unchanged())

    def test_unknown(self) -> None:
        outcome = Service(App()).apply(contract.EntityRef("x", "k"), 0, None, [contract.Operation("a", b"1", True, 1)])
        self.assertEqual([it.kind for it in outcome.results], ["unknown-function"])

    def test_chance_follows_the_seed_of_the_operation(self) -> None:
        seal.install()
        outputs = [it.output for it in self.apply(None, [("random", 1)] * 3, [1, 2, 1]).results]
        self.assertEqual(outputs[0], outputs[2])
        self.assertNotEqual(outputs[0], outputs[1])


if __name__ == "__main__":
    unittest.main()

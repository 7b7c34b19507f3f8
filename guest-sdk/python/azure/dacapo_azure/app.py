"""Which functions an app has.

It owns how functions are found: by decorators in `function_app.py` (the v2 model) or by folders with a
`function.json` (v1). It does not know how they are run. A function that cannot run here is left out with a reason
instead of failing the app.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.functions import FunctionRegister

from dacapo.contract import Kind

_KINDS = {
    "orchestrationTrigger": (Kind.ORCHESTRATOR, "orchestration"),
    "activityTrigger": (Kind.ACTIVITY, "activity"),
    "entityTrigger": (Kind.ENTITY, "entity_name"),
}
"""Triggers that run here, and the field in which each may give another name."""

_NAMESPACE = "__app__"
"""The package by which functions of the v1 model import each other."""


class AppError(Exception):
    """An app that cannot be understood: says where and why."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the author, without what the library wraps around it."""

    name: str
    kind: Kind
    call: Callable[..., Any]
    parameter: str
    input_type: type | None = None

    @property
    def doc(self) -> str | None:
        """What the author says of it."""
        return self.call.__doc__


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A function that does not run here."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder of the v1 model, as its `function.json` describes it."""

    folder: str
    module: str
    entry_point: str
    bindings: tuple[Mapping[str, Any], ...]


@dataclass(slots=True)
class App:
    """What was found. Names of functions are compared without regard to case."""

    functions: dict[str, Function] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """The registered names of functions whose own names are others: the library is given either."""

    def get(self, name: str, kind: Kind) -> Function | None:
        """The function of this name and kind."""
        function = self.functions.get(name.casefold())
        return function if function is not None and function.kind is kind else None

    def add(self, function: Function) -> None:
        """Registers a function."""
        if (known := self.functions.setdefault(function.name.casefold(), function)) is not function:
            raise AppError(f"the names of two functions differ by no more than case: {known.name}, {function.name}")


def decorated() -> App:
    """The functions that the module `function_app` registers."""
    module = importlib.import_module("function_app")
    registers = [value for value in vars(module).values() if isinstance(value, FunctionRegister)]
    match list({id(register): register for register in registers}.values()):
        case [register]:
            return _registered(register)
        case []:
            raise AppError("function_app.py: there is no app; write app = df.DFApp() at the top of the module")
        case _:
            raise AppError(
                "function_app.py: there is more than one app; register the functions of others as blueprints"
            )


def folders(entries: Iterable[Entry]) -> App:
    """The functions of folders with a `function.json`."""
    namespace = sys.modules.setdefault(_NAMESPACE, types.ModuleType(_NAMESPACE))
    namespace.__path__ = sys.path
    app = App()
    for entry in entries:
        binding, others = _trigger(entry.bindings)
        kind, name_field = _KINDS.get(binding.get("type", ""), (None, ""))
        name = binding.get("entityName" if kind is Kind.ENTITY else name_field) or entry.folder
        if (reason := _unfit(kind, binding.get("type", "none"), others)) is not None:
            app.left_out.append(LeftOut(name, reason))
            continue
        module = importlib.import_module(f"{_NAMESPACE}.{entry.module}")
        if (main := getattr(module, entry.entry_point, None)) is None:
            raise AppError(
                f"{entry.module.replace('.', '/')}: there is no function {entry.entry_point}, which function.json names"
            )
        app.add(_function(name, kind, main, binding.get("name", ""), f"{entry.folder}/function.json"))
    return app


def _registered(register: FunctionRegister) -> App:
    app = App()
    for function in register.get_functions():
        trigger: Any = function.get_trigger()
        word = trigger.get_binding_name()
        kind, name_field = _KINDS.get(word, (None, ""))
        name = str(getattr(trigger, name_field, None) or function.get_function_name())
        others = [binding.get_binding_name() for binding in function.get_bindings() if binding is not trigger]
        if (reason := _unfit(kind, word, others)) is not None:
            app.left_out.append(LeftOut(name, reason))
            continue
        app.add(_function(name, kind, function.get_user_function(), trigger.name, "function_app.py"))
        app.names[function._name] = name
    # A name that somebody registered wins over the own name of another function.
    app.names = {own: name for own, name in app.names.items() if app.functions.get(own.casefold()) is None}
    return app


def _function(name: str, kind: Kind | None, handle: Any, parameter: str, where: str) -> Function:
    match kind:
        case Kind.ORCHESTRATOR:
            call = _unwrapped(handle, "orchestrator_function", "df.Orchestrator.create", name, where)
            return Function(name, kind, call, parameter, getattr(handle, "_df_input_type", None))
        case Kind.ENTITY:
            return Function(
                name, kind, _unwrapped(handle, "entity_function", "df.Entity.create", name, where), parameter
            )
        case Kind.ACTIVITY:
            return Function(name, kind, handle, parameter)
        case _:
            raise AppError(f"{where}: {name} is of a kind that does not run here")


def _unwrapped(handle: Any, attribute: str, maker: str, name: str, where: str) -> Callable[..., Any]:
    call: Callable[..., Any] | None = getattr(handle, attribute, None)
    if call is None:
        raise AppError(f"{where}: the entry point of {name} must be what {maker}(function) returns")
    return call


def _unfit(kind: Kind | None, trigger: str, others: list[str]) -> str | None:
    """Why a function cannot run here, if it cannot."""
    if kind is None:
        return f"its trigger is of the type {trigger}; only orchestrators, entities and activities run here"
    if others:
        return f"it has bindings of the type {', '.join(others)}; only the trigger is served here"
    return None


def _trigger(bindings: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], list[str]]:
    trigger: Mapping[str, Any] = {}
    others: list[str] = []
    for binding in bindings:
        word = str(binding.get("type", ""))
        if word.lower().endswith("trigger"):
            trigger = binding
        elif binding.get("name") != "$return":
            others.append(word)
    return trigger, others


def every(app: App) -> Iterator[Function]:
    """All functions, in the order of their names."""
    for _, function in sorted(app.functions.items()):
        yield function

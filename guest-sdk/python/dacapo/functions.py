"""The decorators, and the register of what they decorated.

A decorated function stays callable: an activity or orchestrator that is called within an orchestrator is scheduled, and
its plain function is `run`. Nothing here runs one: that is the business of `component`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Generator, Iterable
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from . import contract
from .activity import ActivityContext
from .entity import EntityDefinition, definition_of
from .options import Options, Retry
from .seal.role import current
from .signature import Signature, kebab_free
from .tasks import Call
from .times import Duration

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
C = TypeVar("C")
F = TypeVar("F", bound=Callable[..., Any])


class Activity(Generic[P, R_co]):
    """A function that touches the world. Called in an orchestrator, it is scheduled."""

    kind = contract.Kind.ACTIVITY

    def __init__(self, run: Callable[..., Any], name: str, options: Options) -> None:
        self.run = run
        """The plain function."""
        self.name = name
        self.options = options
        self.signature = Signature(run)
        self.__doc__ = run.__doc__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Call[R_co]:
        call: Call[R_co] = _context(self.name).call_activity(self, self.signature.bind(args, kwargs))
        return call

    def with_options(self, *, retry: Retry | None = None, timeout: Duration | None = None) -> Activity[P, R_co]:
        """The same activity with other options: `charge.with_options(timeout="5s")(order)`."""
        known = self.options
        options = Options(retry or known.retry, known.timeout if timeout is None else timeout)
        return Activity(self.run, self.name, options)


class Orchestrator(Generic[P, R_co]):
    """A function that decides what happens next. Called in another orchestrator, it is started as a child."""

    kind = contract.Kind.ORCHESTRATOR

    def __init__(self, run: Callable[..., Any], name: str, **options: Any) -> None:
        self.run = run
        """The plain function."""
        self.name = name
        self.signature = Signature(run)
        self.is_generator = inspect.isgeneratorfunction(run)
        self._options = options
        self.__doc__ = run.__doc__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Call[R_co]:
        call: Call[R_co] = _context(self.name).child(self, self.signature.bind(args, kwargs), **self._options)
        return call

    def with_options(
        self, *, id: str | None = None, version: str | None = None, retry: Retry | None = None
    ) -> Orchestrator[P, R_co]:
        """The same orchestrator with options for a child: `month.with_options(id="trial.1")(1)`."""
        return Orchestrator(self.run, self.name, id=id, version=version, retry=retry)


class Trigger:
    """A function that something outside sets off. What it takes may come in any order and be left out."""

    def __init__(self, run: Callable[..., Any], name: str, kind: contract.Kind | None) -> None:
        self.run = run
        self.name = name
        self.kind = kind
        self.__doc__ = run.__doc__
        self._parameters = tuple(inspect.signature(run).parameters)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.run(*args, **kwargs)

    def pick(self, **known: Any) -> dict[str, Any]:
        """Of what there is, what the function takes."""
        unknown = [name for name in self._parameters if name not in known]
        if unknown:
            raise TypeError(f"{self.name} takes {', '.join(unknown)}, and there is only {', '.join(known)}")
        return {name: known[name] for name in self._parameters}


class HttpTrigger(Trigger):
    """A function that answers HTTP requests."""

    def __init__(self, run: Callable[..., Any], name: str, route: str | None, methods: Iterable[str]) -> None:
        super().__init__(run, name, None)
        self.route = None if route is None else route.removeprefix("/")
        self.methods = tuple(method.upper() for method in methods)


Function = Activity[..., Any] | Orchestrator[..., Any] | EntityDefinition | Trigger


class Registry:
    """What a component has, in the order of the source."""

    def __init__(self) -> None:
        self.functions: list[Function] = []

    def add(self, function: Function) -> None:
        """Notes a function."""
        taken = [known for known in self.functions if known.name.lower() == function.name.lower()]
        if any(known.kind == function.kind for known in taken):
            raise ValueError(f"there are two functions with the name {function.name!r}")
        self.functions.append(function)

    def find(self, kind: contract.Kind, name: str) -> Function | None:
        """The function of a kind and a name, which is compared without regard to case."""
        for function in self.functions:
            if function.kind is kind and function.name.lower() == name.lower():
                return function
        return None

    def of_kind(self, kind: contract.Kind) -> list[Function]:
        """All functions of a kind."""
        return [function for function in self.functions if function.kind is kind]


registry = Registry()
"""What the decorators have seen."""


class _ActivityDecorator:
    """What `@activity(…)` gives."""

    def __init__(self, name: str | None, options: Options) -> None:
        self._name, self._options = name, options

    @overload
    def __call__(self, run: Callable[Concatenate[ActivityContext, P], Coroutine[Any, Any, R]]) -> Activity[P, R]: ...
    @overload
    def __call__(self, run: Callable[Concatenate[ActivityContext, P], R]) -> Activity[P, R]: ...
    @overload
    def __call__(self, run: Callable[P, Coroutine[Any, Any, R]]) -> Activity[P, R]: ...
    @overload
    def __call__(self, run: Callable[P, R]) -> Activity[P, R]: ...

    def __call__(self, run: Callable[..., Any]) -> Activity[..., Any]:
        made: Activity[..., Any] = Activity(run, self._name or run.__name__, self._options)
        registry.add(made)
        return made


@overload
def activity(run: Callable[Concatenate[ActivityContext, P], Coroutine[Any, Any, R]], /) -> Activity[P, R]: ...
@overload
def activity(run: Callable[Concatenate[ActivityContext, P], R], /) -> Activity[P, R]: ...
@overload
def activity(run: Callable[P, Coroutine[Any, Any, R]], /) -> Activity[P, R]: ...
@overload
def activity(run: Callable[P, R], /) -> Activity[P, R]: ...
@overload
def activity(
    *, name: str | None = None, retry: Retry | None = None, timeout: Duration | None = None
) -> _ActivityDecorator: ...


def activity(
    run: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    retry: Retry | None = None,
    timeout: Duration | None = None,
) -> Any:
    """Makes an activity of a function: it touches the world, and the host runs it at least once.

    It may take an `ActivityContext` first. `retry` and `timeout` are what its callers use unless they say otherwise.
    """
    decorator = _ActivityDecorator(name, Options(retry, timeout))
    return decorator if run is None else decorator(run)


class _OrchestratorDecorator:
    """What `@orchestrator(…)` gives."""

    def __init__(self, name: str | None) -> None:
        self._name = name

    @overload
    def __call__(self, run: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]) -> Orchestrator[P, R]: ...
    @overload
    def __call__(self, run: Callable[[Any], Generator[Any, Any, R]]) -> Orchestrator[..., R]: ...
    @overload
    def __call__(self, run: Callable[Concatenate[Any, P], R]) -> Orchestrator[P, R]: ...

    def __call__(self, run: Callable[..., Any]) -> Orchestrator[..., Any]:
        made: Orchestrator[..., Any] = Orchestrator(run, self._name or run.__name__)
        registry.add(made)
        return made


@overload
def orchestrator(run: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]], /) -> Orchestrator[P, R]: ...
@overload
def orchestrator(run: Callable[[Any], Generator[Any, Any, R]], /) -> Orchestrator[..., R]: ...
@overload
def orchestrator(run: Callable[Concatenate[Any, P], R], /) -> Orchestrator[P, R]: ...
@overload
def orchestrator(*, name: str | None = None) -> _OrchestratorDecorator: ...


def orchestrator(run: Callable[..., Any] | None = None, /, *, name: str | None = None) -> Any:
    """Makes an orchestrator of `async def f(cx, input)`, or of a generator `def f(context)` as Durable Functions has
    them."""
    decorator = _OrchestratorDecorator(name)
    return decorator if run is None else decorator(run)


@overload
def entity(what: type[C], /) -> type[C]: ...
@overload
def entity(what: F, /) -> F: ...
@overload
def entity(
    *, name: str | None = None, version: int = 0, migrate: Callable[[int, Any], Any] | None = None
) -> Callable[[C], C]: ...


def entity(
    what: Any = None,
    /,
    *,
    name: str | None = None,
    version: int = 0,
    migrate: Callable[[int, Any], Any] | None = None,
) -> Any:
    """Makes an entity of a class, whose methods are its operations and whose fields are its state; or of a function of
    an `EntityContext`.

    `version` counts the forms of the state; `migrate(version, data)` makes the present form of older data.
    """

    def decorate(what: Any) -> Any:
        made = definition_of(what, name or kebab_free(what.__name__), version, migrate)
        registry.add(made)
        made.owner.__dacapo_entity__ = made
        return made.owner

    return decorate if what is None else decorate(what)


def http_trigger(*, route: str | None = None, methods: Iterable[str] = (), name: str | None = None) -> Callable[[F], F]:
    """Makes a function of `request` and `client` answer HTTP requests.

    The manifest mounts the component at routes below `/api/`, and `route` repeats that of this function:
    `sessions/{session}/messages`. Without a route it answers everything, without methods each of them.
    """

    def decorate(run: F) -> F:
        registry.add(HttpTrigger(run, name or run.__name__, route, methods))
        return run

    return decorate


def timer_trigger(run: F) -> F:
    """Makes a function of `tick` and `client` run on a schedule, which the manifest gives it."""
    registry.add(Trigger(run, run.__name__, contract.Kind.TIMER_TRIGGER))
    return run


def stream_trigger(run: F) -> F:
    """Makes a function of `message` and `client` run for each message of a stream, which the manifest gives it."""
    registry.add(Trigger(run, run.__name__, contract.Kind.STREAM_TRIGGER))
    return run


def _context(name: str) -> Any:
    """The context of the orchestrator that runs."""
    context = getattr(current(), "context", None)
    if context is None:
        raise RuntimeError(f"{name}(…) schedules, and no orchestrator runs here; the plain function is {name}.run(…)")
    return context

"""Typed stubs of durable functions, made by `dacapo types`. Do not change them: make them anew.
Nobody calls the timer-trigger nightly.
"""

from typing import Any, Literal, NotRequired, Optional, TypedDict, Union

from dacapo import Call, Context, Duration, EntityCalls, Retry


# Names of all kinds. */
# Note: `mixed`: one of its values is not a plain one, so it may be anything.
# Note: all other names are allowed, too, with values of the type str.
Record = TypedDict(
    "Record",
    {
        "\"quoted\"\n": NotRequired[str],
        "__proto__": NotRequired[Any],
        "color": NotRequired[Optional[Literal["red", "dark-red", "Red", ""]]],
        "either": NotRequired[Optional[Union[str, int]]],
        "flag": NotRequired[Literal[True]],
        "größe": NotRequired[int],
        "level": NotRequired[Union[Literal[1, 2], float]],
        "mixed": NotRequired[Any],
        "nested": NotRequired["RecordNested"],
        "nothing": NotRequired[None],
        "runId": str,
        "run_id": int,
        "self": NotRequired[bool],
        # A keyword. """ */
        "type": str,
        "with space": NotRequired[float],
    },
)


# Note: all other names are allowed, too, with values of the type Any.
RecordNested = TypedDict(
    "RecordNested",
    {
        "list": NotRequired[list[Any]],
    },
)


class Record2(TypedDict):
    other: NotRequired[str]


class Tree(TypedDict):
    all: list["Tree"]
    json: NotRequired["Json"]
    leaf: NotRequired["Pair"]
    left: Optional["Tree"]
    named: NotRequired[dict[str, "Tree"]]
    self: NotRequired["Self"]


# Any JSON.
Json = Optional[Union[bool, float, str, list["Json"], dict[str, "Json"]]]


Pair = tuple[str, Optional["Pair"]]


# Note: it is defined by itself, so it may be anything.
Self = Any


Shape = Union["Shape1", "Shape2", Literal["point"]]


class Shape1(TypedDict):
    kind: Literal["circle"]
    radius: float


class Shape2(TypedDict):
    kind: Literal["square"]
    side: float


Joined = Union["Joined1", "Joined2"]


class Joined1(TypedDict):
    age: NotRequired[int]
    id: str
    name: str
    ok: bool


class Joined2(TypedDict):
    age: NotRequired[int]
    error: str
    id: str
    name: str


def _2nd(
    cx: Context,
    input: Any,
    *,
    retry: Optional[Retry] = None,
    timeout: Optional[Duration] = "1ms",
) -> Call[Any]:
    """Note: input: "nonsense" is no schema, so it may be anything.
    Note: output: "color" is no type, so it may be anything.
    """
    return cx.call_activity("2nd", input, Any, retry=retry, timeout=timeout)


def class_activity(
    cx: Context,
    input: Any,
    *,
    retry: Optional[Retry] = None,
    timeout: Optional[Duration] = None,
) -> Call[Any]:
    """Ends a comment */ and a docstring \"\"\" and a line
    here.

        fn looks_like_an_example() {}

    ```
    let x = 1;
    ```
    C:\\new\\u0041 \"
    """
    return cx.call_activity("class", input, Any, retry=retry, timeout=timeout)


def conflict(
    cx: Context,
    input: Any,
    *,
    retry: Optional[Retry] = None,
    timeout: Optional[Duration] = None,
) -> Call[list[Any]]:
    """Note: input: the parts of its `allOf` do not make one type: "string" is not "integer", so it may be anything.
    Note: output: its list may be shorter or longer than its schema describes.
    """
    return cx.call_activity("conflict", input, list[Any], retry=retry, timeout=timeout)


def narrow(
    cx: Context,
    input: str,
    *,
    retry: Optional[Retry] = None,
    timeout: Optional[Duration] = None,
) -> Call[dict[str, int]]:
    """Note: input: its schema has `not`, which no type expresses.
    Note: output: its schema has `patternProperties`, which no type expresses.
    """
    return cx.call_activity("narrow", input, dict[str, int], retry=retry, timeout=timeout)


def records(
    cx: Context,
    input: Record,
    *,
    retry: Optional[Retry] = None,
    timeout: Optional[Duration] = None,
) -> Call[Record2]:
    return cx.call_activity("records", input, Record2, retry=retry, timeout=timeout)


def say_hello(
    cx: Context,
    input: str,
    *,
    retry: Optional[Retry] = None,
    timeout: Optional[Duration] = None,
) -> Call[Any]:
    """deceives a reader[31m"""
    return cx.call_activity("say-hello", input, Any, retry=retry, timeout=timeout)


def say_hello_activity(
    cx: Context,
    input: Optional[int],
    *,
    retry: Optional[Retry] = Retry(3, first_interval="1500ms", coefficient=2.0, max_interval="60s", timeout="90s", jitter=0.25, non_retryable=["card-\"declined\""]),
    timeout: Optional[Duration] = "30s",
) -> Call[None]:
    return cx.call_activity("say_hello", input, None, retry=retry, timeout=timeout)


def tree(
    cx: Context,
    input: Tree,
    *,
    retry: Optional[Retry] = None,
    timeout: Optional[Duration] = None,
) -> Call[tuple[str, float]]:
    """Recursive in all ways."""
    return cx.call_activity("tree", input, tuple[str, float], retry=retry, timeout=timeout)


def account(cx: Context, key: str) -> EntityCalls:
    """Keeps money."""
    return cx.entity("Account", key)


def value(
    cx: Context,
    input: Any,
    *,
    id: Optional[str] = None,
    version: Optional[str] = None,
    retry: Optional[Retry] = None,
) -> Call[Any]:
    """Note: input: nothing is known of "#/nowhere", so it may be anything.
    Note: output: nothing is known of "https://example.com/schema", so it may be anything.
    """
    return cx.child("...", input, Any, id=id, version=version, retry=retry)


def say_hello_child(
    cx: Context,
    input: Any = None,
    *,
    id: Optional[str] = None,
    version: Optional[str] = None,
    retry: Optional[Retry] = None,
) -> Call[Any]:
    """The same name in another kind."""
    return cx.child("say_hello", input, Any, id=id, version=version, retry=retry)


def shapes(
    cx: Context,
    input: Shape,
    *,
    id: Optional[str] = None,
    version: Optional[str] = None,
    retry: Optional[Retry] = None,
) -> Call[Joined]:
    """Variants as serde writes them."""
    return cx.child("shapes", input, Joined, id=id, version=version, retry=retry)

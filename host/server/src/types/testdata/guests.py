"""Typed stubs of durable functions, made by `dacapo types`. Do not change them: make them anew.
Nobody calls the stream-trigger on_event.
Nobody calls the timer-trigger nightly.
"""

from typing import NotRequired, Optional, TypedDict

from dacapo import Call, Context, Duration, EntityCalls, Retry


class Request(TypedDict):
    """What somebody wants to spend money on."""
    cents: int
    # Silence is a no after so many milliseconds.
    patience_ms: int
    # Who shall hear of the decision: an instance that waits for the event `decision`. Nobody, if it is left out.
    reply_to: NotRequired[Optional[str]]
    what: str


class Entry(TypedDict):
    """What the activity writes down."""
    message: str
    step: int


class Decision(TypedDict):
    """What was decided, and by whom."""
    approved: bool
    by: str


class Order(TypedDict):
    """What somebody ordered."""
    id: str
    items: list[str]


class Outcome(TypedDict):
    """What became of an order."""
    order: str
    # The parcel, or nothing.
    parcel: NotRequired[Optional[str]]
    # Why there is no parcel.
    problem: NotRequired[Optional[str]]


class Posted(TypedDict):
    """What somebody posts, or publishes."""
    message: str
    # Names the run, so that posting it again does not run it again.
    run_id: str


# Who gives how much to whom.
Transfer = TypedDict(
    "Transfer",
    {
        "cents": int,
        "from": str,
        "to": str,
    },
)


# What the two have afterwards.
Balances = TypedDict(
    "Balances",
    {
        "from": int,
        "to": int,
    },
)


class Tree(TypedDict):
    """How many children each one has, and how many generations of them."""
    depth: int
    width: int


def ask_approver(
    cx: Context,
    input: Request,
    *,
    retry: Optional[Retry] = Retry(5, first_interval="1s", coefficient=2.0, jitter=0.5),
    timeout: Optional[Duration] = None,
) -> Call[str]:
    """Tells the approver that there is something to decide. This example has nobody to tell, and gives back what it would
    have said.
    """
    return cx.call_activity("ask_approver", input, str, retry=retry, timeout=timeout)


def dispatch(
    cx: Context,
    input: list[str],
    *,
    retry: Optional[Retry] = Retry(3, first_interval="1s"),
    timeout: Optional[Duration] = None,
) -> Call[str]:
    """Hands a parcel to the carrier."""
    return cx.call_activity("dispatch", input, str, retry=retry, timeout=timeout)


def message_logger(
    cx: Context,
    input: Entry,
    *,
    retry: Optional[Retry] = Retry(3, first_interval="1s"),
    timeout: Optional[Duration] = None,
) -> Call[str]:
    """Writes a message down. This example has nowhere to write, and gives back what it would have written."""
    return cx.call_activity("message_logger", input, str, retry=retry, timeout=timeout)


def pick(
    cx: Context,
    input: str,
    *,
    retry: Optional[Retry] = None,
    timeout: Optional[Duration] = None,
) -> Call[str]:
    """Takes an item from the shelf. Unicorns are out of stock."""
    return cx.call_activity("pick", input, str, retry=retry, timeout=timeout)


def account(cx: Context, key: str) -> EntityCalls:
    """Keeps money."""
    return cx.entity("account", key)


def session_handler(cx: Context, key: str) -> EntityCalls:
    """Remembers a session."""
    return cx.entity("session_handler", key)


def approval(
    cx: Context,
    input: Request,
    *,
    id: Optional[str] = None,
    version: Optional[str] = None,
    retry: Optional[Retry] = None,
) -> Call[Decision]:
    """Asks, and waits for the event `approval`. Small amounts need no approval."""
    return cx.child("approval", input, Decision, id=id, version=version, retry=retry)


def audit(
    cx: Context,
    input: list[str],
    *,
    id: Optional[str] = None,
    version: Optional[str] = None,
    retry: Optional[Retry] = None,
) -> Call[int]:
    """The sum of some accounts at one moment."""
    return cx.child("audit", input, int, id=id, version=version, retry=retry)


def batch(
    cx: Context,
    input: list[Order],
    *,
    id: Optional[str] = None,
    version: Optional[str] = None,
    retry: Optional[Retry] = None,
) -> Call[list[Outcome]]:
    """Ships all orders side by side. One that fails does not stop the others."""
    return cx.child("batch", input, list[Outcome], id=id, version=version, retry=retry)


def message_orchestrator(
    cx: Context,
    input: Posted,
    *,
    id: Optional[str] = None,
    version: Optional[str] = None,
    retry: Optional[Retry] = None,
) -> Call[list[str]]:
    """Logs the message twice, and gives both results."""
    return cx.child("message_orchestrator", input, list[str], id=id, version=version, retry=retry)


def purchase(
    cx: Context,
    input: Request,
    *,
    id: Optional[str] = None,
    version: Optional[str] = None,
    retry: Optional[Retry] = None,
) -> Call[str]:
    """Asks for the approval of another instance that runs by itself, and withdraws when the event `cancel` comes first."""
    return cx.child("purchase", input, str, id=id, version=version, retry=retry)


def ship_order(
    cx: Context,
    input: Order,
    *,
    id: Optional[str] = None,
    version: Optional[str] = None,
    retry: Optional[Retry] = None,
) -> Call[str]:
    """Picks the items of one order side by side and dispatches them. Version `2` wraps them as a gift."""
    return cx.child("ship_order", input, str, id=id, version=version, retry=retry)


def transfer(
    cx: Context,
    input: Transfer,
    *,
    id: Optional[str] = None,
    version: Optional[str] = None,
    retry: Optional[Retry] = None,
) -> Call[Balances]:
    """Locks both accounts, moves the money, and unlocks them: by the end of the block, or by a failure."""
    return cx.child("transfer", input, Balances, id=id, version=version, retry=retry)


def tree(
    cx: Context,
    input: Tree,
    *,
    id: Optional[str] = None,
    version: Optional[str] = None,
    retry: Optional[Retry] = None,
) -> Call[int]:
    """Grows a tree of children and counts its leaves. The host gives them their ids."""
    return cx.child("tree", input, int, id=id, version=version, retry=retry)

"""A decision that somebody else takes: an event or, after a reminder, the silence."""

from dataclasses import dataclass

from dacapo import Context, Retry, activity, orchestrator


@dataclass
class Request:
    """What somebody wants to spend money on."""

    what: str
    cents: int


@dataclass
class Decision:
    """What was decided, and by whom."""

    approved: bool
    by: str


@activity(retry=Retry(5, first_interval="1s", coefficient=2.0))
def notify(text: str) -> str:
    """Tells whoever decides. This example has nobody to tell."""
    return text


@orchestrator
async def approval(cx: Context, request: Request) -> Decision:
    """Asks, waits a day for the event `decision`, reminds, and takes another day of silence for a no."""
    await notify(f"May we buy {request.what} for {request.cents} cents?")
    cx.set_status("asked")
    decision = await cx.event("decision", Decision, timeout="1d")
    if decision is not None:
        return decision
    await notify(f"Nobody has decided about {request.what} yet.")
    cx.set_status("reminded")
    late = await cx.event("decision", Decision, timeout="1d")
    return late if late is not None else Decision(approved=False, by="nobody")

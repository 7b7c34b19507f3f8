"""What decides: it calls an activity that lives in a component of another language."""

from dataclasses import dataclass

from dacapo import Context, Retry, orchestrator


@dataclass
class Posted:
    """What somebody posted."""

    run_id: str
    message: str


@orchestrator
async def message_orchestrator(cx: Context, posted: Posted) -> list[str]:
    """Logs the message twice, and gives both results."""
    retry = Retry(max_attempts=3, first_interval="1s")
    seen: list[str] = []
    for step in (1, 2):
        entry = {"step": step, "message": posted.message}
        seen.append(await cx.call_activity("message_logger", entry, retry=retry, result=str))
    return seen

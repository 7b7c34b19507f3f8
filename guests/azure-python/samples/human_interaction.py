"""Human interaction: somebody approves in time, or the request escalates."""

from datetime import timedelta

import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext):
    """Asks for an approval and waits as long as the input says, three days if it says nothing."""
    request = context.get_input() or {}
    ticket = yield context.call_activity(
        "request_approval", {"id": context.new_uuid(), "what": request.get("what", "a trip")}
    )
    deadline = context.create_timer(
        context.current_utc_datetime + timedelta(seconds=request.get("seconds", 3 * 24 * 3600))
    )
    decision = context.wait_for_external_event("approval")
    first = yield context.task_any([decision, deadline])
    if first == deadline:
        return (yield context.call_activity("escalate", ticket))
    deadline.cancel()
    return {"ticket": ticket, "approved": decision.result}


@bp.activity_trigger(input_name="request")
def request_approval(request: dict) -> str:
    """Tells the one who may approve."""
    return f"{request['what']} ({request['id']})"


@bp.activity_trigger(input_name="ticket")
def escalate(ticket: str) -> dict:
    """Tells the one above."""
    return {"ticket": ticket, "escalated": True}

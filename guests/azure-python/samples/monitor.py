"""A monitor: looks again and again, waits in between, and begins anew with a short history each time."""

from datetime import timedelta

import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def watch(context: df.DurableOrchestrationContext):
    """Looks at a job until it is done or has been looked at too often."""
    job = context.get_input() or {"polls": 0, "seconds": 1}
    status = yield context.call_activity("look", job["polls"])
    context.set_custom_status(status)
    if status == "done":
        return {"polls": job["polls"] + 1}
    if job["polls"] >= 9:
        raise TimeoutError("the job is not done after ten looks")
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=job["seconds"]))
    context.continue_as_new({**job, "polls": job["polls"] + 1})


@bp.activity_trigger(input_name="polls")
def look(polls: int) -> str:
    """What a service would say: it is done at the third look."""
    return "done" if polls >= 2 else "running"

"""What goes wrong in functions for Azure: activities that never succeed, and orchestrators whose replays differ."""

import logging

import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def insist(context: df.DurableOrchestrationContext):
    """Tries a door that never opens, as often as its input says."""
    retry = df.RetryOptions(first_retry_interval_in_milliseconds=10, max_number_of_attempts=context.get_input())
    return (yield context.call_activity_with_retry("open_door", retry, context.instance_id))


@app.activity_trigger(input_name="door")
def open_door(door: str) -> str:
    """Fails, and says so before it does."""
    logging.info("trying the door %s.", door)
    raise ValueError(f"the door {door} is locked")


@app.orchestration_trigger(context_name="context")
def delegate(context: df.DurableOrchestrationContext):
    """Leaves it to a child, and returns what that says or fails with it."""
    child = context.call_sub_orchestrator("insist", 2, f"{context.instance_id}-child")
    if context.get_input() == "fail":
        return (yield child)
    try:
        return (yield child)
    except Exception as error:
        return f"the child says: {error}"


@app.orchestration_trigger(context_name="context")
def differ(context: df.DurableOrchestrationContext):
    """Does something else when it is replayed, which no orchestrator may do."""
    yield context.call_activity("part" if context.is_replaying else "greet", "you")
    yield context.wait_for_external_event("go")
    return "it was not found out"


@app.activity_trigger(input_name="whom")
def greet(whom: str) -> str:
    """Greets."""
    return f"Hello {whom}!"


@app.activity_trigger(input_name="whom")
def part(whom: str) -> str:
    """Says goodbye."""
    return f"Farewell {whom}!"

"""A child that counts in an entity."""

import azure.durable_functions as df


def orchestrator_function(context: df.DurableOrchestrationContext):
    """Adds its input to the counter of all and returns what it came to."""
    return (yield context.call_entity(df.EntityId("tally", "all"), "add", context.get_input()))


main = df.Orchestrator.create(orchestrator_function)

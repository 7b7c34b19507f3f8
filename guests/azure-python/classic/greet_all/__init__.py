"""Function chaining in the v1 model, with a child for the last city."""

import azure.durable_functions as df
from shared.cities import CITIES


def orchestrator_function(context: df.DurableOrchestrationContext):
    """Greets the cities one after another and counts them in an entity."""
    greetings = []
    for city in context.get_input() or CITIES:
        greetings.append((yield context.call_activity("greet", city)))
    counted = yield context.call_sub_orchestrator("count_up", len(greetings), f"{context.instance_id}-count")
    return {"greetings": greetings, "counted": counted}


main = df.Orchestrator.create(orchestrator_function)

"""Function chaining: each call gets what the one before it returned."""

import logging

import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def hello_sequence(context: df.DurableOrchestrationContext):
    """Greets three cities, one after another."""
    greetings = []
    for city in ("Tokyo", "Seattle", "London"):
        greetings.append((yield context.call_activity(say_hello, city)))
    if not context.is_replaying:
        logging.info("greeted %d cities", len(greetings))
    return greetings


@bp.activity_trigger(input_name="city")
def say_hello(city: str) -> str:
    """Greets one city."""
    logging.info("greeting %s", city)
    return f"Hello {city}!"

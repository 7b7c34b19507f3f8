"""An entity that counts, and an orchestration that asks it."""

import azure.durable_functions as df

bp = df.Blueprint()


@bp.entity_trigger(context_name="context", entity_name="counter")
def count(context: df.DurableEntityContext) -> None:
    """Counts: add, reset, get and delete."""
    value = context.get_state(lambda: 0)
    match context.operation_name:
        case "add":
            value += context.get_input()
        case "reset":
            value = 0
        case "delete":
            context.destruct_on_exit()
            return
        case "get":
            pass
        case unknown:
            raise ValueError(f"a counter cannot {unknown}")
    context.set_state(value)
    context.set_result(value)


@bp.orchestration_trigger(context_name="context")
def add_up(context: df.DurableOrchestrationContext):
    """Adds each number of the input to a counter, and returns what it came to and what it says of nonsense."""
    entity = df.EntityId("counter", context.instance_id)
    for number in context.get_input() or [1, 2, 3]:
        context.signal_entity(entity, "add", number)
    total = yield context.call_entity(entity, "get")
    try:
        yield context.call_entity(entity, "fly")
    except Exception as error:
        return {"total": total, "refused": str(error)}

"""What the client can do, each with the answer that a program built on it relies on."""

import asyncio
import json
from datetime import timedelta

import aiohttp
import azure.functions as func
from azure.durable_functions.models.OrchestrationRuntimeStatus import OrchestrationRuntimeStatus as Status
from azure.durable_functions.models.utils.entity_utils import EntityId
from harness import Like
from opentelemetry.sdk.trace import TracerProvider

CASES = []
REQUEST = func.HttpRequest(method="POST", url="https://front.example/api/start", body=b"")
TERMINAL = {Status.Completed, Status.Failed, Status.Terminated, Status.Canceled}
# More instances than one page of the contract holds.
MANY = 105
# What `Move` leaves behind in its counters.
MOVED = [("from", -3), ("to", 3), ("moves", 1)]


def case(name):
    def add(function):
        CASES.append((name, function))
        return function

    return add


async def until(client, instance, wanted):
    """The status of an instance, once it is one of these."""
    while True:
        status = await client.get_status(instance)
        if status.runtime_status in wanted:
            return status


async def started(client, name, instance, wanted, value=None):
    """Starts an instance and waits until its status is one of these."""
    await client.start_new(name, instance, value)
    return await until(client, instance, wanted)


async def answer(client_method, url, **options):
    """The status and the body of a plain request, for what the client itself cannot send."""
    async with aiohttp.ClientSession() as session:
        async with session.request(client_method, url, **options) as response:
            return response.status, await response.text()


@case("three instances that other cases look at and none changes")
async def _(client):
    done = await started(client, "Echo", "py-done", TERMINAL, {"a": 1})
    failed = await started(client, "Fail", "py-failed", TERMINAL)
    await started(client, "Forever", "py-forever", {Status.Running})
    return (done.runtime_status, failed.runtime_status), (Status.Completed, Status.Failed)


@case("start_new makes an id")
async def _(client):
    return await client.start_new("Echo"), Like("[0-9a-f]{32}")


@case("start_new takes an id, a version and a function name in any case")
async def _(client):
    return await client.start_new("eCHO", "py-v", version="2.0 beta"), "py-v"


@case("start_new sends the trace of its span along")
async def _(client):
    with TracerProvider().get_tracer("test").start_as_current_span("a span"):
        return await client.start_new("Echo", "py-trace"), "py-trace"


@case("an input arrives as the client encodes it: a string that holds JSON")
async def _(client):
    status = await client.get_status("py-done")
    return (status.input_, status.output), ('{"a": 1}', '{"a": 1}')


@case("a function that wants more than a string gets a string all the same, and fails")
async def _(client):
    status = await started(client, "Sleep", "py-typed", TERMINAL, {"ms": 1})
    return (status.input_, status.runtime_status), ('{"ms": 1}', Status.Failed)


@case("no input is null")
async def _(client):
    status = await started(client, "Echo", "py-null", TERMINAL)
    return (status.input_, status.output), (None, None)


@case("start_new replaces an instance that has ended")
async def _(client):
    first = await started(client, "Echo", "py-again", TERMINAL, 1)
    second = await started(client, "Echo", "py-again", TERMINAL, 2)
    return (first.output, second.output, first.created_time <= second.created_time), ("1", "2", True)


@case("get_status tells everything about an instance")
async def _(client):
    status = await started(client, "Chain", "py-chain", TERMINAL)
    got = (bool(status), status.name, status.instance_id, status.runtime_status, status.custom_status, status.output)
    times = status.created_time <= status.last_updated_time and status.created_time.utcoffset() == timedelta(0)
    greetings = ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]
    return (*got, times), (True, "Chain", "py-chain", Status.Completed, "done", greetings, True)


@case("get_status has no history unless it is asked for")
async def _(client):
    status = await client.get_status("py-done")
    return hasattr(status, "historyEvents"), False


@case("get_status has a history, without results, under a name of its own")
async def _(client):
    await started(client, "Parent", "py-parent", TERMINAL, {"a": 1})
    status = await client.get_status("py-parent", show_history=True)
    types = [event["EventType"] for event in status.historyEvents]
    results = [event["Result"] for event in status.historyEvents if "Result" in event]
    expected = ["ExecutionStarted", "SubOrchestrationInstanceCompleted", "ExecutionCompleted"]
    # The client looks for `history`, which no host sends.
    return (status.history, types, results), (None, expected, [])


@case("get_status shows results in the history")
async def _(client):
    status = await client.get_status("py-done", show_history=True, show_history_output=True, show_input=True)
    first, *_, last = status.historyEvents
    got = (first["FunctionName"], first["Input"], last["OrchestrationStatus"], last["Result"])
    return got, ("Echo", '{"a": 1}', "Completed", '{"a": 1}')


@case("get_status of nobody is false")
async def _(client):
    status = await client.get_status("nobody")
    return (bool(status), status.runtime_status, status.message), (False, None, "")


@case("get_status_all has them all, however many")
async def _(client):
    ids = {f"py-many-{number}" for number in range(MANY)}
    await asyncio.gather(*(client.start_new("Echo", instance) for instance in ids))
    return ids - {status.instance_id for status in await client.get_status_all()}, set()


@case("get_status_by filters by prefix, status and time")
async def _(client):
    for name, instance in [("Echo", "py-by-1"), ("Fail", "py-by-2"), ("Echo", "py-by-3")]:
        last = await started(client, name, instance, TERMINAL)
    first = await client.get_status("py-by-1")

    async def ids(**filters):
        return sorted(status.instance_id for status in await client.get_status_by(**filters))

    span = {"created_time_from": first.created_time, "created_time_to": last.created_time}
    got = [
        await ids(instance_id_prefix="py-by-"),
        await ids(instance_id_prefix="py-by-", runtime_status=[Status.Failed, Status.Running]),
        await ids(**span, runtime_status=[Status.Completed, Status.Failed]),
        await ids(instance_id_prefix="py-by-", created_time_to=first.created_time - timedelta(seconds=1)),
    ]
    every = ["py-by-1", "py-by-2", "py-by-3"]
    return got, [every, ["py-by-2"], every, []]


@case("raise_event wakes its waiter, whatever the case of its name")
async def _(client):
    await started(client, "WaitForApproval", "py-event", {Status.Running})
    await client.raise_event("py-event", "approval", {"by": "bob"})
    # The client encodes the data twice, as it does with inputs; nothing decodes it again.
    return (await until(client, "py-event", TERMINAL)).output, '{"by": "bob"}'


@case("raise_event without data, to a named hub")
async def _(client):
    await started(client, "WaitForApproval", "py-event-null", {Status.Running})
    await client.raise_event("py-event-null", "Approval", task_hub_name="dacapo", connection_name="Storage")
    return (await until(client, "py-event-null", TERMINAL)).output, "null"


@case("suspend holds back what comes, resume lets it go")
async def _(client):
    await started(client, "WaitForApproval", "py-suspend", {Status.Running})
    await client.suspend("py-suspend", "lunch & coffee")
    await until(client, "py-suspend", {Status.Suspended})
    await client.raise_event("py-suspend", "Approval", 1)
    held = (await client.get_status("py-suspend")).runtime_status
    await client.resume("py-suspend", "back")
    status = await until(client, "py-suspend", TERMINAL)
    return (held, status.runtime_status, status.output), (Status.Suspended, Status.Completed, "1")


@case("terminate ends an instance with its reason")
async def _(client):
    await started(client, "Forever", "py-terminate", {Status.Running})
    await client.terminate("py-terminate", "why not? ü & #")
    status = await until(client, "py-terminate", TERMINAL)
    return (status.runtime_status, status.output), (Status.Terminated, "why not? ü & #")


@case("terminate reaches a suspended instance")
async def _(client):
    await started(client, "Forever", "py-suspended", {Status.Running})
    await client.suspend("py-suspended", "")
    await until(client, "py-suspended", {Status.Suspended})
    await client.terminate("py-suspended", "enough")
    return (await until(client, "py-suspended", TERMINAL)).runtime_status, Status.Terminated


@case("rewind lets a failed instance go on")
async def _(client):
    failed = await started(client, "FlakyOnce", "py-rewind", TERMINAL)
    await client.rewind("py-rewind", "try again", task_hub_name="dacapo", connection_name="Storage")
    rewound = await until(client, "py-rewind", {Status.Completed})
    same = rewound.created_time == failed.created_time
    return (failed.runtime_status, same, rewound.output), (Status.Failed, True, 2)


@case("restart starts the same input under a new id")
async def _(client):
    # The client promises an id and gives the whole answer.
    new = (await client.restart("py-done"))["id"]
    status = await until(client, new, TERMINAL)
    return (new, status.name, status.output), (Like("[0-9a-f]{32}"), "Echo", '{"a": 1}')


@case("restart starts the same input under the same id")
async def _(client):
    first = await started(client, "Echo", "py-restart", TERMINAL, 7)
    same = (await client.restart("py-restart", restart_with_new_instance_id=False))["id"]
    second = await until(client, "py-restart", TERMINAL)
    return (same, second.output, first.created_time <= second.created_time), ("py-restart", "7", True)


@case("purge_instance_history removes an instance")
async def _(client):
    await started(client, "Echo", "py-purge", TERMINAL)
    deleted = (await client.purge_instance_history("py-purge")).instances_deleted
    return (deleted, bool(await client.get_status("py-purge"))), (1, False)


@case("purge_instance_history_by removes what matches")
async def _(client):
    before = await started(client, "Echo", "py-purge-1", TERMINAL)
    after = await started(client, "Fail", "py-purge-2", TERMINAL)
    result = await client.purge_instance_history_by(before.created_time, after.created_time, [Status.Failed])
    left = [bool(await client.get_status(instance)) for instance in ("py-purge-1", "py-purge-2")]
    return (result.instances_deleted, left), (1, [True, False])


@case("wait_for_completion gives the output of what completes")
async def _(client):
    await client.start_new("Echo", "py-wait", {"a": 1})
    response = await client.wait_for_completion_or_create_check_status_response(REQUEST, "py-wait", 60000, 10)
    return (response.status_code, response.mimetype, response.get_body()), (200, "application/json", b'{"a": 1}')


@case("wait_for_completion gives the status of what fails or is terminated")
async def _(client):
    await started(client, "Forever", "py-ended", {Status.Running})
    await client.terminate("py-ended", "")
    await until(client, "py-ended", TERMINAL)
    answers = [
        await client.wait_for_completion_or_create_check_status_response(REQUEST, instance)
        for instance in ("py-failed", "py-ended")
    ]
    got = [(answer.status_code, json.loads(answer.get_body())["runtimeStatus"]) for answer in answers]
    return got, [(500, "Failed"), (200, "Terminated")]


@case("wait_for_completion gives links to what runs on")
async def _(client):
    response = await client.wait_for_completion_or_create_check_status_response(REQUEST, "py-forever", 20, 10)
    links = client.get_client_response_links(REQUEST, "py-forever")
    return (response.status_code, json.loads(response.get_body())), (202, links)


@case("create_check_status_response points to where the caller came from")
async def _(client):
    response = client.create_check_status_response(REQUEST, "py-done")
    links = json.loads(response.get_body())
    origins = all(link.startswith("https://front.example/runtime/") for key, link in links.items() if key != "id")
    headers = (response.headers["Location"] == links["statusQueryGetUri"], response.headers["Retry-After"])
    return (response.status_code, origins, *headers), (202, True, True, "10")


@case("every link of create_http_management_payload works")
async def _(client):
    await started(client, "Forever", "py-links", {Status.Running})
    links = client.create_http_management_payload("py-links")

    async def follow(method, key, **options):
        url = links[key].replace("{eventName}", "any").replace("{text}", "because")
        return (await answer(method, url, **options))[0]

    got = {
        "id": links["id"],
        "status": await follow("GET", "statusQueryGetUri"),
        "event": await follow("POST", "sendEventPostUri", json={}),
        "suspend": await follow("POST", "suspendPostUri"),
        "resume": await follow("POST", "resumePostUri"),
        "rewind": await follow("POST", "rewindPostUri"),
        "terminate": await follow("POST", "terminatePostUri"),
    }
    await until(client, "py-links", TERMINAL)
    got["restart"] = await follow("POST", "restartPostUri")
    got["purge"] = await follow("DELETE", "purgeHistoryDeleteUri")
    codes = {"status": 202, "event": 202, "suspend": 202, "resume": 202, "rewind": 412, "terminate": 202}
    return got, {"id": "py-links", **codes, "restart": 202, "purge": 200}


async def until_state(client, entity, wanted):
    """The state of an entity, once it is this one; `None` is none at all."""
    while True:
        state = await client.read_entity_state(entity, "dacapo", "Storage")
        if state.entity_state == wanted:
            return state.entity_exists, state.entity_state


@case("read_entity_state of one that nobody has signalled")
async def _(client):
    state = await client.read_entity_state(EntityId("Counter", "py-nobody"))
    return (state.entity_exists, state.entity_state), (False, None)


@case("signal_entity runs operations, read_entity_state gives the state as it is")
async def _(client):
    counter = EntityId("COUNTER", "py-count")
    # The client encodes the input twice, as it does with others; the entity decodes what it is given.
    await client.signal_entity(counter, "add", 10, "dacapo", "Storage")
    await client.signal_entity(counter, "ADD", -3)
    return await until_state(client, EntityId("counter", "py-count"), 7), (True, 7)


@case("signal_entity without an input takes the state away")
async def _(client):
    counter = EntityId("Counter", "py-delete")
    await client.signal_entity(counter, "add", 1)
    before = await until_state(client, counter, 1)
    await client.signal_entity(counter, "delete")
    return (before, await until_state(client, counter, None)), ((True, 1), (False, None))


@case("an operation that the entity refuses is accepted, and changes nothing")
async def _(client):
    counter = EntityId("Counter", "py-refused")
    await client.signal_entity(counter, "add", 1)
    await client.signal_entity(counter, "explode", 2)
    await client.signal_entity(counter, "add", {"no": "number"})
    await client.signal_entity(counter, "add", 4)
    return await until_state(client, counter, 5), (True, 5)


@case("an orchestration locks, calls and signals entities")
async def _(client):
    status = await started(client, "Move", "py-move", TERMINAL)
    states = [await until_state(client, EntityId("Counter", f"py-move-{end}"), wanted) for end, wanted in MOVED]
    return (status.output, states), ([-3, 3], [(True, wanted) for _, wanted in MOVED])


@case("entities are no instances")
async def _(client):
    await until_state(client, EntityId("Counter", "py-count"), 7)
    listed = [status.instance_id for status in await client.get_status_by(instance_id_prefix="@")]
    return (listed, bool(await client.get_status("@counter@py-count"))), ([], False)


@case("purge_instance_history removes an entity by its id")
async def _(client):
    counter = EntityId("Counter", "py-purge")
    await client.signal_entity(counter, "add", 1)
    await until_state(client, counter, 1)
    deleted = (await client.purge_instance_history(str(counter))).instances_deleted
    return (deleted, (await client.read_entity_state(counter)).entity_exists), (1, False)

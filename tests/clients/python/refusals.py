"""What the host refuses, and what the client makes of it.

The messages are the client's own, chosen by the status that the host answered, unless it is the host that says them.
"""

import json
import re
from datetime import datetime

from azure.durable_functions.models.utils.entity_utils import EntityId
from cases import REQUEST, answer
from harness import Like, Raised, outcome


def refused(name, call, expected):
    """A call of the client, and what it gives or raises."""

    async def case(client):
        return await outcome(call(client)), expected

    return name, case


def unrecognized(status):
    """The client's words for a status that it does not know."""
    return Raised(f"The operation failed with an unexpected status code {status}")


def host_says(words):
    """The host's own words, handed on."""
    return Raised(Like(f".*{re.escape(words)}.*"))


async def nothing_to_purge(client):
    one = await client.purge_instance_history("nobody")
    several = await client.purge_instance_history_by(datetime(2001, 1, 1), datetime(2001, 1, 2))
    return (one.instances_deleted, several.instances_deleted), (0, 0)


async def invalid_json(client):
    """The client never sends such, so this goes to its links as it is. It looks for `ExceptionMessage` in every 400."""
    links = client.create_http_management_payload("py-forever")
    event = links["sendEventPostUri"].replace("{eventName}", "never")
    start = client._orchestration_bindings.rpc_base_url + "orchestrators/Echo"
    requests = [(start, "{", "application/json"), (event, "{", "application/json"), (event, "{}", "text/plain")]
    got = []
    for url, body, kind in requests:
        status, text = await answer("POST", url, data=body, headers={"content-type": kind})
        got.append((status, type(json.loads(text).get("ExceptionMessage"))))
    return got, [(400, str)] * len(requests)


NONE = EntityId("Nobody", "k")
COUNTER = EntityId("Counter", "py-rubbish")
NOBODY = Raised("No instance with ID 'nobody' found.")
NOBODY_UNQUOTED = Raised("No instance with ID nobody found.")

CASES = [
    refused("raise_event for nobody", lambda c: c.raise_event("nobody", "E"), NOBODY_UNQUOTED),
    refused("terminate of nobody", lambda c: c.terminate("nobody", "why"), NOBODY),
    refused("suspend of nobody", lambda c: c.suspend("nobody", "why"), NOBODY),
    refused("resume of nobody", lambda c: c.resume("nobody", "why"), NOBODY),
    refused("rewind of nobody", lambda c: c.rewind("nobody", "why"), NOBODY_UNQUOTED),
    refused("restart of nobody", lambda c: c.restart("nobody"), unrecognized(400)),
    ("purge of nobody", nothing_to_purge),
    refused(
        "raise_event for one that has ended",
        lambda c: c.raise_event("py-done", "E"),
        Raised("Instance with ID py-done is gone: either completed or failed"),
    ),
    # The client takes 410 for success in these three.
    refused("terminate of one that has ended", lambda c: c.terminate("py-done", "why"), None),
    refused("suspend of one that has ended", lambda c: c.suspend("py-done", "why"), None),
    refused("resume of one that has ended", lambda c: c.resume("py-done", "why"), None),
    refused("rewind of one that completed", lambda c: c.rewind("py-done", "why"), host_says("failed")),
    refused("rewind of one that runs", lambda c: c.rewind("py-forever", "why"), host_says("failed")),
    refused("restart in place of one that runs", lambda c: c.restart("py-forever", False), unrecognized(409)),
    refused("purge of one that runs", lambda c: c.purge_instance_history("py-forever"), unrecognized(412)),
    refused(
        "start_new with the id of one that runs",
        lambda c: c.start_new("Echo", "py-forever"),
        host_says("An Orchestration instance with the status Running already exists."),
    ),
    refused(
        "start_new of an unknown function",
        lambda c: c.start_new("Nobody"),
        host_says("The function 'Nobody' doesn't exist, is disabled, or is not an orchestrator function."),
    ),
    refused("start_new with an id that may not be", lambda c: c.start_new("Echo", "@x"), host_says("@")),
    refused("start_new with an id that is too long", lambda c: c.start_new("Echo", "x" * 101), host_says("100")),
    refused("signal_entity of one that nobody serves", lambda c: c.signal_entity(NONE, "add", 1), unrecognized(400)),
    refused("signal_entity without an operation", lambda c: c.signal_entity(COUNTER, ""), unrecognized(400)),
    ("invalid JSON and other types of content", invalid_json),
    # The client itself refuses these.
    refused(
        "raise_event without a name",
        lambda c: c.raise_event("py-forever", ""),
        Raised("event_name must be a non-empty string."),
    ),
    refused(
        "purge_instance_history_by without a time",
        lambda c: c.purge_instance_history_by(),
        Raised("created_time_from is required when purging instance history"),
    ),
    refused(
        "wait_for_completion with an interval longer than the time",
        lambda c: c.wait_for_completion_or_create_check_status_response(REQUEST, "py-done", 1, 2),
        Raised("Total timeout 1 (ms) should be bigger than retry timeout 2 (ms)"),
    ),
]

"""A pipeline as it is told: a request comes in, an entity remembers it, an orchestration handles it, and the caller is
told at once where to look.
"""

from dataclasses import dataclass, field

from dacapo import (
    Client,
    Context,
    EntityContext,
    Message,
    Request,
    Response,
    Retry,
    Tick,
    activity,
    create_check_status_response,
    entity,
    http_trigger,
    orchestrator,
    stream_trigger,
    timer_trigger,
)


@dataclass
class Posted:
    """What somebody posts, or publishes. `run_id` names the run, so that posting it again does not run it again."""

    run_id: str
    message: str


@entity
@dataclass
class SessionHandler:
    """Remembers a session. It grows with each message, past what fits in a row."""

    count: int = 0
    messages: list[str] = field(default_factory=list)

    def add(self, n: int) -> int:
        """Counts, and gives the sum."""
        self.count += n
        return self.count

    def keep(self, message: str) -> None:
        """Keeps a message."""
        self.messages.append(message)

    def get(self, cx: EntityContext) -> int:
        """The count."""
        cx.log.info(f"session {cx.key} counts {self.count} and keeps {len(self.messages)} messages")
        return self.count


@dataclass
class Entry:
    """What the activity writes down."""

    step: int
    message: str


@activity(retry=Retry(max_attempts=3, first_interval="1s"))
def message_logger(entry: Entry) -> str:
    """Writes a message down. This example has nowhere to write, and gives back what it would have written."""
    return f"{entry.step}: {entry.message}"


@orchestrator
async def message_orchestrator(cx: Context, posted: Posted) -> list[str]:
    """Logs the message twice, and gives both results."""
    first = await message_logger(Entry(1, posted.message))
    second = await message_logger(Entry(2, posted.message))
    return [first, second]


@http_trigger(route="sessions/{session}/messages", methods=["POST"])
def ingest(request: Request, client: Client) -> Response:
    """`POST /api/sessions/{session}/messages`: remembers the message, starts its run, answers with where to look."""
    run = handle(client, request.parameters["session"], request.json(Posted))
    return create_check_status_response(client, run)


@timer_trigger
def nightly(tick: Tick, client: Client) -> None:
    """Counts one for each night, those included that the host slept through."""
    client.signal(SessionHandler, "nights", "add", 1 + tick.missed)


@stream_trigger
def on_event(message: Message, client: Client) -> None:
    """The same as `ingest` for streaming data. The last part of the subject names the session."""
    handle(client, message.subject.rpartition(".")[2], message.json(Posted))


def handle(client: Client, session: str, posted: Posted) -> str:
    """Remembers a message and starts its run. Gives the id of that."""
    client.signal(SessionHandler, session, "add", 2)
    client.signal(SessionHandler, session, "keep", posted.message)
    client.signal(SessionHandler, session, "get")
    return client.start(message_orchestrator, posted, id=f"run-{posted.run_id}")

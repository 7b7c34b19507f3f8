"""The hub of a test of a trigger: notes what the client asks for and gives the answers that the test prepared."""

from __future__ import annotations

from ..client import (
    Client,
    ClientError,
    Filter,
    InstanceStatus,
    ManagementUrls,
    Page,
    RuntimeStatus,
    StartOptions,
    status_of,
)
from ..component import Component
from ..contract import EntityRef, EntityState
from ..entity import EntityDefinition, entity_id
from ..entity_id import EntityId
from ..functions import registry
from ..payload import encode
from ..web import Request, Response
from .role import QuietRole
from .run import BEGIN_MS, at_text, id_text


class Desk:
    """A hub that only takes notes: `desk = Desk(); nightly(tick, desk.client); assert desk.asked == […]`."""

    def __init__(self) -> None:
        self.client = Client(self)
        self.asked: list[str] = []
        """What it was asked for, in words."""
        self.logs: list[str] = []
        self._entities: dict[EntityId, EntityState] = {}
        self._instances: dict[str, InstanceStatus] = {}
        self._refusals: dict[str, ClientError] = {}
        self._started = 0

    def entity(self, entity: object, key: str, state: object) -> Desk:
        """Gives an entity a state."""
        known = getattr(entity, "__dacapo_entity__", None)
        version = known.version if isinstance(known, EntityDefinition) else 0
        self._entities[entity_id(entity, key)] = EntityState(encode(state, "invalid-state"), version)
        return self

    def instance(self, instance: str, name: str, status: RuntimeStatus, output: object = None) -> Desk:
        """Lets there be an instance."""
        payloads = (b"null", b"null", encode(output, "invalid-output"))
        self._instances[instance] = status_of(instance, name, status, (BEGIN_MS, BEGIN_MS), payloads)
        return self

    def refuse(self, function: str, kind: str, message: str = "the test refuses this") -> Desk:
        """Lets a function of the client fail: `start`, `read_entity` and so on."""
        self._refusals[function] = ClientError(kind, message)
        return self

    def request(self, request: Request) -> Response:
        """Lets the HTTP triggers answer a request."""
        return Component(registry).serve(request, QuietRole(BEGIN_MS, 0, self.logs), self.client)

    # What the client asks.

    def start(self, name: str, input: bytes, options: StartOptions) -> str:
        self._note("start", None)
        self._started += 1
        id = options.instance or f"started-{self._started}"
        self.asked.append(f"start {name}({input.decode()}) as {id}{at_text(options.at)}")
        return id

    def signal(self, entity: EntityRef, operation: str, input: bytes, at: int | None) -> None:
        self._note("signal", f"signal {id_text(entity)} {operation}({input.decode()}){at_text(at)}")

    def raise_event(self, instance: str, name: str, input: bytes) -> None:
        self._note("raise_event", f"raise {name}({input.decode()}) to {instance}")

    def status(self, instance: str) -> InstanceStatus | None:
        self._note("status", None)
        return self._instances.get(instance)

    def query(self, filter: Filter) -> Page:
        self._note("query", None)
        found = [
            known
            for known in self._instances.values()
            if known.instance.startswith(filter.prefix or "")
            and (not filter.statuses or known.status in filter.statuses)
        ]
        return Page(found[: filter.limit])

    def terminate(self, instance: str, reason: str) -> None:
        self._note("terminate", f"terminate {instance}: {reason}")

    def suspend(self, instance: str, reason: str) -> None:
        self._note("suspend", f"suspend {instance}: {reason}")

    def resume(self, instance: str, reason: str) -> None:
        self._note("resume", f"resume {instance}: {reason}")

    def purge(self, instance: str) -> None:
        self._note("purge", f"purge {instance}")

    def read_entity(self, entity: EntityRef) -> EntityState | None:
        self._note("read_entity", None)
        return self._entities.get(EntityId(entity.name, entity.key))

    def urls(self, instance: str) -> ManagementUrls:
        self._note("start", None)
        base = f"http://test/instances/{instance}"
        return ManagementUrls(
            status_query_get=base,
            send_event_post=f"{base}/raiseEvent/{{eventName}}",
            terminate_post=f"{base}/terminate?reason={{text}}",
            rewind_post=f"{base}/rewind?reason={{text}}",
            purge_history_delete=base,
            restart_post=f"{base}/restart",
            suspend_post=f"{base}/suspend?reason={{text}}",
            resume_post=f"{base}/resume?reason={{text}}",
        )

    def _note(self, function: str, line: str | None) -> None:
        if function in self._refusals:
            raise self._refusals[function]
        if line is not None:
            self.asked.append(line)

"""What the language's own clock and chance give: the same in a replay, another one in another execution, and never what was
there when the component was built.
"""

import os
import random
import secrets
import time
import uuid
from datetime import datetime, timezone
from typing import Any

from dacapo import Context, entity, orchestrator


def look() -> dict[str, Any]:
    """What they give now."""
    chance = {
        "random": random.random(),
        "own": random.Random().random(),
        "system": random.SystemRandom().random(),
        "shuffled": random.sample(range(1_000_000), 3),
        "uuid": str(uuid.uuid4()),
        "uuid1": str(uuid.uuid1()),
        "secret": secrets.token_hex(8),
        "os": os.urandom(8).hex(),
    }
    times = {
        "time": time.time(),
        "ns": time.time_ns(),
        "now": datetime.now().isoformat(),
        "utc": datetime.now(timezone.utc).isoformat(),
        "since": time.monotonic(),
        "counter": time.perf_counter_ns(),
    }
    return {"chance": chance, "time": times, "order": list({"pear", "apple", "fig", "plum"})}


BAKED = look()
"""What was there when the component was built."""


@orchestrator(name="chance")
async def chance_of(cx: Context) -> dict[str, Any]:
    looks = [look()]
    await cx.event("go")
    looks.append(look())
    return {"baked": BAKED, "looks": looks}


@entity(name="chances")
class Chances:
    """Gives what its operations see."""

    def look(self) -> dict[str, Any]:
        return {"baked": BAKED, "looks": [look(), look()]}

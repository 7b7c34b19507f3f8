"""Runs a table of cases against a client and prints one line for each.

It knows nothing of Durable Functions. A case is a name and a function that returns what came out and what is expected.
"""

import asyncio
import inspect
import re
import traceback

# How long a case may wait for the host, in seconds.
PATIENCE = 60


class Like:
    """Equals every text that matches a pattern from its beginning to its end."""

    def __init__(self, pattern):
        self.pattern = pattern

    def __eq__(self, other):
        return isinstance(other, str) and re.fullmatch(self.pattern, other, re.DOTALL) is not None

    def __repr__(self):
        return f"Like({self.pattern!r})"


class Raised:
    """What a call raised, by its text."""

    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return isinstance(other, Raised) and self.text == other.text

    def __repr__(self):
        return f"Raised({self.text!r})"


async def outcome(call):
    """What an awaitable gives, or what it raises."""
    try:
        return await call
    except Exception as error:
        return Raised(str(error))


class Watched:
    """An object, and which of its methods were used."""

    def __init__(self, inner):
        self._inner = inner
        self._used = set()

    def __getattr__(self, name):
        self._used.add(name)
        return getattr(self._inner, name)

    def unused(self):
        """The public methods of its class that nobody has used yet."""
        methods = inspect.getmembers(type(self._inner), inspect.isroutine)
        return sorted(name for name, _ in methods if not name.startswith("_") and name not in self._used)


async def run(cases, client):
    """Runs the cases one after another; gives how many failed."""
    failed = 0
    for name, case in cases:
        try:
            got, expected = await asyncio.wait_for(case(client), PATIENCE)
        except Exception:
            got, expected = traceback.format_exc(), "no exception"
        if expected == got:
            print(f"ok {name}")
        else:
            print(f"FAIL {name}: expected {expected!r} got {got!r}")
            failed += 1
    print(f"{len(cases) - failed} passed, {failed} failed", flush=True)
    return failed

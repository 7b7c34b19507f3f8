"""Tests of authors: the same code on plain CPython, in virtual time, without a host.

`Kit` plays an orchestration with its activities, children and entities and gives a `Run`; it also plays each execution
once more, cold, and fails if the decisions differ. `Actor` is one entity alone, `Desk` stands for the hub of a trigger.
"""

from __future__ import annotations

from .. import seal
from .actor import Actor
from .desk import Desk
from .kit import Kit
from .run import Execution, Run

__all__ = ["Actor", "Desk", "Execution", "Kit", "Run"]

seal.install()
seal.doors.guard_loops()

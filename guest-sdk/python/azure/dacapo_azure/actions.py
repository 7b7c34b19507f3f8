"""What the library asks for, in the words of the contract.

It owns the translation of one action into one decision. It does not know numbers, events or what follows. Inputs of
actions are JSON text already, and that is what a payload is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azure.durable_functions.models.actions.Action import Action
from azure.durable_functions.models.actions.CallActivityAction import CallActivityAction
from azure.durable_functions.models.actions.CallActivityWithRetryAction import CallActivityWithRetryAction
from azure.durable_functions.models.actions.CallEntityAction import CallEntityAction
from azure.durable_functions.models.actions.CallHttpAction import CallHttpAction
from azure.durable_functions.models.actions.CallSubOrchestratorAction import CallSubOrchestratorAction
from azure.durable_functions.models.actions.CallSubOrchestratorWithRetryAction import (
    CallSubOrchestratorWithRetryAction,
)
from azure.durable_functions.models.actions.CreateTimerAction import CreateTimerAction
from azure.durable_functions.models.actions.SignalEntityAction import SignalEntityAction
from azure.durable_functions.models.RetryOptions import RetryOptions

from dacapo.contract import (
    ActivityOptions,
    CallEntity,
    CreateTimer,
    Decision,
    EntityRef,
    RetryPolicy,
    ScheduleActivity,
    SignalEntity,
    StartChild,
)

from .history import milliseconds


def decision(action: Action, names: Mapping[str, str]) -> Decision:
    """The decision for an action that is neither an HTTP call nor a wait.

    `names` gives the name under which the app registers a function where that is not the function's own: the library
    writes the function's own when it is given a function instead of a name.
    """
    match action:
        case CallActivityAction():
            return ScheduleActivity(_named(action, names), action.input_.encode(), ActivityOptions())
        case CallActivityWithRetryAction():
            options = ActivityOptions(_retry(action.retry_options))
            return ScheduleActivity(_named(action, names), action.input_.encode(), options)
        case CallSubOrchestratorAction():
            return _child(action, names, None)
        case CallSubOrchestratorWithRetryAction():
            return _child(action, names, _retry(action.retry_options))
        case CreateTimerAction():
            return CreateTimer(milliseconds(action.fire_at))
        case CallEntityAction():
            return CallEntity(_entity(action), action.operation, action.input_.encode())
        case SignalEntityAction():
            return SignalEntity(_entity(action), action.operation, action.input_.encode(), None)
        case _:
            raise NotImplementedError(
                f"this host does not know the action {type(action).__name__} of azure-functions-durable"
            )


def described(action: Action) -> str:
    """What failed, if the task of this action does; Azure's host says it in these words."""
    match action:
        case CallActivityAction() | CallActivityWithRetryAction():
            return f"Activity function '{action.function_name}'"
        case CallSubOrchestratorAction() | CallSubOrchestratorWithRetryAction():
            return f"Orchestrator function '{action.function_name}'"
        case CallHttpAction():
            return f"{action.http_request.method} {action.http_request.uri}"
        case _:
            return type(action).__name__


def _named(action: Any, names: Mapping[str, str]) -> str:
    return names.get(action.function_name, action.function_name)


def _entity(action: Any) -> EntityRef:
    return EntityRef(action.entity_id.name, action.entity_id.key)


def _child(action: Any, names: Mapping[str, str], retry: RetryPolicy | None) -> StartChild:
    return StartChild(_named(action, names), action._input.encode(), action.instance_id, action.version, retry)


def _retry(options: RetryOptions) -> RetryPolicy:
    """The same waits: this library has no coefficient, so they are all as long as the first."""
    interval = int(options.first_retry_interval_in_milliseconds)
    attempts = max(1, int(options.max_number_of_attempts))
    return RetryPolicy(attempts, max(1, interval), 1.0, None, None, 0.0, [])

"""How the host shall treat one call of an activity, or one child."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .contract import ActivityOptions, RetryPolicy
from .times import Duration, millis


@dataclass(frozen=True)
class Retry:
    """When and how often a failed activity or child is tried again.

    The wait before attempt `n + 1` is `first_interval * coefficient ** (n - 1)`, at most `max_interval`, less up to the
    part `jitter` of it. No attempt begins later than `timeout` after the first one. Failures of the kinds in
    `non_retryable`, or with a cause of such a kind, end the task at once.
    """

    max_attempts: int
    first_interval: Duration = "1s"
    coefficient: float = 1.0
    max_interval: Duration | None = None
    timeout: Duration | None = None
    jitter: float = 0.0
    non_retryable: Iterable[str] = ()

    def __post_init__(self) -> None:
        if self.max_attempts < 1:
            raise ValueError(f"a policy has at least one attempt, not {self.max_attempts}")
        if self.coefficient < 1:
            raise ValueError(f"the coefficient of a policy is at least 1, not {self.coefficient}")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"the jitter of a policy is from 0 to 1, not {self.jitter}")
        self.to_contract()

    def to_contract(self) -> RetryPolicy:
        return RetryPolicy(
            max_attempts=self.max_attempts,
            first_interval=millis(self.first_interval),
            coefficient=float(self.coefficient),
            max_interval=None if self.max_interval is None else millis(self.max_interval),
            retry_timeout=None if self.timeout is None else millis(self.timeout),
            jitter=float(self.jitter),
            non_retryable=list(self.non_retryable),
        )


@dataclass(frozen=True)
class Options:
    """What an author recommends to the callers of an activity."""

    retry: Retry | None = None
    timeout: Duration | None = None

    def to_contract(self) -> ActivityOptions:
        return ActivityOptions(
            None if self.retry is None else self.retry.to_contract(),
            None if self.timeout is None else millis(self.timeout),
        )

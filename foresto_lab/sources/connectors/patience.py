"""Patience with a provider: pauses between requests, and asking again after faults.

Only transient errors are asked again: too many requests, a server out of order, a
connection that broke, an answer cut off. The time from one try to the next doubles,
with chance in it, from one second to a minute; ``Retry-After`` is honoured where it is
longer. The whole wait is bounded: a provider that answers 429 for ever, or asks to come
back in an hour, ends in the error after at most ``budget`` seconds of waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import tenacity

from foresto_lab.errors import ConnectorError
from foresto_lab.telemetry.logs import get_logger

log = get_logger(__name__)

_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class Patience:
    """How long to wait for a provider.

    Parameters
    ----------
    pause : float
        Seconds from one request to the next, at least.
    attempts : int
        Tries of one request, the first included.
    budget : float
        Seconds of waiting between the tries of one request, at most.
    longest : float
        Seconds between two tries, at most, unless the provider asks for more.
    sleep, clock : callable
        How to wait, and a clock that only goes forward.
    """

    pause: float = 0.0
    attempts: int = 6
    budget: float = 300.0
    longest: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _last_request: float | None = field(default=None, init=False)

    def ask(self, request: Callable[[], _Answer]) -> _Answer:
        """Return what a request gives, asked again while it may help.

        Raises
        ------
        ConnectorError
            It cannot help, or patience ended: the sentence says after how many tries
            and how many seconds.
        """
        retrying = tenacity.Retrying(
            sleep=self.sleep,
            wait=self._wait,
            stop=self._is_over,
            retry=tenacity.retry_if_exception(_may_pass),
            before_sleep=_tell,
            reraise=True,
        )

        def paced() -> _Answer:
            self._keep_pace()
            return request()

        try:
            return retrying(paced)
        except ConnectorError as error:
            raise _with_tries(error, retrying.statistics) from error

    def _keep_pace(self) -> None:
        if self._last_request is not None:
            early = self._last_request + self.pause - self.clock()
            if early > 0:
                self.sleep(early)
        self._last_request = self.clock()

    def _wait(self, state: tenacity.RetryCallState) -> float:
        doubling = tenacity.wait_exponential_jitter(initial=1.0, max=self.longest)
        return max(doubling(state), _asked_wait(state))

    def _is_over(self, state: tenacity.RetryCallState) -> bool:
        late = state.idle_for + state.upcoming_sleep > self.budget
        return late or state.attempt_number >= self.attempts


def _error_of(state: tenacity.RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, ConnectorError) and error.transient


def _asked_wait(state: tenacity.RetryCallState) -> float:
    error = _error_of(state)
    asked = error.retry_after if isinstance(error, ConnectorError) else None
    return asked or 0.0


def _tell(state: tenacity.RetryCallState) -> None:
    error = _error_of(state)
    facts: dict[str, Any] = {"reason": getattr(error, "reason", str(error))}
    facts["wait_seconds"] = round(state.upcoming_sleep, 1)
    log.info("provider asked again", attempt=state.attempt_number, **facts)


def _with_tries(error: ConnectorError, statistics: dict[str, Any]) -> ConnectorError:
    attempts = int(statistics.get("attempt_number", 1))
    waited = float(statistics.get("idle_for", 0.0))
    return type(error)(**{**error.facts, "attempts": attempts, "waited": waited})

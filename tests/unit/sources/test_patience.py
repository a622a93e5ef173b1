from __future__ import annotations

from collections.abc import Callable

import pytest

from foresto_lab.errors import (
    ConnectorError,
    NothingGivenError,
    ProviderUnreachableError,
    RateLimitedError,
)
from foresto_lab.sources.connectors import Patience


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def read(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def patient(clock: Clock, **more: float) -> Patience:
    return Patience(sleep=clock.sleep, clock=clock.read, **more)  # type: ignore[arg-type]


def failing(*errors: ConnectorError) -> Callable[[], str]:
    """Return a request that raises one after the other, then answers."""
    left = list(errors)

    def request() -> str:
        if left:
            raise left.pop(0)
        return "rows"

    return request


def limited(retry_after: float | None = None) -> RateLimitedError:
    return RateLimitedError(
        provider="pykrx",
        symbol="005930",
        reason="too many requests (HTTP 429).",
        fix="Later.",
        transient=True,
        retry_after=retry_after,
    )


def test_a_fault_that_passes_is_not_seen(clock: Clock) -> None:
    assert patient(clock).ask(failing(limited(), limited())) == "rows"
    assert len(clock.waits) == 2


def test_waits_double_from_a_second_on(clock: Clock) -> None:
    with pytest.raises(RateLimitedError):
        patient(clock).ask(failing(*[limited()] * 100))
    assert len(clock.waits) == 5
    for wait, usual in zip(clock.waits, (1.0, 2.0, 4.0, 8.0, 16.0), strict=True):
        assert usual <= wait <= usual + 1.0


def test_429_for_ever_ends_with_how_often_and_how_long(clock: Clock) -> None:
    with pytest.raises(RateLimitedError, match=r"Tried 6 times over 3\d s") as error:
        patient(clock).ask(failing(*[limited()] * 100))
    assert error.value.attempts == 6
    assert sum(clock.waits) == pytest.approx(error.value.waited)
    assert "pykrx, 005930" in str(error.value)


def test_the_wait_asked_for_is_honoured(clock: Clock) -> None:
    assert patient(clock).ask(failing(limited(42.0))) == "rows"
    assert clock.waits == [42.0]


def test_who_asks_for_an_hour_is_not_waited_for(clock: Clock) -> None:
    with pytest.raises(RateLimitedError) as error:
        patient(clock, budget=300.0).ask(failing(*[limited(3600.0)] * 9))
    assert clock.waits == []
    assert "Tried" not in str(error.value)


def test_the_whole_wait_keeps_to_its_budget(clock: Clock) -> None:
    with pytest.raises(RateLimitedError):
        patient(clock, budget=100.0).ask(failing(*[limited(40.0)] * 9))
    assert clock.waits == [40.0, 40.0]


def test_what_cannot_pass_is_not_asked_again(clock: Clock) -> None:
    error = NothingGivenError(provider="fdr", symbol="X", reason="no.", fix="")
    with pytest.raises(NothingGivenError):
        patient(clock).ask(failing(error))
    assert clock.waits == []


def test_another_error_passes_as_it_is(clock: Clock) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        patient(clock).ask(broken)
    assert clock.waits == []


def test_requests_keep_their_pace(clock: Clock) -> None:
    patience = patient(clock, pause=1.5)
    for _ in range(3):
        patience.ask(failing())
    assert clock.waits == [1.5, 1.5]
    clock.now += 10.0
    patience.ask(failing())
    assert clock.waits == [1.5, 1.5]


def test_the_kind_of_error_is_kept(clock: Clock) -> None:
    error = ProviderUnreachableError(
        provider="fdr", symbol="X", reason="down.", fix="", transient=True
    )
    with pytest.raises(ProviderUnreachableError, match="down"):
        patient(clock).ask(failing(*[error] * 9))

"""The windows of a walk-forward: train on the past, test on what came next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from numbers import Integral, Real
from typing import Any, Final, TypeAlias

import numpy as np

from foresto_lab.errors import AmountError, SplitError
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.optimize.validation.splits import parse_count
from foresto_lab.types import Int64Array1D

Length: TypeAlias = "int | float | str | timedelta"
"""Bars, a share of all bars below 1, or a duration such as ``"365D"``."""
_MOST_WINDOWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Window:
    """One step of a walk-forward.

    Parameters
    ----------
    number : int
        1, 2, 3, ...
    train : BarSpan
        What the parameters are chosen on.
    test : BarSpan
        What they are then traded on; it begins after the train span and the embargo.
    """

    number: int
    train: BarSpan
    test: BarSpan


@dataclass(frozen=True, slots=True)
class WalkForwardPlan:
    """How a walk-forward cuts the bars into windows.

    Parameters
    ----------
    train : Length
        Length of the train span; of the first one, if anchored.
    test : Length
        Length of a test span. The last one may be shorter, but not by more than half:
        a shorter rest is left out.
    step : Length, optional
        From one test span's start to the next one's; by default ``test``, so that the
        test spans touch. Never shorter than ``test``: the account is one, and cannot
        be traded by two windows at once. Between test spans it holds cash.
    anchored : bool
        Whether every train span begins with the first bar, and so grows. Otherwise it
        rolls, always of one length.
    embargo : int
        Bars left out between a train span and its test span.

    Raises
    ------
    AmountError
        A length is outside its range.
    """

    train: Length
    test: Length
    step: Length | None = None
    anchored: bool = False
    embargo: int = 0

    def __post_init__(self) -> None:
        for name in ("train", "test", "step"):
            given = getattr(self, name)
            if name != "step" or given is not None:
                object.__setattr__(self, name, _parse_length(name, given))
        object.__setattr__(self, "embargo", parse_count("embargo", self.embargo, 0))
        object.__setattr__(self, "anchored", bool(self.anchored))

    def windows(
        self, n_bars: int, open_times: Int64Array1D | None = None, spacing: int = 0
    ) -> tuple[Window, ...]:
        """Return the windows, in the order of time.

        With lengths in bars or durations, more bars at the end never change a window
        whose test span is complete.

        Parameters
        ----------
        n_bars : int
        open_times : (n_bars,), optional
            Microseconds since 1970 UTC, ascending; durations need them.
        spacing : int
            Microseconds that the last bar lasts.

        Raises
        ------
        SplitError
            Not one window fits the data, the test spans would overlap, or there would
            be more than 10,000.
        """
        ruler = _Ruler(n_bars, open_times, spacing)
        found: list[Window] = []
        for test in self._tests(ruler):
            train_last = test.first - self.embargo
            train_first = (
                0 if self.anchored else ruler.before(train_last, self.train, "train")
            )
            if train_first < train_last:
                train = BarSpan(train_first, train_last)
                found.append(Window(len(found) + 1, train, test))
            if len(found) > _MOST_WINDOWS:
                raise SplitError(
                    message=f"These windows would be more than {_MOST_WINDOWS:,}. Make "
                    "test, or step, longer."
                )
        if not found:
            raise self._nothing_fits(n_bars)
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {
            "train": _plain_length(self.train),
            "test": _plain_length(self.test),
            "step": None if self.step is None else _plain_length(self.step),
            "anchored": self.anchored,
            "embargo": self.embargo,
        }

    def _tests(self, ruler: _Ruler) -> Iterator[BarSpan]:
        """Yield the test spans that the data hold, whole or for the better half."""
        step = self.test if self.step is None else self.step
        first = ruler.after(0, self.train, "train") + self.embargo
        while first < ruler.n_bars:
            last = ruler.after(first, self.test, "test")
            following = ruler.after(first, step, "step")
            if following < last:
                raise SplitError(
                    message=f"With step {step} and test {self.test}, test spans would "
                    "overlap, and one account cannot be traded twice at once. Give a "
                    "step at least as long as test, or leave it out."
                )
            if ruler.holds_most(first, self.test, "test"):
                yield BarSpan(first, min(last, ruler.n_bars))
            first = following

    def _nothing_fits(self, n_bars: int) -> SplitError:
        embargo = f", an embargo of {self.embargo:,} bars" if self.embargo else ""
        return SplitError(
            message=f"No window fits {n_bars:,} bars: train {self.train}{embargo} and "
            f"test {self.test} need more. Give shorter ones, or more data."
        )


@dataclass(frozen=True, slots=True)
class _Ruler:
    """Finds bars at a length from others."""

    n_bars: int
    open_times: Int64Array1D | None
    spacing: int

    def after(self, bar: int, length: Length, name: str) -> int:
        """Return the bar at a length after one; it may lie beyond the last."""
        if not isinstance(length, timedelta):
            return bar + self._bars(length, name)
        times = self._times(name)
        end = int(times[bar]) + _microseconds(length)
        if end > int(times[-1]) + self.spacing:
            return self.n_bars + 1
        return int(np.searchsorted(times, end))

    def before(self, bar: int, length: Length, name: str) -> int:
        """Return the bar at a length before one, the first at the least."""
        if not isinstance(length, timedelta):
            return max(bar - self._bars(length, name), 0)
        times = self._times(name)
        end = int(times[-1]) + self.spacing if bar == self.n_bars else int(times[bar])
        return int(np.searchsorted(times, end - _microseconds(length)))

    def holds_most(self, bar: int, length: Length, name: str) -> bool:
        """Return whether half of the length from a bar on, or more, is in the data."""
        if not isinstance(length, timedelta):
            return 2 * (self.n_bars - bar) >= self._bars(length, name)
        times = self._times(name)
        left = int(times[-1]) + self.spacing - int(times[bar])
        return 2 * left >= _microseconds(length)

    def _bars(self, length: Any, name: str) -> int:
        if isinstance(length, int):
            return length
        bars: int = round(length * self.n_bars)
        if bars == 0:
            raise SplitError(
                message=f"{name} {length} of {self.n_bars:,} bars is not one bar."
            )
        return bars

    def _times(self, name: str) -> Int64Array1D:
        if self.open_times is None:
            raise SplitError(
                message=f"{name} is a duration, and what is searched has no times. "
                "Give bars, or a share of them."
            )
        return self.open_times


def _parse_length(name: str, given: object) -> Length:
    """Return bars, a share of them, or a timedelta; raise AmountError otherwise."""
    allowed = (
        "bars (1 or more), a share of the bars between 0 and 1, or a duration such as "
        "'365D'"
    )
    if isinstance(given, bool):
        raise AmountError(parameter=name, given=given, allowed=allowed)
    if isinstance(given, Integral) and int(given) >= 1:
        return int(given)
    if isinstance(given, Real) and not isinstance(given, Integral):
        if 0.0 < float(given) < 1.0:
            return float(given)
    elif isinstance(given, str | timedelta | np.timedelta64):
        duration = _parse_duration(given)
        if duration is not None and duration > timedelta(0):
            return duration
    raise AmountError(parameter=name, given=given, allowed=allowed)


def _parse_duration(given: Any) -> timedelta | None:
    import pandas as pd

    try:
        duration = pd.Timedelta(given)
    except (ValueError, OverflowError):
        return None
    return None if pd.isna(duration) else duration.to_pytimedelta()


def _microseconds(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


def _plain_length(length: Length) -> int | float | str:
    if isinstance(length, timedelta):
        days, rest = divmod(length, timedelta(days=1))
        return f"{days}D" if not rest else f"{length.total_seconds():.0f}s"
    return length

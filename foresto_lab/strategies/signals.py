"""What a strategy says at each bar's close: enter or leave, long or short."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from foresto_lab.errors import InputError
from foresto_lab.types import BoolArray1D, Float64Array1D, UInt8Array1D

if TYPE_CHECKING:
    import pandas as pd


class SignalBits(IntFlag):
    """The signals that one bar can carry, as bits of one byte."""

    LONG_ENTRY = 1
    LONG_EXIT = 2
    SHORT_ENTRY = 4
    SHORT_EXIT = 8


@dataclass(frozen=True, slots=True, eq=False)
class ConditionTruth:
    """One condition on every bar.

    Parameters
    ----------
    path : str
        Its place in the strategy, e.g. ``"buyConditions[0].all[1]"``.
    text : str
        The condition in words of the language, e.g. ``"rsi < 30"``.
    truth : (n_bars,)
        Whether it held at each bar's close; False where an operand is NaN.
    margin : (n_bars,)
        How far it is from turning, in units of its left operand: positive or zero
        where it holds, negative where it is missed, NaN where it has no value.
        ``all`` takes the smallest of its parts, ``any`` the largest.
    """

    path: str
    text: str
    truth: BoolArray1D
    margin: Float64Array1D


_NONE: Mapping[str, Float64Array1D] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """The signals of one strategy on one table of candles.

    A signal is known at its bar's close and uses nothing after it.

    Parameters
    ----------
    bits : (n_bars,) of uint8
        ``SignalBits`` of each bar; 0 is no signal.
    columns : mapping of name to (n_bars,)
        What the conditions looked at: indicators, NaN in their warm-up.
    explain : callable, optional
        Computes the truth of every condition when it is asked for.
    """

    bits: UInt8Array1D
    columns: Mapping[str, Float64Array1D] = field(default_factory=lambda: _NONE)
    explain: Callable[[], tuple[ConditionTruth, ...]] | None = None

    def __post_init__(self) -> None:
        if self.bits.dtype != np.uint8 or self.bits.ndim != 1:
            raise InputError(
                message=f"Signals are a row of uint8, one per bar, but came as "
                f"{self.bits.ndim}-dimensional {self.bits.dtype}. Use Signals.of(...)."
            )

    @classmethod
    def of(
        cls,
        long_entry: Any = None,
        long_exit: Any = None,
        short_entry: Any = None,
        short_exit: Any = None,
        *,
        columns: Mapping[str, Float64Array1D] = _NONE,
    ) -> Signals:
        """Return signals from up to four rows of booleans, one value per bar.

        Raises
        ------
        InputError
            None is given, their lengths differ, or one is not boolean.
        """
        given = {
            SignalBits.LONG_ENTRY: long_entry,
            SignalBits.LONG_EXIT: long_exit,
            SignalBits.SHORT_ENTRY: short_entry,
            SignalBits.SHORT_EXIT: short_exit,
        }
        rows = {
            bit: _parse_row(row, bit) for bit, row in given.items() if row is not None
        }
        lengths = {len(row) for row in rows.values()}
        if len(lengths) != 1:
            raise InputError(
                message="Signals need one value per bar in each row given, but their "
                f"lengths are {sorted(lengths) or 'none: no row was given'}."
            )
        bits = np.zeros(lengths.pop(), dtype=np.uint8)
        for bit, row in rows.items():
            bits |= row.view(np.uint8) * np.uint8(bit)
        return cls(bits, columns)

    def __len__(self) -> int:
        return len(self.bits)

    def with_columns(self, columns: Mapping[str, Float64Array1D]) -> Signals:
        """Return the same signals with the columns that they came from."""
        return Signals(self.bits, columns, self.explain)

    def has(self, bit: SignalBits) -> BoolArray1D:
        """Return on which bars this signal is given."""
        has: BoolArray1D = (self.bits & np.uint8(bit)) != 0
        return has

    @property
    def long_entry(self) -> BoolArray1D:
        """The bars that say: be long."""
        return self.has(SignalBits.LONG_ENTRY)

    @property
    def long_exit(self) -> BoolArray1D:
        """The bars that say: be long no more."""
        return self.has(SignalBits.LONG_EXIT)

    @property
    def short_entry(self) -> BoolArray1D:
        """The bars that say: be short."""
        return self.has(SignalBits.SHORT_ENTRY)

    @property
    def short_exit(self) -> BoolArray1D:
        """The bars that say: be short no more."""
        return self.has(SignalBits.SHORT_EXIT)

    @property
    def conditions(self) -> Mapping[str, BoolArray1D]:
        """Whether each condition held, by its path; computed when asked for."""
        truths = self.explain() if self.explain else ()
        return {condition.path: condition.truth for condition in truths}

    def to_frame(self, index: pd.Index | None = None) -> pd.DataFrame:
        """Return one row per bar: the four signals, then the columns looked at."""
        import pandas as pd

        signals = {
            bit.name.lower(): self.has(bit)
            for bit in SignalBits
            if bit.name is not None
        }
        return pd.DataFrame({**signals, **self.columns}, index=index)


def _parse_row(row: Any, bit: SignalBits) -> BoolArray1D:
    values = np.ascontiguousarray(row)
    if values.ndim == 1 and values.dtype == np.bool_:
        return values
    raise InputError(
        message=f"{str(bit.name).lower()} came as {values.ndim}-dimensional "
        f"{values.dtype}; it must be one True or False per bar. A comparison such as "
        "`close > average` gives that; NaN compares as False."
    )

"""TA-Lib's functions as indicators: what its abstract API tells, its plain calls.

TA-Lib is imported when the catalog is first asked for. Its abstract API gives the
names, parameters, inputs and outputs; values come from the plain functions, as an
abstract call costs far more. What neither tells is the ranges of the parameters: the
least period is found by trying, the rest is stated here and checked by a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

import numpy as np

from foresto_lab.errors import InputError
from foresto_lab.indicators.indicator import CandleColumns, Indicator
from foresto_lab.indicators.parameters import Parameter, ParameterValue
from foresto_lab.indicators.prices import SOURCE, price
from foresto_lab.indicators.talib_settling import NEVER_FORGETTING, SETTLING
from foresto_lab.types import Float64Array1D

EXCLUDED: Final[Mapping[str, str]] = {
    "MAVP": "takes a period per bar, and candles have no such column",
    "DONCHIAN": "is `donchian`, whose outputs have names of their own",
    "VWAP": "runs from the first candle of the data; `vwap` starts anew each day",
}
"""Function of TA-Lib -> why no indicator has its name and numbers."""

MAX_PERIOD: Final = 100_000
_RANGES: Final[Mapping[str, tuple[float | None, float | None]]] = {
    "fastlimit": (0.01, 0.99),
    "slowlimit": (0.01, 0.99),
    "vfactor": (0, 1),
    "percentile": (0, 100),
    "nbdev": (None, None),
    "nbdevup": (None, None),
    "nbdevdn": (None, None),
    "startvalue": (None, None),
}
"""Parameter that is no whole number -> its bounds; others start at 0."""
_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "timeperiod": ("period", "length", "window"),
    "fastperiod": ("fast", "fast_period"),
    "slowperiod": ("slow", "slow_period"),
    "signalperiod": ("signal", "signal_period"),
    "nbdevup": ("nbdev_up", "deviations_up"),
    "nbdevdn": ("nbdev_down", "deviations_down"),
    "nbdev": ("deviations",),
    "atrperiod": ("atr_period",),
    "multiplier": ("factor",),
}
_ADDED_IN: Final = "1.0.0"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TalibIndicator(Indicator):
    """A function of TA-Lib.

    Whole numbers that it gives, as candle patterns are, become float64, NaN on the
    bars before its lookback where TA-Lib puts zeros.
    """

    function: str

    @property
    def source(self) -> str:
        """``talib``."""
        return "talib"

    def _warm_up(self, params: Mapping[str, Any]) -> int:
        return _lookback(self.function, tuple(_own(params).items()))

    def _settling(self, params: Mapping[str, Any]) -> int:
        bars = SETTLING.get(self.function)
        return self._warm_up(params) + (bars(params) if bars else 0)

    def _values(
        self, table: CandleColumns, params: Mapping[str, Any]
    ) -> Mapping[str, Float64Array1D]:
        lookback = self._warm_up(params)
        if len(table) <= lookback:
            return {name: np.full(len(table), np.nan) for name in self.outputs}
        given = self._call(self._inputs(table, params), _own(params))
        arrays = given if isinstance(given, tuple) else (given,)
        return {
            name: _as_float64(array, lookback)
            for name, array in zip(self.outputs, arrays, strict=True)
        }

    def _inputs(
        self, table: CandleColumns, params: Mapping[str, Any]
    ) -> list[Float64Array1D]:
        if "source" in params:
            return [price(table, params["source"])]
        return [table.column(name) for name in self.inputs]

    def _call(self, inputs: list[Float64Array1D], params: Mapping[str, Any]) -> Any:
        import talib

        try:
            return getattr(talib, self.function)(*inputs, **params)
        except Exception as error:  # TA-Lib raises no class of its own
            raise InputError(
                message=f"TA-Lib refuses {self.name} with {dict(params)}: {error}. "
                "Choose parameters that fit each other."
            ) from error


def talib_indicators() -> Iterator[TalibIndicator]:
    """Yield an indicator for each function of TA-Lib that is not excluded."""
    import talib

    for function in talib.get_functions():
        if function not in EXCLUDED:
            yield _indicator(function, _abstract(function).info)


def _indicator(function: str, told: Mapping[str, Any]) -> TalibIndicator:
    inputs = tuple(_input_columns(told["input_names"]))
    name = function.lower()
    outputs = tuple(told["output_names"])
    return TalibIndicator(
        name=name,
        version=_ADDED_IN,
        function=function,
        summary=f"{told['display_name']}, TA-Lib's {function}.",
        group=told["group"],
        parameters=tuple(_parameters(function, told, inputs)),
        inputs=inputs,
        outputs=(name,) if len(outputs) == 1 else outputs,
        forgets_start=function not in NEVER_FORGETTING,
    )


def _input_columns(told: Mapping[str, Any]) -> Iterator[str]:
    for names in told.values():
        yield from [names] if isinstance(names, str) else names


def _parameters(
    function: str, told: Mapping[str, Any], inputs: tuple[str, ...]
) -> Iterator[Parameter]:
    for name, default in told["parameters"].items():
        low, high = _range(function, name, default, inputs)
        yield Parameter(
            name=name,
            kind="int" if isinstance(default, int) else "float",
            default=default,
            low=low,
            high=high,
            aliases=_ALIASES.get(name, ()),
        )
    if inputs == ("close",):
        yield SOURCE


def _range(
    function: str, name: str, default: ParameterValue, inputs: tuple[str, ...]
) -> tuple[float | None, float | None]:
    if not isinstance(default, int):
        return _RANGES.get(name, (0, None))
    if name.endswith("matype"):
        return 0, _last_moving_average()
    return (1 if _takes(function, len(inputs), name, 1) else 2), MAX_PERIOD


@lru_cache(maxsize=1)
def _last_moving_average() -> int:
    import talib

    numbers = [getattr(talib.MA_Type, name) for name in dir(talib.MA_Type)]
    return max(number for number in numbers if isinstance(number, int))


def _takes(function: str, n_inputs: int, name: str, value: int) -> bool:
    """Return whether TA-Lib takes a value, by trying on a few bars."""
    import talib

    call: Callable[..., Any] = getattr(talib, function)
    try:
        call(*[np.arange(1.0, 9.0)] * n_inputs, **{name: value})
    except Exception:  # TA-Lib raises no class of its own
        return False
    return True


@lru_cache(maxsize=4096)
def _lookback(function: str, params: tuple[tuple[str, Any], ...]) -> int:
    return int(_abstract(function, **dict(params)).lookback)


def _abstract(function: str, **params: Any) -> Any:
    """Return what TA-Lib's abstract API knows of a function."""
    abstract = import_module("talib.abstract")
    return abstract.Function(function, **params)


def _own(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that TA-Lib knows."""
    return {name: value for name, value in params.items() if name != "source"}


def _as_float64(array: np.ndarray[Any, Any], lookback: int) -> Float64Array1D:
    if array.dtype == np.float64:
        return array
    values = array.astype(np.float64)
    values[:lookback] = np.nan
    return values

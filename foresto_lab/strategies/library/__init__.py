"""Strategies that come with the package, by name.

To add one: its file here, a line in ``_HOMES``, its row in docs/strategies.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

_HOMES: Final[Mapping[str, tuple[str, str]]] = {
    "hyperrsi": ("hyperrsi", "HyperRsi"),
    "rsi_reversal": ("rsi_reversal", "RsiReversal"),
    "macd_cross": ("macd_cross", "MacdCross"),
    "sma_cross": ("sma_cross", "SmaCross"),
    "bollinger_breakout": ("bollinger_breakout", "BollingerBreakout"),
    "donchian_turtle": ("donchian_turtle", "DonchianTurtle"),
    "momentum_rotation": ("momentum_rotation", "MomentumRotation"),
}


class _Library(Mapping[str, type[Any]]):
    """The classes by name, each imported when it is asked for."""

    def __getitem__(self, name: str) -> type[Any]:
        module, kind = _HOMES[name]
        chosen: type[Any] = getattr(import_module(f"{__name__}.{module}"), kind)
        return chosen

    def __iter__(self) -> Iterator[str]:
        return iter(_HOMES)

    def __len__(self) -> int:
        return len(_HOMES)


BUILT_IN_STRATEGIES: Final[Mapping[str, type[Any]]] = _Library()
"""The classes of the built-in strategies by their names."""

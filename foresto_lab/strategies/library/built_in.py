"""What the built-in strategies share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from foresto_lab.errors import InputError
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.trading_strategy import TradingStrategy


class BuiltInStrategy(TradingStrategy):
    """A strategy of this package; those that the JSON language can say, it says."""

    source: ClassVar[str] = "built_in"

    def to_json(self) -> dict[str, Any]:
        """Return the same rules in the JSON language: the same signal on every bar.

        Raises
        ------
        InputError
            The JSON language, which looks at one symbol, cannot say them.
        """
        raise InputError(
            message=f"The rules of {self.name} cannot be written as JSON, which looks "
            "at one symbol at a time. Use it by its name, with parameters."
        )

    def _json(
        self, indicators: list[dict[str, Any]], blocks: dict[str, list[dict[str, Any]]]
    ) -> dict[str, Any]:
        limits = self.risk.to_dict()
        return {
            "name": self.name,
            "version": self.version,
            "description": (type(self).__doc__ or "").partition("\n")[0],
            "indicators": indicators,
            **{block: conditions for block, conditions in blocks.items() if conditions},
            **({"risk": limits} if limits else {}),
        }


def condition(left: str, operator: str, right: str | float) -> dict[str, Any]:
    """Return one condition of the JSON language."""
    return {"left": left, "operator": operator, "right": right}


def indicator(
    name: str, params: Mapping[str, float | str], alias: str | None = None
) -> dict[str, Any]:
    """Return one indicator of the JSON language."""
    named = {"name": name, "params": dict(params)}
    return {**named, "as": alias} if alias else named


def stop_of(percent: float | None, leverage: float | None = None) -> Risk:
    """Return the limits of a stop in percent, if there is one."""
    return Risk(stop_loss=None if percent is None else percent / 100, leverage=leverage)

"""Which parameters a user's strategy looks at, so that equal signals are made once.

A strategy's code is run with a ``config`` that notes which of its fields are read.
Code that says the same for the same values says the same for every combination that
agrees on the fields that it read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from foresto_lab.errors import StrategyError
from foresto_lab.strategies.trading_strategy import TradingStrategy

_OWN_STATE: Final = frozenset({"config", "_catalog"})


class _ReadConfig:
    """A strategy's parameters, which note who is read."""

    def __init__(self, config: Any, reads: set[str]) -> None:
        object.__setattr__(self, "_config", config)
        object.__setattr__(self, "_reads", reads)

    def __getattr__(self, name: str) -> Any:
        fields = type(self._config).model_fields
        self._reads.update((name,) if name in fields else fields)
        return getattr(self._config, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._config, name, value)


def observed(
    make: Callable[[], TradingStrategy], look: Callable[[TradingStrategy], Any]
) -> tuple[Any, frozenset[str]]:
    """Return what a look at a strategy gives, and the parameters that it depends on.

    Parameters
    ----------
    make : callable
        Makes the strategy anew.
    look : callable
        Asks the strategy for its signals, say.
    """
    strategy = make()
    config, fields = strategy.config, frozenset(type(strategy).Config.model_fields)
    if not set(vars(strategy)) <= _OWN_STATE:
        return look(strategy), fields
    reads: set[str] = set()
    strategy.config = _ReadConfig(config, reads)  # type: ignore[assignment]
    try:
        return look(strategy), frozenset(reads)
    except StrategyError:  # perhaps it asks its config what only the real one knows
        return look(make()), fields

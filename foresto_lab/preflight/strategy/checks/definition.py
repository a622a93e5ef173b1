"""The strategy's definition: keys, types, indicators, columns, operators, risk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from foresto_lab.findings import Finding
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.types import Severity


class DefinitionUnsound:
    """The definition must say a strategy, in every place.

    Stands for all the codes of :data:`foresto_lab.strategies.DEFINITION_CODES`, which
    the language itself finds, and for what cannot be read as a strategy at all.
    Why it stops the run: there is nothing to run, or not what was meant.
    Fires: ``{"left": "rsl", "operator": "<", "right": 30}``.
    Does not fire: the same with ``"rsi"``.
    """

    code: ClassVar[str] = "STRATEGY_UNREADABLE"
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield every finding of the definition, with its path."""
        yield from inputs.definition.findings

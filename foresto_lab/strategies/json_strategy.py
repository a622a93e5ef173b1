"""A strategy of the JSON language, ready to give signals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import StrategyError
from foresto_lab.findings import Finding
from foresto_lab.market.candle_table import CandleTable, parse_candles
from foresto_lab.strategies.column_sources import CANDLE_COLUMNS
from foresto_lab.strategies.evaluation import Evaluation
from foresto_lab.strategies.json_definition import (
    DEFAULT_NAME,
    JsonDefinition,
    read_definition,
    used_indicators,
)
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.signals import ConditionTruth, SignalBits, Signals
from foresto_lab.types import Float64Array1D, UInt8Array1D

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorCatalog, IndicatorUse

_BITS = {
    "buyConditions": SignalBits.LONG_ENTRY,
    "sellConditions": SignalBits.LONG_EXIT,
    "shortConditions": SignalBits.SHORT_ENTRY,
    "coverConditions": SignalBits.SHORT_EXIT,
}


class JsonStrategy:
    """Conditions on columns, read from JSON; made by ``from_dict``.

    Parameters
    ----------
    definition : JsonDefinition
        Free of errors.
    findings : sequence of Finding
        Warnings and remarks made while it was read.
    """

    source = "json"

    def __init__(
        self, definition: JsonDefinition, findings: tuple[Finding, ...] = ()
    ) -> None:
        self.definition = definition
        self.findings = findings

    @classmethod
    def from_dict(
        cls, given: object, *, catalog: IndicatorCatalog | None = None
    ) -> JsonStrategy:
        """Return the strategy that a mapping, as read from JSON, describes.

        Parameters
        ----------
        given : object
            The mapping; anything else is a finding too.
        catalog : IndicatorCatalog, optional
            The indicators it may use; by default the built-in ones.

        Raises
        ------
        StrategyError
            It has errors: each is listed with its path.
        """
        definition, findings = read_definition(given, catalog)
        if definition is not None:
            return cls(definition, findings)
        named = given.get("name") if isinstance(given, Mapping) else None
        is_shown = isinstance(named, str) and named.isprintable() and named.strip()
        name = str(named)[:80] if is_shown else DEFAULT_NAME
        raise StrategyError(
            strategy=name, findings=tuple(f for f in findings if f.severity == "error")
        )

    @property
    def name(self) -> str:
        """Name, ``unnamed`` if none was given."""
        return self.definition.name

    @property
    def version(self) -> str:
        """Semantic version, 1.0.0 if none was given."""
        return self.definition.version

    @property
    def risk(self) -> Risk:
        """The risk block."""
        return self.definition.risk

    @property
    def indicators(self) -> tuple[IndicatorUse, ...]:
        """The indicators that the conditions look at."""
        return used_indicators(self.definition)

    @property
    def min_candles(self) -> int:
        """Bars needed before every condition can have a value."""
        columns = self.definition.columns
        reach = self.definition.reach
        return (
            max(
                (columns.warm_up(name) + back for name, back in reach.items()),
                default=0,
            )
            + 1
        )

    @property
    def checksum(self) -> str:
        """SHA-256 of the normal form: spelling and order of keys do not count."""
        return sha256_of(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the strategy as the language writes it, in its one normal form."""
        return self.definition.to_dict()

    def to_json(self) -> dict[str, Any]:
        """Return the same as ``to_dict``."""
        return self.to_dict()

    def signals(self, table: CandleTable) -> Signals:
        """Return the signals known at each bar's close.

        Parameters
        ----------
        table : CandleTable, or a DataFrame of candles
        """
        candles = parse_candles(table)
        columns = self.definition.columns.values(candles, self.definition.reach)
        evaluation = Evaluation(columns, len(candles))
        indicators = {
            name: column
            for name, column in columns.items()
            if name not in CANDLE_COLUMNS
        }
        return Signals(
            self._bits(evaluation, len(candles)),
            indicators,
            lambda: self._explain(columns, len(candles)),
        )

    def condition_truths(self, table: CandleTable) -> list[ConditionTruth]:
        """Return truth and margin of every condition, and of those inside it."""
        candles = parse_candles(table)
        columns = self.definition.columns.values(candles, self.definition.reach)
        return list(self._explain(columns, len(candles)))

    def _bits(self, evaluation: Evaluation, n_bars: int) -> UInt8Array1D:
        bits: UInt8Array1D = np.zeros(n_bars, dtype=np.uint8)
        for block, condition in self.definition.blocks.items():
            truth = evaluation.truth(condition).view(np.uint8)
            bits |= truth * np.uint8(_BITS[block])
        return bits

    def _explain(
        self, columns: Mapping[str, Float64Array1D], n_bars: int
    ) -> tuple[ConditionTruth, ...]:
        evaluation = Evaluation(columns, n_bars)
        return tuple(
            truth
            for condition in self.definition.blocks.values()
            for truth in evaluation.explain(condition)
        )

    def __eq__(self, other: object) -> bool:
        """Two strategies that say the same are the same."""
        return isinstance(other, JsonStrategy) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(self.checksum)

    def __repr__(self) -> str:
        """Return its name and its conditions in one line each."""
        blocks = "; ".join(
            f"{block}: {condition.text}"
            for block, condition in self.definition.blocks.items()
        )
        return f"<JsonStrategy {self.name} {self.version}: {blocks}>"

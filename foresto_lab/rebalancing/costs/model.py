"""Several costs as one: composed, written down, put on a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final

from foresto_lab.errors import CostError, UnknownNameError
from foresto_lab.findings import Finding
from foresto_lab.rebalancing.costs.account_costs import AccountCosts
from foresto_lab.rebalancing.costs.fees import ManagementFee
from foresto_lab.rebalancing.costs.impact import MarketImpact
from foresto_lab.rebalancing.costs.part import AccountDraft, CostPart, SelectivePart
from foresto_lab.rebalancing.costs.proportional import (
    ProportionalCost,
    parse_cost_rate,
)
from foresto_lab.rebalancing.costs.span_facts import SpanFacts
from foresto_lab.rebalancing.costs.taxes import (
    CapitalGainsTax,
    DistributionTax,
    TransactionTax,
)
from foresto_lab.rebalancing.costs.trading import (
    Commission,
    CurrencyConversion,
    HalfSpread,
)
from foresto_lab.types import Severity

PART_KINDS: Final[Mapping[str, type[CostPart]]] = {
    part.kind: part
    for part in (
        Commission,
        HalfSpread,
        MarketImpact,
        TransactionTax,
        CurrencyConversion,
        DistributionTax,
        CapitalGainsTax,
        ManagementFee,
    )
}
"""Every kind of part, by the ``type`` it is written down as."""


@dataclass(frozen=True, slots=True, repr=False)
class CostModel:
    """Costs that hold together; parts add up, whatever their order.

    Parameters
    ----------
    parts : sequence of parts
        A ``ProportionalCost`` is taken of turnover, the others of what is traded of
        each asset; turnover is half of that, but for uninvested cash.

    Raises
    ------
    CostError
        What is given is no cost.
    """

    parts: tuple[CostPart | ProportionalCost, ...] = ()

    def __post_init__(self) -> None:
        parts = tuple(self.parts)
        for part in parts:
            if not isinstance(part, (CostPart, ProportionalCost)):
                raise CostError(message=f"{part!r} is no cost. {_KINDS}")
        object.__setattr__(self, "parts", parts)

    def __repr__(self) -> str:
        return f"CostModel({' + '.join(map(repr, self.parts)) or 'no costs'})"

    def __add__(self, other: object) -> CostModel:
        """Return the parts of both."""
        return CostModel((*self.parts, *parse_costs(other).parts))

    def __radd__(self, other: object) -> CostModel:
        """Return what stands before it, such as a rate, and the parts."""
        return CostModel((*parse_costs(other).parts, *self.parts))

    @property
    def proportional(self) -> ProportionalCost | None:
        """The proportional cost, where that is all there is."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, ProportionalCost) else None

    def on(self, facts: SpanFacts) -> AccountCosts:
        """Return the costs on the sessions and assets of one simulation.

        Raises
        ------
        CostError
            Parts contradict each other, or need facts that were not given.
        """
        draft = AccountDraft(facts)
        for part in self.parts:
            if isinstance(part, ProportionalCost):
                draft.values["proportional_rate"] += part.rate
            else:
                part.fill(draft)
        draft.findings.extend(self._not_charged(facts))
        return AccountCosts(**draft.values, findings=tuple(draft.findings))

    def _not_charged(self, facts: SpanFacts) -> tuple[Finding, ...]:
        """Return a finding on assets that costs by market pass over, unasked."""
        by_market = [
            part.kind
            for part in self.parts
            if isinstance(part, SelectivePart) and part.markets is not None
        ]
        untold = [
            asset
            for asset, market in zip(facts.assets, facts.markets, strict=True)
            if not market
        ]
        if not (by_market and untold):
            return ()
        return (
            Finding(
                code="COSTS_NOT_CHARGED",
                severity=Severity.WARNING,
                where="costs",
                message=f"The market of {', '.join(untold)} is not told, so costs by "
                f"market are not charged on them: {', '.join(by_market)}.",
                fix='Tell it: fl.MarketFacts(markets={"069500": "KRX_ETF", ...}), or '
                "in a workspace the instrument's market.",
                count=len(untold),
                samples=tuple(untold[:5]),
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the model as plain JSON-ready values."""
        return {"parts": [part.to_dict() for part in self.parts]}


def parse_costs(given: object) -> CostModel:
    """Return costs as a model: from a part, a rate, a list, a preset, or a dict.

    Raises
    ------
    CostError
        It is nothing of these.
    UnknownNameError
        There is no such preset, kind of part or field.
    AmountError, TaxTableError
        A value in it is wrong.
    """
    match given:
        case None:
            return CostModel()
        case CostModel():
            return given
        case CostPart() | ProportionalCost():
            return CostModel((given,))
        case str():
            from foresto_lab.rebalancing.costs.presets import cost_preset

            return cost_preset(given).costs
        case Mapping():
            return _from_mapping(given)
        case Sequence():
            return CostModel(
                tuple(part for item in given for part in parse_costs(item).parts)
            )
        case Real():
            return CostModel((ProportionalCost(parse_cost_rate(given, "costs")),))
        case _:
            raise CostError(message=f"costs is {given!r}, which is no cost. {_KINDS}")


def _from_mapping(given: Mapping[Any, Any]) -> CostModel:
    if "parts" in given:
        if not isinstance(given["parts"], (list, tuple)):
            raise CostError(
                message=f"parts is {given['parts']!r}; it must be a list. {_KINDS}"
            )
        return parse_costs(given["parts"])
    values = dict(given)
    kind = values.pop("type", None)
    if kind == "PROPORTIONAL":
        for name in values:
            if name != "rate":
                raise UnknownNameError(
                    kind="field of ProportionalCost", given=name, allowed=("rate",)
                )
        return CostModel((ProportionalCost(**values),))
    if kind not in PART_KINDS:
        raise UnknownNameError(
            kind="type of cost", given=kind, allowed=("PROPORTIONAL", *PART_KINDS)
        )
    return CostModel((PART_KINDS[kind].from_dict(values),))


_KINDS: Final = (
    "Give a rate such as 0.001, a part such as fl.Commission(0.00015), several joined "
    'by +, or a preset such as "KOREA_RETAIL".'
)

"""The figures of a portfolio on prices, for many weights and numbers of its rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from foresto_lab.errors import InputError
from foresto_lab.market.calendars import get_calendar
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations
from foresto_lab.optimize.evaluators.available_cores import available_cores
from foresto_lab.optimize.evaluators.bar_spans import block_edges
from foresto_lab.optimize.evaluators.portfolio_choices import (
    RULE,
    PortfolioChoices,
    held_groups,
)
from foresto_lab.optimize.evaluators.portfolio_subject import PortfolioSubject
from foresto_lab.optimize.evaluators.portfolio_walks import (
    Walks,
    swept_figures,
    walked_returns,
)
from foresto_lab.scenarios.simulation import (
    RuleArguments,
    parse_rebalancing,
    parse_terms,
    require_columns,
)
from foresto_lab.scenarios.span import DateLike, Span, parse_span
from foresto_lab.scenarios.tables import SUMMARY_MEASURES
from foresto_lab.scenarios.targets import Targets, parse_targets
from foresto_lab.scenarios.weights import targets_with_cash
from foresto_lab.types import Execution, Float64Array1D, Float64Array2D, Int64Array1D

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.rebalancing import RebalancingRule


@dataclass(frozen=True, eq=False)
class PortfolioEvaluator(PortfolioSubject):
    """A portfolio on prices, its weights and the numbers of its rule left open.

    The figures are those of ``fl.simulate`` from the first session on which every asset
    of the base has a price, bit for bit, whichever of them a combination holds.

    Parameters
    ----------
    span : Span
        The prices of every asset, from day 0 on.
    choices : PortfolioChoices
    terms : Terms
        Amount, calendar, execution; its rule does not matter.
    cost_rate : float, optional
        In place of the rules' own.
    threads : int, optional
        By default as many as the process may use cores.
    """

    @classmethod
    def of(
        cls,
        prices: pd.DataFrame,
        weights: Any,
        rebalancing: RebalancingRule | None = None,
        *,
        costs: float | None = None,
        initial_amount: float = 1_000_000,
        calendar: str = "XKRX",
        start: DateLike | None = None,
        end: DateLike | None = None,
        execution: Execution | str = "close",
        parameters: Mapping[str, Any] | None = None,
        normalised: bool = True,
        threads: int | None = None,
    ) -> PortfolioEvaluator:
        """Return the evaluator of what ``fl.simulate`` would be given.

        Parameters
        ----------
        prices, weights, rebalancing, costs, initial_amount, calendar, start, end
            As ``fl.simulate`` takes them; weights are fixed, those of a scenario or a
            mapping, and costs are one rate.
        execution : {"close", "next_close"}
        parameters : mapping, optional
            Values that are not searched, in place of the base's own.
        normalised : bool
            True scales the weights of each combination to the sum of the base's, so
            that any numbers from 0 on are weights. False takes them as they are: what
            is missing to 1 is cash, and more than 1 cannot be run.

        Raises
        ------
        InputError
            As ``fl.simulate`` raises; or the weights are computed, not fixed.
        """
        fixed = _fixed_weights(weights)
        require_columns(prices, dict.fromkeys(fixed, 0.0))
        base = PortfolioChoices(
            {str(asset): weight for asset, weight in fixed.items()},
            parse_rebalancing(rebalancing),
            normalised,
        )
        terms = parse_terms(None, costs, initial_amount, calendar, execution)
        span = parse_span(
            prices, list(fixed), get_calendar(calendar), start=start, end=end
        )
        rate = None if costs is None else float(getattr(costs, "rate", costs))
        evaluator = cls(span, base, terms, rate, threads)
        return evaluator.with_parameters(parameters or {})

    @property
    def names(self) -> tuple[str, ...]:
        """The figures that it gives: those of a simulation's summary."""
        return SUMMARY_MEASURES

    def evaluate(
        self,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        """Return the figures of each combination; see ``Evaluator``.

        On a span the portfolio is bought at the close of its first session, whose
        return is 0.
        """
        inner = self.part(span)
        figures = np.full((len(combinations), len(SUMMARY_MEASURES)), np.nan)
        for places, own in self._walked(combinations, inner, swept_figures):
            figures[places] = own
        if not blocks:
            return Evaluations(SUMMARY_MEASURES, figures)
        edges = block_edges(len(inner.sessions), blocks)
        sums = np.full((len(combinations), blocks, 2), np.nan)
        for places, returns in self._walked(combinations, inner, walked_returns):
            for block, (first, last) in enumerate(pairwise(edges)):
                part = returns[:, first:last]
                sums[places, block, 0] = part.sum(axis=1)
                sums[places, block, 1] = (part * part).sum(axis=1)
        lengths = np.diff(edges).astype(np.float64)
        return Evaluations(SUMMARY_MEASURES, figures, sums, lengths)

    def returns(
        self, combinations: Combinations, *, span: BarSpan | None = None
    ) -> Float64Array2D:
        """Return the simple return of each session, that of the first being 0."""
        inner = self.part(span)
        found = np.full((len(combinations), len(inner.sessions)), np.nan)
        for places, returns in self._walked(combinations, inner, walked_returns):
            found[places] = returns
        return found

    def market_returns(self, *, span: BarSpan | None = None) -> Float64Array1D:
        """Return what the base earned on each session, bought and held."""
        whole = PortfolioEvaluator(
            self.span, replace(self.choices, rule=None), self.terms, 0.0, self.threads
        )
        nothing = Combinations({RULE: _one_object(None)})
        earned: Float64Array1D = whole.returns(nothing, span=span)[0]
        return earned

    def _walked(
        self,
        combinations: Combinations,
        span: Span,
        compute: Callable[[Walks], Float64Array2D],
    ) -> list[tuple[Int64Array1D, Float64Array2D]]:
        """Return what was computed of the combinations that can be run."""
        self.choices.require(combinations.names)
        weights, sound = self.choices.weights_of(combinations)
        rules, number_of = self.choices.rules_of(combinations)
        found = []
        schedules: dict[int, RuleArguments] = {}
        for places, held in held_groups(weights, number_of, sound):
            number = int(number_of[places[0]])
            if number not in schedules:
                schedules[number] = self._rule_arguments(rules[number], span)
            walks = Walks(
                np.ascontiguousarray(span.table.prices[:, held].T),
                targets_with_cash(weights[places][:, held]),
                self.terms.initial_amount,
                schedules[number],
                span,
                self.threads or available_cores(),
            )
            found.append((places, compute(walks)))
        return found

    def _rule_arguments(
        self, rule: RebalancingRule | None, span: Span
    ) -> RuleArguments:
        if rule is not None and self.cost_rate is not None:
            rule = replace(rule, cost_rate=self.cost_rate)
        terms = replace(self.terms, rule=rule)
        return terms.rule_arguments(terms.schedule(span))


def _fixed_weights(given: Any) -> dict[Any, float]:
    asked = parse_targets(given)
    if not isinstance(asked, Targets) or asked.schedule is not None:
        raise InputError(
            message="Weights that are searched must be fixed, such as "
            f"{{'equity': 0.6, 'bond': 0.4}}; {type(given).__name__} computes or "
            "schedules them."
        )
    return dict(asked.weights)


def _one_object(value: Any) -> Any:
    column = np.empty(1, dtype=object)
    column[0] = value
    return column

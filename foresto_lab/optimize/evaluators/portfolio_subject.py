"""A portfolio on prices with its weights and its rule open: one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import InputError
from foresto_lab.metrics import SESSIONS_PER_YEAR
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.optimize.evaluators.portfolio_choices import PortfolioChoices
from foresto_lab.scenarios.simulation import Terms, _data_version, simulate
from foresto_lab.scenarios.span import Span

if TYPE_CHECKING:
    from foresto_lab.rebalancing import RebalancingRule
    from foresto_lab.scenarios.result import SimulationResult


@dataclass(frozen=True, eq=False)
class PortfolioSubject:
    """What is searched: a portfolio on prices, its weights and its rule left open.

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

    span: Span
    choices: PortfolioChoices
    terms: Terms
    cost_rate: float | None = None
    threads: int | None = None

    def with_parameters(self, given: Mapping[str, Any]) -> Self:
        """Return the same with other values in the base.

        Raises
        ------
        InputError
            There is no such parameter, or no such portfolio.
        """
        if not given:
            return self
        weights, rule = self.parts(given)
        return replace(self, choices=replace(self.choices, weights=weights, rule=rule))

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What may be searched."""
        return self.choices.parameters

    @property
    def n_bars(self) -> int:
        """Sessions."""
        return len(self.span.sessions)

    @property
    def periods_per_year(self) -> float:
        """Sessions in a year: 252."""
        return SESSIONS_PER_YEAR

    @property
    def warm_up(self) -> int:
        """0: a portfolio is invested on its first session."""
        return 0

    def describe(self) -> dict[str, Any]:
        """Return what is searched, JSON-ready; see ``Evaluator``."""
        rule, terms = self.choices.rule, self.terms
        kind = "buy_and_hold" if rule is None else str(rule.type).lower()
        sessions = self.span.sessions
        return {
            "kind": "portfolio",
            "family": f"portfolio:{kind}:{','.join(sorted(self.choices.weights))}",
            "weights": dict(self.choices.weights),
            "normalised": self.choices.normalised,
            "rule": None if rule is None else rule.to_dict(),
            "cost_rate": self.cost_rate,
            "initial_amount": terms.initial_amount,
            "calendar": terms.calendar.name,
            "execution": str(terms.execution),
            "periods_per_year": self.periods_per_year,
            "data": {
                "symbols": list(self.choices.weights),
                "timeframe": "1d",
                "bars": self.n_bars,
                "first": str(sessions[0]),
                "last": str(sessions[-1]),
                "version": sha256_of({"prices": _data_version(self.span.table)}),
            },
        }

    def run(
        self, parameters: Mapping[str, Any], *, span: BarSpan | None = None
    ) -> SimulationResult:
        """Return the whole simulation of one combination.

        Raises
        ------
        InputError
            The combination cannot be run; it says why.
        """
        import pandas as pd

        weights, rule = self.parts(parameters)
        table = self.part(span).table
        index = pd.DatetimeIndex(table.sessions.astype("datetime64[s]"), name="date")
        prices = pd.DataFrame(table.prices, index=index, columns=list(table.assets))
        return simulate(
            prices,
            weights,
            rule,
            self.cost_rate,
            initial_amount=self.terms.initial_amount,
            calendar=self.terms.calendar.name,
            execution=self.terms.execution,
        )

    def refusal(self, parameters: Mapping[str, Any]) -> str | None:
        """Return why a combination cannot be run, None if it can."""
        try:
            self.parts(parameters)
        except InputError as error:
            return str(error)
        return None

    def exact_name(self, name: str) -> str:
        """Return a parameter's name; UnknownNameError if there is none."""
        self.choices.require([name])
        return name

    def parts(
        self, parameters: Mapping[str, Any]
    ) -> tuple[dict[str, float], RebalancingRule | None]:
        """Return the weights and the rule of one combination.

        Raises
        ------
        InputError
            There is no such parameter, or no such portfolio.
        """
        given = Combinations.of([dict(parameters)])
        self.choices.require(given.names)
        weights, sound = self.choices.weights_of(given)
        if not sound[0] or not weights.any():
            raise InputError(
                message=f"{dict(parameters)} are no weights: each must be 0 or more, "
                "one above 0, and together at most 1 unless they are scaled."
            )
        named = dict(zip(self.choices.weights, weights[0].tolist(), strict=True))
        return named, self.choices.rule_of(dict(parameters))

    def part(self, span: BarSpan | None) -> Span:
        """Return the prices of a span of sessions, at least two."""
        if span is None:
            return self.span
        if not 0 <= span.first < span.last <= self.n_bars or len(span) < 2:
            raise InputError(
                message=f"Sessions {span.first} to {span.last} are asked for; there "
                f"are 0 to {self.n_bars}, and a portfolio needs two of them at least."
            )
        table = self.span.table.rows(span.first, span.last)
        return Span(table, self.span.calendar, self.span.findings)

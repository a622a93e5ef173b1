"""Outcomes and what they rest on, put together to a result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from foresto_lab.findings import Finding
from foresto_lab.scenarios.forward.draws import Draws
from foresto_lab.scenarios.forward.future_sessions import MONTHS, YEAR_SESSIONS
from foresto_lab.scenarios.forward.methods import Method
from foresto_lab.scenarios.forward.result import ForwardResult
from foresto_lab.scenarios.forward.tables import (
    Outcomes,
    fan_table,
    path_table,
    shown_paths,
    summary_figures,
)
from foresto_lab.scenarios.span import Span
from foresto_lab.types import Severity

if TYPE_CHECKING:
    from foresto_lab.scenarios.forward.accounts import AccountTerms
    from foresto_lab.scenarios.market_facts import MarketFacts
    from foresto_lab.scenarios.simulation import Terms

DEFAULT_CURRENCY: Final = "KRW"
SHORT_HISTORY: Final = 5.0
"""Years of history below which a reader is told that it is short."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What was asked, checked and complete."""

    weights: Mapping[str, float]
    method: Method
    terms: Terms
    account: AccountTerms
    market: MarketFacts | None
    seed: int
    goal: float | None
    inflation: float

    def request(self, n_months: int, n_paths: int) -> dict[str, Any]:
        """Return everything that was asked as plain values."""
        rule = self.terms.rule
        return {
            "weights": dict(self.weights),
            "rebalancing": None if rule is None else rule.to_dict(),
            "initial_amount": self.terms.initial_amount,
            "execution": str(self.terms.execution),
            "months": n_months,
            "paths": n_paths,
            "method": self.method.to_dict(),
            "seed": self.seed,
            "goal": self.goal,
            "inflation": self.inflation,
            **self.account.to_dict(),
            "market": None if self.market is None else self.market.to_dict(),
        }


def assemble(
    outcomes: Outcomes,
    asked: Assumptions,
    span: Span,
    draws: Draws,
    *,
    findings: tuple[Finding, ...],
    simulated: bool,
) -> ForwardResult:
    """Return the result of a forward simulation, in today's money where asked."""
    real = deflated(outcomes, asked.inflation)
    fan = fan_table(real, asked.goal)
    by_path = path_table(real)
    n_months = len(fan) - 1
    figures = summary_figures(fan, by_path, asked.goal)
    market = asked.market
    return ForwardResult(
        fan=fan,
        outcomes=by_path,
        sample=shown_paths(real),
        summary=pd.Series(figures, dtype=object, name="summary"),
        request=asked.request(n_months, len(by_path)),
        weights=dict(asked.weights),
        rule=asked.terms.rule,
        method=asked.method,
        initial_amount=asked.terms.initial_amount,
        goal=asked.goal,
        inflation=asked.inflation,
        seed=asked.seed,
        history_start=str(span.sessions[0]),
        history_end=str(span.sessions[-1]),
        n_returns=len(span.sessions) - 1,
        block_length=draws.block_length,
        data_version=span.table.checksum,
        cashflows=asked.account.flows,
        currency=DEFAULT_CURRENCY if market is None else market.base_currency,
        findings=(
            *span.findings,
            *findings,
            *history_findings(span, n_months / MONTHS, draws),
        ),
        simulated=simulated,
        growth=outcomes.growth,
    )


def deflated(outcomes: Outcomes, inflation: float) -> Outcomes:
    """Return the outcomes in today's money; as they are without inflation."""
    if inflation == 0.0:
        return outcomes
    months = np.arange(len(outcomes.navs))
    level = ((1.0 + inflation) ** (months / MONTHS))[:, None]
    return replace(outcomes, navs=outcomes.navs / level, growth=outcomes.growth / level)


def history_findings(span: Span, years: float, draws: Draws) -> tuple[Finding, ...]:
    """Return what a reader should know of the history that futures are drawn from."""
    findings = []
    known = (len(span.sessions) - 1) / YEAR_SESSIONS
    if known < SHORT_HISTORY:
        findings.append(
            Finding(
                code="SHORT_HISTORY",
                severity=Severity.WARNING,
                where="prices",
                message=f"{years:g} years of futures are drawn from {known:.1f} years "
                "of history: what did not happen then cannot happen in them.",
                fix="Load a longer history, or state means and volatilities with "
                "fl.Parametric.",
                count=len(span.sessions) - 1,
            )
        )
    longest = draws.block_length
    if not math.isnan(longest) and longest > len(draws.growth) / 10:
        findings.append(
            Finding(
                code="LONG_BLOCKS",
                severity=Severity.WARNING,
                where="method",
                message=f"A block of {longest:.0f} days on average is over a tenth of "
                f"the {len(draws.growth)} days of history: futures repeat long "
                "stretches of it.",
                fix="Choose a shorter block_length, or load a longer history.",
            )
        )
    return tuple(findings)

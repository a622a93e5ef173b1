"""The account walk beside the plain one, on the same prices, in the same run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

import foresto_lab as fl
from foresto_lab import engine
from foresto_lab.market import get_calendar
from foresto_lab.rebalancing import RebalancingRule
from foresto_lab.rebalancing.cashflows import no_flows, parse_cashflows
from foresto_lab.rebalancing.costs import CostModel
from foresto_lab.scenarios.account_arguments import account_arguments
from foresto_lab.scenarios.market_facts import MarketFacts
from foresto_lab.scenarios.span import parse_span
from tests.benchmarks.bench_simulation import (
    ASSETS,
    BAND,
    MONTHLY,
    WEIGHTS,
    kernel_call,
    twenty_years,
)
from tests.benchmarks.harness import Measurement, Options, best_of

TRADING = (
    fl.Commission(0.00015, minimum=10)
    + fl.HalfSpread(0.0005)
    + fl.CurrencyConversion(0.001)
    + fl.TransactionTax()
    + fl.MarketImpact(1.0)
)
LOTS = fl.CapitalGainsTax(0.22, allowance=2_500)
AT_SALE = fl.CapitalGainsTax(0.22, settlement="SALE")
AVERAGE = fl.CapitalGainsTax(0.22, method="AVERAGE")
FEE = fl.ManagementFee(0.005)


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the account's measurements; the bound is three times the plain kernel."""
    del options
    prices = twenty_years()
    facts = MarketFacts(
        markets=dict.fromkeys(ASSETS, "KOSPI"), traded_value=prices * 0 + 1e9
    )
    for name, rule in (("monthly", MONTHLY), ("drift band", BAND)):
        plain = best_of(kernel_call(prices, rule))
        for what, model, flows in (
            ("no costs", CostModel(), None),
            ("trading costs", TRADING, None),
            ("trading costs, FIFO lots", TRADING + LOTS, None),
            ("trading costs, average lots", TRADING + AVERAGE, None),
            ("trading costs, FIFO lots, tax at the sale", TRADING + AT_SALE, None),
            ("those and a monthly fee", TRADING + LOTS + FEE, None),
            ("those and a contribution a month", TRADING + LOTS + FEE, "+9/MONTHLY"),
        ):
            call = account_call(prices, rule, model, facts, flows)
            bound = None if flows else 3 * plain
            yield Measurement(
                f"account kernel, {name}, {what}",
                best_of(call),
                bound,
                {"plain kernel": plain},
            )
    yield Measurement(
        "fl.simulate, monthly, trading costs, lots, fee, contributions",
        best_of(
            lambda: fl.simulate(
                prices,
                WEIGHTS,
                MONTHLY,
                costs=TRADING + LOTS + FEE,
                cashflows="+9/MONTHLY",
                market=facts,
            )
        ),
        50e-3,
    )
    yield Measurement(
        "fl.simulate, withdrawals until ruin",
        best_of(
            lambda: fl.simulate(prices, WEIGHTS, MONTHLY, cashflows="-9000/MONTHLY")
        ),
        10e-3,
    )


def account_call(
    prices: pd.DataFrame,
    rule: RebalancingRule,
    model: CostModel,
    facts: MarketFacts,
    flows: str | None,
) -> Any:
    """Return a call of the account kernel alone, path, events and ledger written."""
    calendar = get_calendar("XKRX")
    span = parse_span(prices, ASSETS, calendar)
    plan = parse_cashflows(flows)
    n = len(span.sessions)
    arguments = account_arguments(
        rule.schedule(span.sessions, calendar),
        model.on(facts.on(prices, span.sessions, ASSETS, "XKRX")),
        no_flows(n) if plan is None else plan.on(span.sessions, calendar),
        np.array([[*WEIGHTS.values(), 0.0]]),
        np.zeros(n, dtype=np.int64),
        at_next_close=False,
        whole_shares=False,
    )
    out = (
        np.empty(n),
        np.empty(n),
        np.empty(engine.N_LEDGER),
        np.empty((5, n)),
        np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.int64),
        np.empty((n, 4)),
        np.empty((n, 2, 5)),
        np.empty((n, engine.N_LEDGER)),
        np.empty((n, engine.N_LEDGER)),
    )
    given = (span.table.prices.T, *arguments.in_order(1e6), *out)
    return lambda: engine.account_kernel(*given)

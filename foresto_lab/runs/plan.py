"""From what a caller names to a complete, normalised simulation request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import (
    DateRangeError,
    InputError,
    RebalancingDisabledError,
    UnknownNameError,
)
from foresto_lab.runs.money import DEFAULT_CURRENCY, plan_money
from foresto_lab.runs.request import SimulationRequest
from foresto_lab.runs.trading_terms import (
    plain_flows,
    plan_costs,
    plan_markets,
    price_field,
)
from foresto_lab.types import AssetClass, Execution

if TYPE_CHECKING:
    from foresto_lab.rebalancing import RebalancingRule
    from foresto_lab.runs.protocols import Catalog
    from foresto_lab.scenarios import Instrument, Scenario
    from foresto_lab.scenarios.portfolio import Portfolio

CUSTOM = "CUSTOM"


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """A request with the definitions it was made from."""

    request: SimulationRequest
    scenario: Scenario | None
    rule: RebalancingRule | None
    simulated: bool
    """Whether any instrument's prices are simulated, not real."""
    currency: str = DEFAULT_CURRENCY
    """What the portfolio is counted in."""

    @property
    def name(self) -> str:
        """The scenario's or the portfolio's name, or CUSTOM."""
        return self.request.name or CUSTOM

    @property
    def snapshots(self) -> dict[str, Any]:
        """The definitions used, as they were."""
        scenario, asked = self.scenario, self.request.portfolio
        return {
            "scenario": None if scenario is None else scenario.to_dict(),
            "rule": None if self.rule is None else self.rule.to_dict(),
            "rule_label": None if self.rule is None else self.rule.label,
            "simulated": self.simulated,
            "currency": self.currency,
            **({} if asked is None else {"portfolio": dict(asked)}),
        }


def plan_simulation(
    portfolio: str | Scenario | Portfolio | Mapping[str, float],
    *,
    catalog: Catalog,
    start: str | date | None = None,
    end: str | date | None = None,
    initial_amount: float = 1_000_000,
    rebalancing: RebalancingRule | Mapping[str, Any] | str | None = None,
    instruments: Mapping[str, str] | None = None,
    calendar: str | None = None,
    execution: str = "close",
    costs: Any = None,
    cashflows: Any = None,
    whole_shares: bool = False,
    base_currency: str | None = None,
    exchange_rates: Mapping[str, str] | None = None,
    hedged: Sequence[str] | str = (),
    use_rebalancing: bool = True,
    use_scenario_db: bool = True,
) -> SimulationPlan:
    """Return the request that a caller's words stand for.

    Names are resolved without case; an asset class becomes the instrument that
    ``instruments`` or the catalog's map gives it; the calendar is the instruments' own,
    and so is the currency where they share one.

    Raises
    ------
    UnknownNameError
        A scenario, rule or asset class is not known.
    RebalancingDisabledError
        A rule is given while rebalancing is off.
    DateRangeError
        A date cannot be read, or start lies after end.
    """
    scenario = resolve_scenario(portfolio, catalog, use_scenario_db=use_scenario_db)
    own = _own_portfolio(portfolio)
    weights = scenario.weights if scenario else _custom_weights(portfolio)
    rule = _resolve_rule(rebalancing, catalog)
    if rule is not None and not use_rebalancing:
        raise RebalancingDisabledError(rule=rule.label)
    first, last = parse_date(start, "start"), parse_date(end, "end")
    if first and last and first > last:
        raise DateRangeError(
            message=f"start {first} lies after end {last}. Swap them, or correct one.",
            start=first,
            end=last,
        )
    symbols = _resolve_symbols(weights, instruments or {}, catalog)
    known = {item.symbol: item for item in catalog.instruments()}
    money = plan_money(
        symbols,
        known,
        base_currency=base_currency,
        exchange_rates=exchange_rates,
        hedged=hedged,
    )
    model = plan_costs(costs)
    request = SimulationRequest(
        scenario=scenario.name if scenario else None,
        weights=weights,
        instruments=symbols,
        start=first,
        end=last,
        initial_amount=float(initial_amount),
        rebalancing=None if rule is None else rule.to_dict(),
        calendar=calendar or _common_calendar(symbols, known),
        execution=_parse_execution(execution),
        price_field=price_field(model, whole_shares=whole_shares),
        costs=None if model is None else model.to_dict(),
        cashflows=plain_flows(cashflows),
        whole_shares=bool(whole_shares),
        base_currency=money.base_currency,
        currencies=money.currencies,
        exchange_rates=money.exchange_rates,
        hedged=money.hedged,
        markets=plan_markets(model, money.currencies, symbols, known),
        portfolio=None if own is None else own.to_dict(),
    )
    simulated = any(known[s].simulated for s in symbols.values() if s in known)
    return SimulationPlan(request, scenario, rule, simulated, money.counted_in)


def resolve_scenario(
    portfolio: str | Scenario | Portfolio | Mapping[str, float],
    catalog: Catalog,
    *,
    use_scenario_db: bool = True,
) -> Scenario | None:
    """Return the scenario that is meant, or None for plain weights."""
    from foresto_lab.scenarios import BUILT_IN_SCENARIOS, Scenario

    if isinstance(portfolio, Scenario):
        return portfolio
    if not isinstance(portfolio, str):
        return None
    if use_scenario_db:
        return catalog.scenario(portfolio)
    built_in = {scenario.name: scenario for scenario in BUILT_IN_SCENARIOS}
    if portfolio.upper() not in built_in:
        raise UnknownNameError(
            kind="scenario", given=portfolio, allowed=tuple(built_in)
        )
    return built_in[portfolio.upper()]


def _resolve_rule(
    given: RebalancingRule | Mapping[str, Any] | str | None, catalog: Catalog
) -> RebalancingRule | None:
    """Return the rule that is meant: by name, as its ``to_dict``, or itself."""
    if isinstance(given, str):
        return catalog.rule(given)
    if isinstance(given, Mapping):
        from foresto_lab.rebalancing import parse_rule

        return parse_rule(given)
    return given


def _own_portfolio(portfolio: object) -> Portfolio | None:
    from foresto_lab.scenarios.portfolio import Portfolio

    return portfolio if isinstance(portfolio, Portfolio) else None


def _custom_weights(portfolio: object) -> Mapping[str, float]:
    from foresto_lab.scenarios.portfolio import Portfolio
    from foresto_lab.scenarios.weights import parse_weights

    if isinstance(portfolio, Portfolio):
        return portfolio.nominal_weights
    if isinstance(portfolio, Mapping):
        parsed = parse_weights(portfolio)
        return {str(label): weight for label, weight in parsed.items()}
    raise InputError(
        message="A portfolio is the name of a scenario or a portfolio, a Scenario, a "
        f"Portfolio, or a mapping of symbol to weight, not {portfolio!r}."
    )


def _resolve_symbols(
    weights: Mapping[str, float], given: Mapping[str, str], catalog: Catalog
) -> dict[str, str]:
    """Return the symbol behind each label of a portfolio."""
    unknown = [label for label in given if label not in weights]
    if unknown:
        raise UnknownNameError(
            kind="asset in instruments=", given=unknown[0], allowed=tuple(weights)
        )
    classes = {str(asset_class) for asset_class in AssetClass}
    mapped = catalog.instrument_map()
    symbols: dict[str, str] = {}
    for label in weights:
        if label in given:
            symbols[label] = given[label]
        elif label in classes and label in mapped:
            symbols[label] = mapped[label]
        else:
            symbols[label] = label
    return symbols


def _common_calendar(
    symbols: Mapping[str, str], known: Mapping[str, Instrument]
) -> str:
    """Return the calendar that the instruments share; XKRX for unknown ones."""
    calendars = sorted(
        {known[s].calendar if s in known else "XKRX" for s in symbols.values()}
    )
    if len(calendars) > 1:
        raise InputError(
            message=f"The instruments trade on different calendars "
            f"({', '.join(calendars)}). Say which one the rebalancing follows with "
            f"calendar=..., for example calendar={calendars[0]!r}."
        )
    return calendars[0]


def _parse_execution(given: object) -> Execution:
    try:
        return Execution(str(given))
    except ValueError:
        raise UnknownNameError(
            kind="execution", given=given, allowed=tuple(map(str, Execution))
        ) from None


def parse_date(value: str | date | None, parameter: str) -> date | None:
    """Return a date from an ISO string, a date or a timestamp; None stays None."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise DateRangeError(
            message=f"{parameter} is {value!r}, which is not a date. "
            f"Write it as YYYY-MM-DD, for example 2024-12-31."
        ) from None

"""Every portfolio check: a case that fires it and one that does not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import PreflightError
from foresto_lab.preflight import PORTFOLIO_CHECKS, PortfolioInputs, check_portfolio
from foresto_lab.rebalancing import Drift, Hybrid, Periodic
from foresto_lab.types import Severity


def two_years() -> pd.DataFrame:
    index = pd.bdate_range("2022-01-03", "2023-12-28", name="date")
    steps = np.arange(len(index))
    return pd.DataFrame(
        {"equity": 100.0 + steps, "bond": 50.0 + steps / 10}, index=index
    )


def inputs(**changes: object) -> PortfolioInputs:
    base: dict[str, object] = {
        "subject": "TEST",
        "weights": {"equity": 0.6, "bond": 0.4},
        "symbols": {"equity": "069500", "bond": "152380"},
        "prices": two_years(),
        "loaded_symbols": (),
        "start": None,
        "end": None,
        "rule": None,
        "calendar": "XKRX",
        "simulated": False,
    }
    return PortfolioInputs(**{**base, **changes})  # type: ignore[arg-type]


def codes(given: PortfolioInputs) -> set[str]:
    return {finding.code for finding in check_portfolio(given).findings}


def test_a_sound_portfolio_has_no_findings() -> None:
    report = check_portfolio(inputs())
    assert report.passed
    assert report.findings == ()
    report.require_passed()


def test_a_held_asset_without_prices_stops_the_run_and_names_the_near_symbols() -> None:
    given = inputs(
        prices=two_years()[["equity"]],
        symbols={"equity": "069500", "bond": "15238"},
        loaded_symbols=("069500", "152380"),
    )
    (finding,) = check_portfolio(given).errors
    assert finding.code == "INSTRUMENT_NOT_LOADED"
    assert finding.where == "bond"
    assert finding.details["near"] == ("152380",)


def test_a_missing_exchange_rate_stops_the_run_and_says_how_to_load_it() -> None:
    given = inputs(missing_rates={"USD": "USDKRW"}, loaded_symbols=("USDKRM", "069500"))
    (finding,) = check_portfolio(given).errors
    assert finding.code == "EXCHANGE_RATE_NOT_LOADED"
    assert finding.where == "USD"
    assert finding.details == {"symbol": "USDKRW", "near": ("USDKRM",)}
    assert "foresto data load FILE --symbol USDKRW" in finding.fix


def test_an_asset_of_weight_zero_needs_no_prices() -> None:
    given = inputs(weights={"equity": 1.0, "bond": 0.0}, prices=two_years()[["equity"]])
    assert codes(given) == set()


@pytest.mark.parametrize(("rows", "fires"), [(0, True), (1, True), (2, False)])
def test_fewer_than_two_sessions_stop_the_run(rows: int, fires: bool) -> None:
    found = codes(inputs(prices=two_years().iloc[:rows]))
    assert ("NO_PRICES_IN_SPAN" in found) is fires


@pytest.mark.parametrize("price", [0.0, -1.0, np.nan, np.inf])
def test_a_price_that_is_none_stops_the_run(price: float) -> None:
    prices = two_years()
    prices.iloc[300, 1] = price
    (finding,) = check_portfolio(inputs(prices=prices)).errors
    assert finding.code == "PRICE_TABLE_REFUSED"
    assert finding.where == "bond"


def test_prices_that_end_before_the_end_asked_for_are_a_warning() -> None:
    (finding,) = check_portfolio(inputs(end=date(2024, 1, 5))).warnings
    assert finding.code == "END_NOT_REACHED"
    # XKRX sessions after 28 Dec 2023, a Thursday: the 29th and the first days of
    # January are a holiday (year end, New Year's Day), so 2, 3, 4 and 5 January.
    assert finding.count == 4


def test_an_end_on_a_holiday_is_reached_on_the_session_before() -> None:
    assert codes(inputs(end=date(2024, 1, 1))) == set()


@pytest.mark.parametrize(
    ("rule", "fires"),
    [
        (Periodic("ANNUAL"), True),
        (Hybrid(Periodic("ANNUAL"), Drift(0.05), "ANY"), True),
        (Periodic("MONTHLY"), False),
        (Drift(0.05), False),
        (None, False),
    ],
)
def test_a_rule_that_never_comes_due_is_a_warning(rule: object, fires: bool) -> None:
    quarter = two_years().loc["2022-02-03":"2022-04-29"]
    assert ("RULE_NEVER_DUE" in codes(inputs(prices=quarter, rule=rule))) is fires


@pytest.mark.parametrize(("sessions", "fires"), [(251, True), (252, False)])
def test_less_than_a_year_is_a_warning(sessions: int, fires: bool) -> None:
    found = codes(inputs(prices=two_years().iloc[:sessions]))
    assert ("SHORT_HISTORY" in found) is fires


def test_simulated_prices_are_told() -> None:
    (finding,) = check_portfolio(inputs(simulated=True)).info
    assert finding.code == "SIMULATED_PRICES"


def test_errors_raise_together_with_their_sentences() -> None:
    given = inputs(prices=two_years()[[]], loaded_symbols=("069500",))
    report = check_portfolio(given)
    with pytest.raises(PreflightError, match="cannot run as it is") as caught:
        report.require_passed()
    assert [f.where for f in caught.value.findings] == ["equity", "bond"]


def test_every_check_declares_its_code_and_says_what_it_is_for() -> None:
    for code, check in PORTFOLIO_CHECKS.items():
        assert check.code == code
        assert isinstance(check.severity, Severity)
        assert "Fires:" in (check.__doc__ or "")
        assert "Does not fire:" in (check.__doc__ or "")


def test_the_report_shows_itself_as_a_table_with_escaped_text() -> None:
    report = check_portfolio(inputs(subject="<b>", simulated=True))
    page = report._repr_html_()
    assert "&lt;b&gt;" in page
    assert "SIMULATED_PRICES" in page
    assert report.to_dict()["passed"] is True

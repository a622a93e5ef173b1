"""What every Catalog must do: one test per sentence of the protocol's contract.

A backend's test module subclasses ``CatalogContract`` and gives the fixtures
``catalog`` (of a new workspace, seeded) and ``reopen`` (another catalog on the same
data, as another process would have).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from foresto_lab.errors import InputError, UnknownNameError, WeightError
from foresto_lab.findings import Finding
from foresto_lab.market.protocols import LoadOutcome
from foresto_lab.rebalancing import Drift, Hybrid, Periodic, RebalancingRule
from foresto_lab.runs.protocols import Catalog
from foresto_lab.scenarios import Instrument, Scenario
from foresto_lab.types import Severity

LOADED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

# DESIGN section 4: MIN_VOL 15/45/25/10/5, DEFENSIVE 25/40/20/10/5, GROWTH 55/20/10/10/5
STATED_SCENARIOS = {
    "MIN_VOL": ("변동성 최소화", [0.15, 0.45, 0.25, 0.10, 0.05]),
    "DEFENSIVE": ("방어형", [0.25, 0.40, 0.20, 0.10, 0.05]),
    "GROWTH": ("성장형", [0.55, 0.20, 0.10, 0.10, 0.05]),
}
STATED_CLASSES = ["equity", "bond", "cash", "gold", "other"]

RULES: dict[str, RebalancingRule] = {
    "weekly": Periodic("WEEKLY", "LAST_TRADING_DAY", cost_rate=0.0),
    "annual": Periodic("ANNUAL", cost_rate=0.25),
    "wide": Drift(0.2, relative=True, to="band_edge", cost_rate=0.0015),
    "narrow": Drift(1e-9),
    "both": Hybrid(Periodic("MONTHLY"), Drift(0.03), "ALL"),
    "either": Hybrid(
        Periodic("SEMIANNUAL", cost_rate=0.0),
        Drift(0.1, cost_rate=0.01),
        "ANY",
        cost_rate=0.005,
    ),
}


def scenario(name: str = "HALF", **weights: float) -> Scenario:
    return Scenario(name, "반반", "Half", weights or {"gold": 0.5, "equity": 0.5})


class CatalogContract:
    """The tests; fixtures come from the subclass."""

    # --- seeds ------------------------------------------------------------------------

    def test_a_new_catalog_has_the_stated_scenarios(self, catalog: Catalog) -> None:
        found = {
            item.name: (item.name_ko, list(item.weights.values()))
            for item in catalog.scenarios()
        }
        assert found == STATED_SCENARIOS
        assert list(found) == list(STATED_SCENARIOS)
        for item in catalog.scenarios():
            assert list(item.weights) == STATED_CLASSES
            assert item.name_en

    def test_a_new_catalog_has_a_rule_of_each_kind(self, catalog: Catalog) -> None:
        rules = catalog.rules()
        assert list(rules) == ["MONTHLY", "QUARTERLY", "DRIFT_5", "HYBRID"]
        assert rules["MONTHLY"] == Periodic("MONTHLY")
        assert rules["QUARTERLY"] == Periodic("QUARTERLY")
        assert rules["DRIFT_5"] == Drift(0.05)
        assert isinstance(rules["HYBRID"], Hybrid)

    def test_a_new_catalog_maps_each_asset_class(self, catalog: Catalog) -> None:
        mapping = catalog.instrument_map()
        assert list(mapping) == STATED_CLASSES
        classes = {item.symbol: item.asset_class for item in catalog.instruments()}
        assert {classes[symbol]: symbol for symbol in mapping.values()} == mapping
        assert mapping["equity"] == "069500"

    # --- scenarios --------------------------------------------------------------------

    def test_a_scenario_comes_back_as_it_was_saved(
        self, catalog: Catalog, reopen: Callable[[], Catalog]
    ) -> None:
        given = Scenario(
            "TINY",
            "아주 작은",
            "Tiny",
            {"other": 1 / 3, "equity": 5e-324, "cash": 0.0, "bond": 0.1 + 0.2},
            description_ko="설명",
            description_en='It\'s 100% "quoted"; DROP TABLE',
            version="2.1.0-rc.1",
        )
        catalog.save_scenario(given)
        for view in (catalog, reopen()):
            seen = view.scenario("TINY")
            assert seen == given
            assert list(seen.weights.items()) == list(given.weights.items())

    def test_scenarios_are_listed_in_the_order_of_creation(
        self, catalog: Catalog
    ) -> None:
        catalog.save_scenario(scenario("ZEBRA"))
        catalog.save_scenario(scenario("ALPHA"))
        catalog.save_scenario(scenario("ZEBRA", gold=0.1))
        names = [item.name for item in catalog.scenarios()]
        assert names == [*STATED_SCENARIOS, "ZEBRA", "ALPHA"]

    def test_saving_replaces_the_scenario_of_this_name(self, catalog: Catalog) -> None:
        catalog.save_scenario(scenario("HALF"))
        replaced = scenario("Half", equity=0.25, cash=0.75)
        catalog.save_scenario(replaced)
        assert catalog.scenario("HALF") == replaced
        assert len(catalog.scenarios()) == 4

    def test_weights_may_change_places(self, catalog: Catalog) -> None:
        catalog.save_scenario(scenario(equity=0.9, bond=0.1))
        swapped = scenario(equity=0.1, bond=0.9)
        catalog.save_scenario(swapped)
        assert catalog.scenario("HALF") == swapped

    @pytest.mark.parametrize("name", ["min_vol", "MIN_VOL", "Min_Vol", " MIN_VOL "])
    def test_names_compare_without_case(self, catalog: Catalog, name: str) -> None:
        assert catalog.scenario(name).name == "MIN_VOL"

    def test_names_in_other_scripts_compare_without_case_too(
        self, catalog: Catalog
    ) -> None:
        catalog.save_scenario(scenario("ÉTÉ Ω"))
        assert catalog.scenario("été ω").name == "ÉTÉ Ω"

    def test_an_unknown_scenario_is_answered_with_the_near_ones(
        self, catalog: Catalog
    ) -> None:
        with pytest.raises(UnknownNameError, match="Did you mean MIN_VOL") as caught:
            catalog.scenario("MINVOL")
        assert caught.value.allowed == tuple(STATED_SCENARIOS)

    @pytest.mark.parametrize("name", ["", "   ", "x" * 65])
    def test_a_name_that_is_none_is_refused(self, catalog: Catalog, name: str) -> None:
        with pytest.raises(InputError, match="1 to 64 characters"):
            catalog.save_scenario(scenario(name))
        with pytest.raises(InputError, match="1 to 64 characters"):
            catalog.save_rule(name, Drift(0.05))
        assert len(catalog.scenarios()) == 3
        assert len(catalog.rules()) == 4

    @pytest.mark.parametrize(
        "weights", [{"equity": 0.6, "bond": 0.4 + 1e-8}, {"a": 0.4, "b": 0.4, "c": 0.4}]
    )
    def test_the_database_refuses_weights_over_one(
        self, catalog: Catalog, weights: dict[str, float]
    ) -> None:
        unchecked = scenario()
        object.__setattr__(unchecked, "weights", weights)
        with pytest.raises(WeightError, match=re.escape("sum exceeds 1.0")):
            catalog.save_scenario(unchecked)
        with pytest.raises(UnknownNameError):
            catalog.scenario("HALF")
        catalog.save_scenario(scenario())
        with pytest.raises(WeightError):
            catalog.save_scenario(unchecked)
        assert catalog.scenario("HALF") == scenario()

    def test_weights_of_one_are_allowed_with_their_rounding(
        self, catalog: Catalog
    ) -> None:
        tenths = {f"asset_{number}": 0.1 for number in range(10)}
        for weights in (tenths, {"equity": 1.0}, {"equity": 1 + 5e-10}, {"a": 0.0}):
            catalog.save_scenario(scenario(**weights))
            assert catalog.scenario("HALF").weights == weights

    # --- rules ------------------------------------------------------------------------

    @pytest.mark.parametrize("name", RULES)
    def test_a_rule_comes_back_as_it_was_saved(
        self, catalog: Catalog, reopen: Callable[[], Catalog], name: str
    ) -> None:
        catalog.save_rule(name, RULES[name])
        for view in (catalog, reopen()):
            assert view.rule(name.upper()) == RULES[name]
            assert view.rules()[name] == RULES[name]

    def test_saving_replaces_the_rule_of_this_name(self, catalog: Catalog) -> None:
        for rule in RULES.values():
            catalog.save_rule("mine", rule)
            assert catalog.rule("MINE") == rule
        assert list(catalog.rules())[4:] == ["mine"]

    def test_an_unknown_rule_is_answered_with_the_near_ones(
        self, catalog: Catalog
    ) -> None:
        with pytest.raises(UnknownNameError, match="Did you mean MONTHLY"):
            catalog.rule("MONTLY")

    # --- instruments ------------------------------------------------------------------

    def test_an_instrument_comes_back_as_it_was_saved(
        self, catalog: Catalog, reopen: Callable[[], Catalog]
    ) -> None:
        given = [
            Instrument("SPY", "에스피와이", "SPDR S&P 500", "equity", "USD", "XNYS"),
            Instrument("SIM_GOLD", "금", "Gold", "gold", simulated=True),
            Instrument("0000J0", "숫자와 글자", "Alphanumeric", "other"),
        ]
        catalog.save_instruments(given)
        for view in (catalog, reopen()):
            assert list(view.instruments())[-3:] == given

    def test_saving_replaces_the_instrument_of_this_symbol(
        self, catalog: Catalog
    ) -> None:
        before = len(catalog.instruments())
        catalog.save_instruments([Instrument("spy", "가", "A", "equity")])
        changed = Instrument("SPY", "나", "B", "other", "USD", "XNYS", simulated=True)
        catalog.save_instruments([changed])
        assert catalog.instruments()[-1] == changed
        assert len(catalog.instruments()) == before + 1

    def test_instruments_are_saved_all_or_none(self, catalog: Catalog) -> None:
        before = catalog.instruments()
        good, bad = Instrument("A", "가", "A", "equity"), Instrument("", "나", "B", "x")
        with pytest.raises(InputError):
            catalog.save_instruments([good, bad])
        assert catalog.instruments() == before

    def test_a_symbol_stands_for_an_asset_class_from_now_on(
        self, catalog: Catalog, reopen: Callable[[], Catalog]
    ) -> None:
        before = dict(catalog.instrument_map())
        catalog.map_instrument("equity", "SPY")
        catalog.map_instrument("Gold", "132030")
        expected = {**before, "equity": "SPY", "gold": "132030"}
        assert catalog.instrument_map() == reopen().instrument_map() == expected
        assert list(catalog.instrument_map()) == STATED_CLASSES

    def test_one_symbol_may_stand_for_two_classes(self, catalog: Catalog) -> None:
        catalog.map_instrument("cash", "152380")
        assert catalog.instrument_map()["cash"] == "152380"
        assert catalog.instrument_map()["bond"] == "152380"

    def test_a_known_symbol_is_mapped_in_its_own_spelling(
        self, catalog: Catalog
    ) -> None:
        catalog.save_instruments([Instrument("BRK.B", "버크셔", "Berkshire", "equity")])
        catalog.map_instrument("equity", "brk.b")
        assert catalog.instrument_map()["equity"] == "BRK.B"

    def test_an_unknown_asset_class_is_answered_with_the_near_ones(
        self, catalog: Catalog
    ) -> None:
        with pytest.raises(UnknownNameError, match="Did you mean equity"):
            catalog.map_instrument("equities", "SPY")

    # --- loads ------------------------------------------------------------------------

    def test_loads_are_listed_newest_first(
        self, catalog: Catalog, reopen: Callable[[], Catalog]
    ) -> None:
        finding = Finding(
            "JUMP",
            Severity.WARNING,
            "급등: 30 % 넘게 움직였습니다.",
            where="005930",
            count=3,
            samples=("2018-05-04",),
            details={"largest": 0.98, "session": "2018-05-04"},
        )
        catalog.record_load(
            source="prices.csv",
            checksum="ab" * 32,
            table="daily_price",
            outcome=LoadOutcome(10, 7, 2, 1, "v3"),
            findings=[finding],
            loaded_at=LOADED_AT,
            options={"encoding": "cp949", "adjusted": True, "columns": None},
        )
        catalog.record_load(
            source="bad.csv",
            checksum="cd" * 32,
            table="daily_price",
            outcome=None,
            findings=[],
            loaded_at=LOADED_AT + timedelta(seconds=1),
            options={},
        )
        history = reopen().load_history()
        assert history["source"].tolist() == ["bad.csv", "prices.csv"]
        assert history["status"].tolist() == ["refused", "loaded"]
        assert history["loaded_at"].tolist() == [
            pd.Timestamp(LOADED_AT + timedelta(seconds=1)),
            pd.Timestamp(LOADED_AT),
        ]
        loaded, refused = history.iloc[1], history.iloc[0]
        assert loaded["checksum"] == "ab" * 32
        assert loaded["table_name"] == "daily_price"
        counts = ["received", "inserted", "updated", "unchanged"]
        assert [loaded[f"rows_{name}"] for name in counts] == [10, 7, 2, 1]
        assert loaded["data_version"] == "v3"
        assert loaded["findings"] == [finding.to_dict()]
        assert loaded["options"] == {
            "encoding": "cp949",
            "adjusted": True,
            "columns": None,
        }
        assert refused["findings"] == []
        assert pd.isna(refused["rows_received"])
        assert pd.isna(refused["data_version"])

    def test_the_last_load_of_each_source_is_found(
        self, catalog: Catalog, reopen: Callable[[], Catalog]
    ) -> None:
        loads = (
            ("yfinance:SPY", "daily_price", "loaded", {"symbol": "SPY", "first": "1"}),
            ("fdr:005930", "daily_price", "loaded", {"symbol": "005930"}),
            ("yfinance:SPY", "daily_price", "loaded", {"symbol": "SPY", "first": "2"}),
            ("yfinance:SPY", "daily_price", "refused", {"symbol": "SPY", "first": "3"}),
            ("ccxt:x:BTC:1h", "candles_history", "loaded", {"symbol": "BTC"}),
        )
        for second, (source, table, status, options) in enumerate(loads):
            catalog.record_load(
                source=source,
                checksum="ab" * 32,
                table=table,
                outcome=LoadOutcome(1, 1, 0, 0, "v1") if status == "loaded" else None,
                findings=[],
                loaded_at=LOADED_AT + timedelta(seconds=second),
                options=options,
            )
        assert list(reopen().last_loads("daily_price")) == [loads[2][3], loads[1][3]]
        assert list(catalog.last_loads("candles_history")) == [{"symbol": "BTC"}]
        assert list(catalog.last_loads("daily_return")) == []

    def test_a_new_catalog_has_no_loads(self, catalog: Catalog) -> None:
        history = catalog.load_history()
        assert len(history) == 0
        assert {"loaded_at", "source", "status", "findings"} <= set(history.columns)

    # --- any number at once -----------------------------------------------------------

    def test_threads_lose_nothing(self, catalog: Catalog) -> None:
        def save(number: int) -> None:
            catalog.save_scenario(scenario(f"THREAD_{number}", equity=number / 100))
            catalog.save_rule(f"rule_{number}", Drift(0.01 + number / 1000))
            catalog.save_instruments([Instrument(f"S{number}", "가", "A", "equity")])
            catalog.scenario(f"thread_{number}")

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(save, range(24)))
        saved = {item.name: dict(item.weights) for item in catalog.scenarios()}
        for number in range(24):
            assert saved[f"THREAD_{number}"] == {"equity": number / 100}
        assert len(catalog.rules()) == 4 + 24
        assert len(catalog.instruments()) == 5 + 24

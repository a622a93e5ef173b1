"""What every DefinitionRegistry must do: one test per sentence of its contract.

A backend's test module subclasses ``RegistryContract`` and gives the fixtures
``registry`` (of a new workspace) and ``reopen`` (another registry on the same data, as
another process would have).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from foresto_lab.errors import (
    ForestoError,
    InactiveError,
    UnknownNameError,
    VersionTakenError,
)
from foresto_lab.registry import (
    DefinitionKind,
    DefinitionRegistry,
    RegisteredDefinition,
    parse_definition,
)

STRATEGY, INDICATOR = DefinitionKind.STRATEGY, DefinitionKind.INDICATOR
PORTFOLIO = DefinitionKind.PORTFOLIO
RULES = {
    "indicators": [{"name": "rsi", "params": {"period": 14}}],
    "buyConditions": [{"left": "rsi", "operator": "<", "right": 30}],
    "sellConditions": [{"left": "rsi", "operator": ">", "right": 70.5}],
}


def strategy(
    name: str = "Dip", version: str = "1.0.0", right: float = 30, **more: Any
) -> RegisteredDefinition:
    bought = [{"left": "rsi", "operator": "<", "right": right}]
    content = {**RULES, "buyConditions": bought}
    return parse_definition("strategy", name, version, content, source="json", **more)


def indicator(name: str = "twice", version: str = "1.0.0") -> RegisteredDefinition:
    return parse_definition(
        "indicator",
        name,
        version,
        {"outputs": ["twice"]},
        source="python",
        code="def compute(close):\n    return close * 2\n",
    )


def portfolio(
    name: str = "Core", version: str = "1.0.0", equity: float = 0.6, **more: Any
) -> RegisteredDefinition:
    content = {
        "sleeves": {
            "equity": {"weight": equity, "instruments": {"SPY": 0.3, "069500": 0.7}},
            "bond": {"weight": 1.0 - equity, "instruments": {"TLT": 1.0}},
        },
        "weighting": None,
        "uninvested": 0.0,
        "description": "한국과 미국",
    }
    return parse_definition("portfolio", name, version, content, source="json", **more)


class RegistryContract:
    """The tests; fixtures come from the subclass."""

    # --- versions ---------------------------------------------------------------------

    def test_what_is_saved_reads_back(
        self,
        registry: DefinitionRegistry,
        reopen: Callable[[], DefinitionRegistry],
    ) -> None:
        given = strategy(tags=["slow", "한국"], metadata={"by": "김", "n": [1, 2.5]})
        registry.save(given)
        kept = reopen().find(STRATEGY, "Dip", "1.0.0")
        assert kept.content == given.content
        assert list(kept.content) == list(RULES)
        assert (kept.name, kept.version, kept.source) == ("Dip", "1.0.0", "json")
        assert kept.tags == ("slow", "한국")
        assert kept.metadata == {"by": "김", "n": [1, 2.5]}
        assert kept.checksum == given.checksum
        assert kept.is_active
        assert kept.deactivated_at is None
        assert kept.registered_at is not None

    def test_code_reads_back(self, registry: DefinitionRegistry) -> None:
        registry.save(indicator())
        kept = registry.find(INDICATOR, "twice")
        assert kept.code == "def compute(close):\n    return close * 2\n"
        assert kept.content == {"parameters": {}, "outputs": ["twice"], "warm_up": {}}

    def test_a_portfolio_reads_back_with_the_order_of_its_instruments(
        self,
        registry: DefinitionRegistry,
        reopen: Callable[[], DefinitionRegistry],
    ) -> None:
        given = portfolio(tags=["long"], metadata={"by": "김"})
        registry.save(given)
        kept = reopen().find(PORTFOLIO, "CORE")
        assert kept.content == given.content
        sleeves = kept.content["sleeves"]
        assert list(sleeves) == ["equity", "bond"]
        assert list(sleeves["equity"]["instruments"]) == ["SPY", "069500"]
        assert kept.checksum == given.checksum
        assert (kept.code, kept.tags, kept.metadata) == (None, ("long",), {"by": "김"})

    def test_a_portfolios_version_never_changes_and_is_never_deleted(
        self, registry: DefinitionRegistry
    ) -> None:
        first = registry.save(portfolio())
        assert registry.save(portfolio()) == first
        with pytest.raises(VersionTakenError, match=r"Portfolio.*1\.0\.1"):
            registry.save(portfolio(equity=0.5))
        registry.save(portfolio(version="1.1.0", equity=0.5))
        assert registry.find(PORTFOLIO, "core").version == "1.1.0"
        off = registry.set_active(PORTFOLIO, "Core", "1.1.0", active=False)
        assert off.deactivated_at is not None
        assert registry.find(PORTFOLIO, "core").version == "1.0.0"
        assert registry.find(PORTFOLIO, "core", "1.1.0").content == off.content
        registry.set_active(PORTFOLIO, "Core", "1.0.0", active=False)
        with pytest.raises(InactiveError, match="foresto portfolios activate Core@"):
            registry.find(PORTFOLIO, "Core")
        assert len(registry.versions(PORTFOLIO, "core")) == 2
        told = registry.describe(PORTFOLIO, "core", "1.0.0", tags=["old"])
        assert told.tags == ("old",)

    def test_names_compare_without_case(self, registry: DefinitionRegistry) -> None:
        registry.save(strategy("Dip"))
        registry.save(strategy("DIP", "1.1.0", 25))
        assert [v.name for v in registry.versions(STRATEGY, "dip")] == ["Dip", "Dip"]
        with pytest.raises(VersionTakenError):
            registry.save(strategy("dIP", "1.0.0", 20))

    def test_the_same_content_again_changes_nothing(
        self, registry: DefinitionRegistry
    ) -> None:
        first = registry.save(strategy(tags=["first"]))
        assert registry.save(strategy(tags=["second"])) == first
        assert registry.definitions() == (first,)

    def test_other_content_under_a_version_is_refused(
        self, registry: DefinitionRegistry
    ) -> None:
        registry.save(strategy())
        registry.save(strategy(version="1.9.0", right=31))
        registry.save(strategy(version="1.10.0", right=32))
        with pytest.raises(VersionTakenError, match=r"1\.10\.1") as caught:
            registry.save(strategy(right=33))
        assert caught.value.facts["next_version"] == "1.10.1"
        assert registry.find(STRATEGY, "Dip", "1.0.0").checksum == strategy().checksum

    def test_a_strategy_and_an_indicator_may_share_a_name(
        self, registry: DefinitionRegistry
    ) -> None:
        registry.save(strategy("twice"))
        registry.save(indicator("twice"))
        assert registry.find(STRATEGY, "twice").kind is STRATEGY
        assert registry.find(INDICATOR, "twice").kind is INDICATOR

    def test_the_newest_is_the_highest_by_number_not_by_text(
        self, registry: DefinitionRegistry
    ) -> None:
        # semver.org, item 11: 1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-beta.2
        # < 1.0.0-beta.11 < 1.0.0-rc.1 < 1.0.0
        stated = [
            *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11"),
            *("1.0.0-rc.1", "1.0.0", "1.9.0", "1.10.0"),
        ]
        for place, version in enumerate(reversed(stated)):
            registry.save(strategy(version=version, right=place))
        assert [v.version for v in registry.versions(STRATEGY, "Dip")] == stated
        assert registry.find(STRATEGY, "Dip").version == "1.10.0"

    # --- activity ---------------------------------------------------------------------

    def test_an_inactive_version_is_only_found_by_its_version(
        self, registry: DefinitionRegistry
    ) -> None:
        registry.save(strategy())
        registry.save(strategy(version="2.0.0", right=20))
        off = registry.set_active(STRATEGY, "dip", "2.0.0", active=False)
        assert not off.is_active
        assert off.deactivated_at is not None
        assert registry.find(STRATEGY, "Dip").version == "1.0.0"
        assert registry.find(STRATEGY, "Dip", "2.0.0") == off
        assert [v.version for v in registry.definitions()] == ["1.0.0"]
        everything = registry.definitions(include_inactive=True)
        assert [v.version for v in everything] == ["1.0.0", "2.0.0"]
        on = registry.set_active(STRATEGY, "Dip", "2.0.0", active=True)
        assert on.is_active
        assert on.deactivated_at is None
        assert registry.find(STRATEGY, "Dip").version == "2.0.0"

    def test_no_active_version_is_said(self, registry: DefinitionRegistry) -> None:
        registry.save(strategy())
        registry.set_active(STRATEGY, "Dip", "1.0.0", active=False)
        with pytest.raises(InactiveError, match=r"1\.0\.0"):
            registry.find(STRATEGY, "Dip")

    # --- finding ----------------------------------------------------------------------

    def test_unknown_names_are_answered_with_the_near_ones(
        self, registry: DefinitionRegistry
    ) -> None:
        registry.save(strategy("Momentum"))
        with pytest.raises(UnknownNameError, match="Momentum"):
            registry.find(STRATEGY, "Momentun")
        with pytest.raises(UnknownNameError, match=r"1\.0\.0"):
            registry.find(STRATEGY, "Momentum", "1.0.1")
        with pytest.raises(UnknownNameError):
            registry.versions(INDICATOR, "Momentum")

    @pytest.mark.parametrize(
        "name",
        ["", "'; DROP TABLE strategies", "a\0b", "%", "_", "../x", "n" * 500],
    )
    def test_hostile_names_are_unknown(
        self, registry: DefinitionRegistry, name: str
    ) -> None:
        registry.save(strategy())
        with pytest.raises(UnknownNameError):
            registry.find(STRATEGY, name)
        with pytest.raises(UnknownNameError):
            registry.find(STRATEGY, "Dip", name)
        assert registry.find(STRATEGY, "Dip").version == "1.0.0"

    def test_lists_by_kind_text_and_tags(self, registry: DefinitionRegistry) -> None:
        registry.save(strategy("Alpha", tags=["fast", "kr"]))
        registry.save(strategy("Beta", tags=["Fast"], metadata={"by": "Lee"}))
        registry.save(strategy("gamma"))
        registry.save(indicator("alphabet"))

        def names(**wanted: Any) -> list[str]:
            return [item.name for item in registry.definitions(**wanted)]

        assert names() == ["alphabet", "Alpha", "Beta", "gamma"]
        assert names(kind=STRATEGY) == ["Alpha", "Beta", "gamma"]
        assert names(text="ALPHA") == ["alphabet", "Alpha"]
        assert names(text="lee") == ["Beta"]
        assert names(text="%") == []
        assert names(tags=["fast"]) == ["Alpha", "Beta"]
        assert names(tags=["fast", "kr"]) == ["Alpha"]

    def test_tags_and_metadata_are_no_content(
        self, registry: DefinitionRegistry
    ) -> None:
        before = registry.save(strategy(tags=["old"]))
        after = registry.describe(
            STRATEGY, "dip", "1.0.0", tags=["b", "a", "b"], metadata={"z": 1, "a": 2}
        )
        assert after.tags == ("a", "b")
        assert list(after.metadata) == ["a", "z"]
        assert after.checksum == before.checksum
        assert registry.find(STRATEGY, "Dip") == after

    # --- many at once -----------------------------------------------------------------

    def test_several_are_saved_whole_or_not_at_all(
        self, registry: DefinitionRegistry
    ) -> None:
        registry.save(strategy("Old"))
        with pytest.raises(VersionTakenError):
            registry.save_all([strategy("New"), strategy("Old", right=1)])
        assert [item.name for item in registry.definitions()] == ["Old"]
        saved = registry.save_all([strategy("New"), strategy("Old")])
        assert list(saved) == [True, False]

    def test_of_two_that_save_one_version_one_wins(
        self,
        registry: DefinitionRegistry,
        reopen: Callable[[], DefinitionRegistry],
    ) -> None:
        others = [reopen() for _ in range(4)]

        def save(number: int) -> str:
            try:
                others[number % 4].save(strategy(right=number // 2))
            except ForestoError as error:
                return type(error).__name__
            return "saved"

        with ThreadPoolExecutor(8) as pool:
            said = list(pool.map(save, range(16)))
        assert sorted(set(said)) == ["VersionTakenError", "saved"]
        assert said.count("saved") == 2  # the winner and its twin of the same content
        assert len(registry.versions(STRATEGY, "Dip")) == 1

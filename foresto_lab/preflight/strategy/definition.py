"""The strategy as it was given, parsed; or what stands against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import ForestoError, StrategyError
from foresto_lab.findings import Finding, errors_in
from foresto_lab.types import Severity

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorCatalog, IndicatorUse
    from foresto_lab.strategies.json_strategy import JsonStrategy
    from foresto_lab.strategies.protocols import Strategy


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A strategy, or why there is none.

    Parameters
    ----------
    name : str
        What to call it in a report.
    strategy : Strategy, optional
        None where an error-level finding stands against it.
    conditions : JsonStrategy, optional
        The strategy in the JSON language, where it can be said in it.
    warm_ups : mapping
        Bars without a value at the front, by column.
    settling : int
        Bars until the last of its indicators has forgotten where it started.
    uses : tuple of IndicatorUse
        The indicators it names; ``without_output`` names those that give no column.
    """

    name: str
    findings: tuple[Finding, ...] = ()
    strategy: Strategy | None = None
    conditions: JsonStrategy | None = None
    warm_ups: Mapping[str, int] = field(default_factory=dict)
    settling: int = 0
    uses: tuple[IndicatorUse, ...] = ()
    without_output: frozenset[str] = frozenset()


def parse_definition(given: Any, catalog: IndicatorCatalog | None) -> Definition:
    """Return the strategy of whatever was given; nothing is raised."""
    try:
        if isinstance(given, Exception):
            raise given
        return _parse(given, catalog)
    except StrategyError as error:
        return Definition(_name_of(given), tuple(error.findings))
    except Exception as error:
        finding = Finding(
            code="STRATEGY_UNREADABLE",
            severity=Severity.ERROR,
            message=_sentence(error),
            where=_name_of(given),
            fix="Give a strategy, its JSON, a built-in name, or a .json file.",
        )
        return Definition(_name_of(given), (finding,))


def _parse(given: Any, catalog: IndicatorCatalog | None) -> Definition:
    from foresto_lab.strategies.json_definition import check_definition
    from foresto_lab.strategies.parsing import parse_strategy

    if isinstance(given, Mapping) and given.get("source") != "built_in":
        findings = tuple(check_definition(given, catalog))
        if errors_in(findings):
            return Definition(_name_of(given), findings)
    if isinstance(given, str) and given.casefold().endswith(".json"):
        given = Path(given)
    strategy = parse_strategy(given, catalog=catalog)
    findings = getattr(strategy, "findings", ())
    return _described(strategy, _in_json(strategy, catalog), findings, catalog)


def _in_json(
    strategy: Strategy, catalog: IndicatorCatalog | None
) -> JsonStrategy | None:
    """Return a strategy in the JSON language, or None where it cannot be said in it."""
    from foresto_lab.strategies.json_strategy import JsonStrategy

    if isinstance(strategy, JsonStrategy):
        return strategy
    try:
        say: Any = getattr(strategy, "to_json", dict)
        return JsonStrategy.from_dict(say(), catalog=catalog)
    except Exception:  # Python code, whose conditions are its own
        return None


def _described(
    strategy: Strategy,
    conditions: JsonStrategy | None,
    findings: tuple[Finding, ...],
    catalog: IndicatorCatalog | None,
) -> Definition:
    """Return the definition with what its indicators say of themselves."""
    uses = tuple(strategy.indicators)
    warm_ups: dict[str, int] = {}
    settling = 0
    without_output = set()
    if uses:
        known = catalog or _catalog_of(strategy)
        for use in uses:
            indicator = known.get(use.name)
            label = _label(use)
            warm_ups[label] = int(indicator.warm_up(use.params))
            settling = max(settling, int(indicator.settling(use.params)))
            if not indicator.outputs:
                without_output.add(use.name)
    return Definition(
        name=str(strategy.name) or _name_of(strategy),
        findings=findings,
        strategy=strategy,
        conditions=conditions,
        warm_ups=warm_ups,
        settling=settling,
        uses=uses,
        without_output=frozenset(without_output),
    )


def _catalog_of(strategy: Strategy) -> IndicatorCatalog:
    """Return the indicators that a strategy was read with."""
    from foresto_lab.indicators import built_in_indicators
    from foresto_lab.strategies.json_strategy import JsonStrategy

    if isinstance(strategy, JsonStrategy):
        return strategy.definition.columns.catalog
    return built_in_indicators()


def _label(use: IndicatorUse) -> str:
    """Return an indicator with its numbers: ``rsi(14)``."""
    numbers = ", ".join(f"{value}" for value in use.params.values())
    return f"{use.alias or use.name}({numbers})"


def _name_of(given: Any) -> str:
    """Return what to call whatever was given, however odd it is."""
    if isinstance(given, Mapping):
        name = given.get("name")
        return name[:80] if isinstance(name, str) and name else "strategy"
    if isinstance(given, str | Path):
        return str(given)[-80:]
    if isinstance(given, Exception):
        return "strategy"
    name = getattr(given, "name", None)
    return name[:80] if isinstance(name, str) and name else type(given).__name__


def _sentence(error: Exception) -> str:
    text = str(error)[:2_000]
    if isinstance(error, ForestoError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

"""From the JSON of a strategy to its frozen definition, or to what is amiss with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import InputError
from foresto_lab.findings import Finding
from foresto_lab.registry.names import parse_name
from foresto_lab.registry.version import SemanticVersion
from foresto_lab.strategies.column_sources import (
    ColumnSources,
    parse_indicators,
)
from foresto_lab.strategies.condition_parser import ConditionParser
from foresto_lab.strategies.conditions import Condition, column_reach
from foresto_lab.strategies.finding_list import FindingList
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.risk_block import parse_risk_block, snake_case
from foresto_lab.strategies.wording import shown

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorCatalog, IndicatorUse

BLOCKS: Final = (
    "buyConditions",
    "sellConditions",
    "shortConditions",
    "coverConditions",
)
"""The blocks of conditions: enter long, leave long, enter short, leave short."""

_KEYS: Final = {
    snake_case(key): key
    for key in ("name", "version", "description", "indicators", *BLOCKS, "risk")
}
_IGNORED: Final = ("tags", "metadata", "comment", "source")
DEFAULT_NAME: Final = "unnamed"
DEFAULT_VERSION: Final = "1.0.0"


@dataclass(frozen=True, slots=True)
class JsonDefinition:
    """A strategy of the JSON language, read.

    Parameters
    ----------
    name, version, description : str
    columns : ColumnSources
        Which indicator gives which column.
    blocks : mapping of block to condition
        Those of ``BLOCKS`` that were given.
    risk : Risk
    """

    name: str
    version: str
    description: str
    columns: ColumnSources
    blocks: Mapping[str, Condition]
    risk: Risk

    @property
    def reach(self) -> Mapping[str, int]:
        """How many bars back the conditions look at each column."""
        reach: dict[str, int] = {}
        for condition in self.blocks.values():
            for name, back in column_reach(condition).items():
                reach[name] = max(reach.get(name, 0), back)
        return reach

    def to_dict(self) -> dict[str, Any]:
        """Return the strategy as the language writes it, in its one normal form."""
        written: dict[str, Any] = {"name": self.name, "version": self.version}
        if self.description:
            written["description"] = self.description
        written["indicators"] = self.columns.to_list()
        for block, condition in self.blocks.items():
            written[block] = _block_to_json(condition)
        limits = self.risk.to_dict()
        return {**written, "risk": limits} if limits else written


def check_definition(
    given: object, catalog: IndicatorCatalog | None = None
) -> list[Finding]:
    """Return everything amiss with the JSON of a strategy; nothing is raised.

    Parameters
    ----------
    given : object
        What was read from JSON, of any type and depth.
    catalog : IndicatorCatalog, optional
        The indicators it may use; by default the built-in ones.
    """
    return list(read_definition(given, catalog)[1])


def read_definition(
    given: object, catalog: IndicatorCatalog | None = None
) -> tuple[JsonDefinition | None, tuple[Finding, ...]]:
    """Return the definition, None if it has errors, and every finding."""
    findings = FindingList()
    definition = _Reading(findings, catalog or _built_in_catalog()).read(given)
    return (None if findings.has_errors else definition), findings.all


def _built_in_catalog() -> IndicatorCatalog:
    from foresto_lab.indicators import built_in_indicators

    return built_in_indicators()


class _Reading:
    """One pass over the JSON of a strategy."""

    def __init__(self, findings: FindingList, catalog: IndicatorCatalog) -> None:
        self._findings = findings
        self._catalog = catalog
        self._paths: dict[str, str] = {}

    def read(self, given: object) -> JsonDefinition | None:
        if not isinstance(given, Mapping):
            self._findings.error(
                "STRATEGY_MALFORMED",
                "",
                f"a strategy came as {shown(given)}, and must be a mapping.",
                'Write {"indicators": [...], "buyConditions": [...], '
                '"sellConditions": [...]}.',
            )
            return None
        values = self._read_keys(given)
        columns = parse_indicators(
            values.get("indicators", []),
            self._path("indicators"),
            self._catalog,
            self._findings,
        )
        parser = ConditionParser(
            self._findings,
            lambda name, path: columns.resolve(name, path, self._findings),
        )
        blocks = {
            block: parser.parse_block(values[block], self._path(block))
            for block in BLOCKS
            if block in values
        }
        risk = Risk()
        if "risk" in values:
            risk = parse_risk_block(values["risk"], self._path("risk"), self._findings)
        self._check_exits(values, risk)
        definition = JsonDefinition(
            name=self._read_text(values, "name", DEFAULT_NAME, parse_name),
            version=self._read_text(values, "version", DEFAULT_VERSION, _version),
            description=self._read_text(values, "description", "", _description),
            columns=columns,
            blocks={
                block: condition
                for block, condition in blocks.items()
                if condition is not None
            },
            risk=risk,
        )
        self._check_unused(definition)
        return definition

    def _read_keys(self, given: Mapping[Any, Any]) -> dict[str, Any]:
        """Return the values that are given, by the language's own keys."""
        values: dict[str, Any] = {}
        for key, value in given.items():
            if key in _IGNORED:
                continue
            known = _KEYS.get(snake_case(key)) if isinstance(key, str) else None
            if known is None:
                self._findings.unknown(
                    "STRATEGY_KEY_UNKNOWN",
                    "",
                    "key of a strategy",
                    key if isinstance(key, str) else shown(key),
                    _KEYS.values(),
                )
            elif known in self._paths:
                self._findings.error(
                    "STRATEGY_MALFORMED", key, f"{known} is given twice.", "Keep one."
                )
            elif value is not None and not (known in BLOCKS and value in ([], ())):
                self._paths[known] = key
                values[known] = value
        return values

    def _path(self, key: str) -> str:
        return self._paths.get(key, key)

    def _read_text(
        self,
        values: Mapping[str, Any],
        key: str,
        default: str,
        parse: Callable[[str], str],
    ) -> str:
        given = values.get(key, default)
        if not isinstance(given, str) or len(given) > 10_000:
            self._findings.error(
                "STRATEGY_MALFORMED",
                self._path(key),
                f"it is {shown(given)}, and must be a text.",
            )
            return default
        try:
            return parse(given)
        except InputError as error:
            self._findings.error("STRATEGY_MALFORMED", self._path(key), str(error))
            return default

    def _check_exits(self, values: Mapping[str, Any], risk: Risk) -> None:
        buys, shorts = "buyConditions" in values, "shortConditions" in values
        if not buys and not shorts:
            self._findings.error(
                "NO_ENTRY",
                "buyConditions",
                "there is neither a buyConditions nor a shortConditions with a "
                "condition in it, so no position is ever entered.",
                "Add buyConditions.",
            )
        if buys and "sellConditions" not in values:
            self._missing_exit("sellConditions", "long", risk, reversed_by=shorts)
        if shorts and "coverConditions" not in values:
            self._missing_exit("coverConditions", "short", risk, reversed_by=buys)

    def _missing_exit(
        self, block: str, side: str, risk: Risk, *, reversed_by: bool
    ) -> None:
        code = "SELL" if block == "sellConditions" else "COVER"
        code = f"{code}_CONDITIONS_MISSING"
        if reversed_by:
            self._findings.info(
                code, block, f"a {side} position is closed by the opposite entry."
            )
        elif risk.can_close:
            self._findings.info(
                code, block, f"a {side} position is closed by the risk block alone."
            )
        else:
            self._findings.error(
                code,
                block,
                f"nothing ever closes a {side} position: there is no {block}, no "
                "entry on the other side, and no stop in the risk block.",
                f'Add {block}, or a stop such as "risk": {{"stopLossPercent": 2}}.',
            )

    def _check_unused(self, definition: JsonDefinition) -> None:
        if self._findings.has_errors:
            return
        used = definition.columns.places_of(definition.reach)
        for place, use in enumerate(definition.columns.uses):
            if place not in used:
                self._findings.warning(
                    "INDICATOR_UNUSED",
                    f"{self._path('indicators')}[{place}]",
                    f"no condition looks at what {use.name} gives.",
                    "Take it out, or use one of its columns: "
                    f"{', '.join(definition.columns.names_of(place))}.",
                )


def _description(text: str) -> str:
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise InputError(
            message="it holds a NUL character or half of a surrogate pair, which no "
            "store keeps. Take it out."
        )
    return text


def _version(text: str) -> str:
    return str(SemanticVersion.parse(text))


def _block_to_json(condition: Condition) -> Any:
    written = condition.to_dict()
    return written.get("all", [written])


def used_indicators(definition: JsonDefinition) -> tuple[IndicatorUse, ...]:
    """Return the indicators whose columns the conditions look at."""
    used = definition.columns.places_of(definition.reach)
    return tuple(
        use for place, use in enumerate(definition.columns.uses) if place in used
    )

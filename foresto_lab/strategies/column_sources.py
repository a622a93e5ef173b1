"""Which column comes from which indicator, and what is amiss with their list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import UnknownNameError
from foresto_lab.strategies.finding_list import FindingList
from foresto_lab.strategies.wording import shown

if TYPE_CHECKING:
    from foresto_lab.indicators import (
        Indicator,
        IndicatorCatalog,
        IndicatorUse,
    )
    from foresto_lab.market.candle_table import CandleTable
    from foresto_lab.types import Float64Array1D

CANDLE_COLUMNS: Final = ("open", "high", "low", "close", "volume")
MAX_INDICATORS: Final = 200

_KEYS: Final = ("name", "params", "as", "comment")
_ALIAS: Final = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class ColumnSources:
    """The columns that a list of indicators gives, each by every name it answers to.

    Parameters
    ----------
    uses : tuple of IndicatorUse
        The indicators in the order given.
    catalog : IndicatorCatalog
    sources : mapping of name to a list of (place in uses, output)
        Several sources of one name make it ambiguous.
    is_whole : bool
        False where an indicator could not be read: an unknown column may be its.
    """

    uses: tuple[IndicatorUse, ...]
    catalog: IndicatorCatalog
    sources: Mapping[str, Sequence[tuple[int, str]]]
    is_whole: bool = True

    @classmethod
    def of(
        cls,
        uses: Sequence[IndicatorUse],
        catalog: IndicatorCatalog,
        *,
        is_whole: bool = True,
    ) -> ColumnSources:
        """Return the columns of indicators that have been checked."""
        sources: dict[str, list[tuple[int, str]]] = {}
        for place, use in enumerate(uses):
            indicator = catalog.get(use.name)
            names = list(zip(use.columns(catalog), indicator.outputs, strict=True))
            numbered = use.numbered_name(indicator)
            if numbered:
                names.append((numbered, indicator.outputs[0]))
            for name, output in names:
                sources.setdefault(name, []).append((place, output))
        return cls(tuple(uses), catalog, sources, is_whole)

    def resolve(self, name: str, path: str, findings: FindingList) -> str | None:
        """Return the exact name of a column; None after a finding."""
        exact = self._exact(name)
        if exact in CANDLE_COLUMNS:
            return exact
        sources = self.sources.get(exact, ())
        if not sources:
            self._report_unknown(name, path, findings)
            return None
        if len({self._content(place, output) for place, output in sources}) == 1:
            return exact
        findings.error(
            "COLUMN_AMBIGUOUS",
            path,
            f"{exact!r} is given by {len(sources)} indicators: "
            f"{', '.join(f'indicators[{place}]' for place, _ in sources)}.",
            'Tell them apart by "as", or by their numbers: '
            f"{', '.join(self.names_of(sources[0][0])[-1:])}.",
        )
        return None

    def values(
        self, table: CandleTable, names: Iterable[str]
    ) -> dict[str, Float64Array1D]:
        """Compute columns by name; an indicator used twice is computed once.

        Columns of the candles are views.
        """
        computed: dict[Any, Mapping[str, Float64Array1D]] = {}
        columns: dict[str, Float64Array1D] = {}
        for name in names:
            if name in CANDLE_COLUMNS:
                columns[name] = table.column(name)
                continue
            place, output = self.sources[name][0]
            use, key = self.uses[place], self._content(place)
            if key not in computed:
                indicator = self.catalog.get(use.name)
                computed[key] = indicator.compute(table, use.params)
            columns[name] = computed[key][output]
        return columns

    def warm_up(self, name: str) -> int:
        """Return how many bars at the front have no value of a column."""
        if name in CANDLE_COLUMNS:
            return 0
        use = self.uses[self.sources[name][0][0]]
        return self.catalog.get(use.name).warm_up(use.params)

    def places_of(self, names: Iterable[str]) -> set[int]:
        """Return the places in ``uses`` that columns come from."""
        return {self.sources[name][0][0] for name in names if name in self.sources}

    def names_of(self, place: int) -> tuple[str, ...]:
        """Return the names of an indicator's columns."""
        return tuple(
            name
            for name, sources in self.sources.items()
            if any(source == place for source, _ in sources)
        )

    def siblings_of(self, name: str) -> tuple[str, ...]:
        """Return the names that the indicator of a column gives."""
        return self.names_of(self.sources[name][0][0])

    def to_list(self) -> list[dict[str, Any]]:
        """Return the indicators as the language writes them."""
        return [
            {
                "name": use.name,
                "params": dict(use.params),
                **({"as": use.alias} if use.alias else {}),
            }
            for use in self.uses
        ]

    def _content(self, place: int, output: str = "") -> tuple[Any, ...]:
        use = self.uses[place]
        params = self.catalog.get(use.name).parse_params(use.params)
        return (use.name, *params.items(), output)

    def _exact(self, name: str) -> str:
        if name in self.sources or name in CANDLE_COLUMNS:
            return name
        spelled = {known.casefold(): known for known in self.sources}
        spelled.update({known: known for known in CANDLE_COLUMNS})
        return spelled.get(name.casefold(), name)

    def _report_unknown(self, name: str, path: str, findings: FindingList) -> None:
        if not self.is_whole:
            return
        if name.casefold() in self.catalog.names():
            findings.error(
                "COLUMN_UNKNOWN",
                path,
                f"{name!r} is an indicator that the strategy does not list.",
                f'Add {{"name": "{name.casefold()}"}} to indicators.',
            )
            return
        known = (*self.sources, *CANDLE_COLUMNS)
        findings.unknown("COLUMN_UNKNOWN", path, "column", name, known)


def parse_indicators(
    given: object, path: str, catalog: IndicatorCatalog, findings: FindingList
) -> ColumnSources:
    """Return the columns of the indicators that could be read."""
    if not isinstance(given, Sequence) or isinstance(given, (str, bytes)):
        findings.error(
            "INDICATOR_MALFORMED",
            path,
            f"it is {shown(given)}, and must be a list of indicators.",
            'Write [{"name": "rsi", "params": {"timeperiod": 14}}].',
        )
        return ColumnSources.of((), catalog, is_whole=False)
    if len(given) > MAX_INDICATORS:
        findings.error(
            "INDICATOR_MALFORMED",
            path,
            f"there are {len(given):,} indicators; a strategy may have "
            f"{MAX_INDICATORS}.",
        )
    uses = [
        _parse_use(use, f"{path}[{place}]", catalog, findings)
        for place, use in enumerate(given[:MAX_INDICATORS])
    ]
    found = [use for use in uses if use is not None]
    return ColumnSources.of(found, catalog, is_whole=len(found) == len(uses))


def _parse_use(
    given: object, path: str, catalog: IndicatorCatalog, findings: FindingList
) -> IndicatorUse | None:
    from foresto_lab.indicators import IndicatorUse

    named = {"name": given} if isinstance(given, str) else given
    if not isinstance(named, Mapping) or not isinstance(named.get("name"), str):
        findings.error(
            "INDICATOR_MALFORMED",
            path,
            f"it is {shown(given)}, and must be a mapping with a name.",
            'Write {"name": "rsi", "params": {"timeperiod": 14}}.',
        )
        return None
    for key in named:
        if key not in _KEYS:
            findings.unknown(
                "INDICATOR_MALFORMED", path, "key of an indicator", str(key)[:80], _KEYS
            )
    try:
        indicator = catalog.get(named["name"])
    except UnknownNameError:
        findings.unknown(
            "INDICATOR_UNKNOWN",
            f"{path}.name",
            "indicator",
            named["name"],
            catalog.names(),
        )
        return None
    alias = _parse_alias(named.get("as"), f"{path}.as", findings)
    params = _parse_params(named.get("params"), f"{path}.params", indicator, findings)
    if params is None:
        return None
    return IndicatorUse(indicator.name, params, alias)


def _parse_alias(given: object, path: str, findings: FindingList) -> str | None:
    if given is None:
        return None
    if isinstance(given, str) and _ALIAS.fullmatch(given):
        if given.casefold() not in CANDLE_COLUMNS:
            return given
        message = f"{given!r} is a column of the candles."
    else:
        message = f"it is {shown(given)}, and must be a name."
    findings.error(
        "INDICATOR_MALFORMED",
        path,
        message,
        "Write letters, digits and _, a letter first, such as rsi_fast.",
    )
    return None


def _parse_params(
    given: object, path: str, indicator: Indicator, findings: FindingList
) -> dict[str, Any] | None:
    """Return the parameters by their exact names; None after a finding."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        findings.error(
            "INDICATOR_MALFORMED",
            path,
            f"it is {shown(given)}, and must be a mapping of names to numbers.",
            'Write {"timeperiod": 14}.',
        )
        return None
    params: dict[str, Any] = {}
    is_whole = True
    for key, value in given.items():
        parameter = indicator.find_parameter(key)
        if parameter is None or parameter.name in params:
            is_whole = False
            _report_parameter(key, path, indicator, findings, is_known=bool(parameter))
            continue
        problem = parameter.problem_of(value)
        if problem:
            is_whole = False
            findings.error(
                "PARAMETER_WRONG",
                f"{path}.{key}",
                f"{parameter.name} of {indicator.name} is {shown(value)}, and must be "
                f"{problem}.",
            )
            continue
        params[parameter.name] = parameter.parse(value)
    return params if is_whole else None


def _report_parameter(
    key: object,
    path: str,
    indicator: Indicator,
    findings: FindingList,
    *,
    is_known: bool,
) -> None:
    if is_known:
        findings.error(
            "PARAMETER_WRONG", f"{path}.{key}", "it is given twice.", "Keep one."
        )
        return
    findings.unknown(
        "PARAMETER_UNKNOWN",
        path,
        f"parameter of {indicator.name}",
        key if isinstance(key, str) else shown(key),
        [parameter.name for parameter in indicator.parameters],
    )

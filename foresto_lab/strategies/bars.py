"""The candles as a Python strategy sees them: columns and indicators by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import InputError, StrategyError
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.strategies.column_sources import CANDLE_COLUMNS, ColumnSources
from foresto_lab.strategies.finding_list import FindingList
from foresto_lab.types import Float64Array1D

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorCatalog, IndicatorUse


class Bars:
    """Candles and the indicators that a strategy declares, one value per bar.

    >>> bars["close"], bars["rsi"]                       # doctest: +SKIP
    >>> bars.indicator("sma", timeperiod=20)             # doctest: +SKIP

    Columns are read-only arrays of float64, NaN in an indicator's warm-up, and are
    computed when they are first asked for.

    Parameters
    ----------
    table : CandleTable
    uses : sequence of IndicatorUse
        The indicators that can be asked for by name.
    catalog : IndicatorCatalog, optional
        By default the built-in indicators.
    """

    def __init__(
        self,
        table: CandleTable,
        uses: Sequence[IndicatorUse] = (),
        catalog: IndicatorCatalog | None = None,
    ) -> None:
        self.table = table
        self._uses = tuple(uses)
        self._catalog = catalog or _built_in_catalog()
        self._indicators = ColumnSources.of(self._uses, self._catalog)
        self._computed: dict[str, Float64Array1D] = {}
        self._asked: dict[str, Float64Array1D] = {}

    def __len__(self) -> int:
        """Return the number of bars."""
        return len(self.table)

    def __getitem__(self, name: str) -> Float64Array1D:
        """Return a column of the candles or of a declared indicator.

        Raises
        ------
        StrategyError
            No column has this name, or several indicators give it.
        """
        if name in CANDLE_COLUMNS:
            return self.table.column(name)
        if name not in self._asked:
            exact = self._resolve(name)
            if exact not in self._computed:
                siblings = self._indicators.siblings_of(exact)
                self._computed.update(self._indicators.values(self.table, siblings))
            self._asked[name] = _read_only(self._computed[exact])
        return self._asked[name]

    def indicator(
        self, name: str, *, output: str | None = None, **params: Any
    ) -> Float64Array1D:
        """Return an indicator that the strategy did not declare.

        Declared indicators count for ``min_candles`` and the warm-up checks, these do
        not: declare what a signal depends on.

        Parameters
        ----------
        name : str
        output : str, optional
            Which of its outputs; the first by default.
        params
            As the indicator takes them.
        """
        from foresto_lab.indicators import IndicatorUse

        chosen = self._catalog.get(name)
        columns = ColumnSources.of(
            [IndicatorUse(chosen.name, params, "asked")], self._catalog
        )
        outputs = chosen.outputs
        if output is not None and output not in outputs:
            raise InputError(
                message=f"{name} has no output {output!r}; it has {', '.join(outputs)}."
            )
        wanted = columns.names_of(0)[outputs.index(output) if output else 0]
        return _read_only(columns.values(self.table, [wanted])[wanted])

    @property
    def looked_at(self) -> dict[str, Float64Array1D]:
        """The indicator columns that were asked for so far."""
        return dict(self._asked)

    def _resolve(self, name: str) -> str:
        findings = FindingList()
        exact = self._indicators.resolve(name, f"candles[{name!r}]", findings)
        if exact is None:
            raise StrategyError(strategy="", findings=findings.all)
        return exact


def _built_in_catalog() -> IndicatorCatalog:
    from foresto_lab.indicators import built_in_indicators

    return built_in_indicators()


def _read_only(column: Float64Array1D) -> Float64Array1D:
    view = column.view()
    view.setflags(write=False)
    return view

"""A library's frame of daily prices to the canonical table, and what was noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from foresto_lab.errors import NothingGivenError, UnreadableAnswerError
from foresto_lab.findings import Finding
from foresto_lab.market.protocols import DAILY_PRICE_FIELDS
from foresto_lab.types import Severity

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("open", "high", "low", "close", "volume")
_SAMPLES = 5


@dataclass(slots=True)
class DailyFrameReader:
    """Reads one frame; collects what a person should know of it.

    Parameters
    ----------
    provider, symbol : str
    columns : mapping of field to column
        What the library calls each field. All of them must be there, but
        ``adj_close``.
    """

    provider: str
    symbol: str
    columns: Mapping[str, str]
    findings: list[Finding] = field(default_factory=list)

    def read(self, frame: pd.DataFrame, start: date, end: date) -> pa.Table:
        """Return the rows from start to end, ascending and unique by date.

        Dates are the exchange's own: of an index with a time zone, its local dates.

        Raises
        ------
        NothingGivenError
            There is no row from start to end.
        UnreadableAnswerError
            A column is missing, holds no numbers, or a date has two different rows.
        """
        if frame is None or not len(frame):
            raise nothing_given(self.provider, self.symbol, start, end)
        rows = self._numbers(frame).set_index(self._dates(frame)).sort_index()
        first, last = str(start), str(end)
        rows = rows[(rows.index >= first) & (rows.index <= last)]
        rows = self._unique(rows)
        rows = self._with_close(rows)
        if not len(rows):
            raise nothing_given(self.provider, self.symbol, start, end)
        return self._table(self._without_halt_prices(rows))

    def _dates(self, frame: pd.DataFrame) -> pd.DatetimeIndex:
        import pandas as pd

        index = frame.index
        if not isinstance(index, pd.DatetimeIndex) or index.hasnans:
            raise self._unreadable("its rows are not named by dates.")
        local = index.tz_localize(None) if index.tz is not None else index
        return local.normalize().rename("date")

    def _numbers(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the fields as float64, NaN where there is none."""
        import pandas as pd

        missing = [
            name
            for field_name, name in self.columns.items()
            if name not in frame.columns and field_name in REQUIRED
        ]
        if missing:
            given = ", ".join(str(name) for name in frame.columns) or "none"
            raise self._unreadable(
                f"the columns {', '.join(missing)} are missing; it gave {given}."
            )
        held = {f: n for f, n in self.columns.items() if n in frame.columns}
        try:
            return pd.DataFrame(
                {
                    name: pd.to_numeric(frame[column]).to_numpy("float64")
                    for name, column in held.items()
                }
            )
        except (TypeError, ValueError):
            raise self._unreadable("a column holds what is no number.") from None

    def _unique(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Leave out rows given twice; two different rows of a date are no answer."""
        again = rows.index.duplicated(keep="first")
        if not again.any():
            return rows
        whole = rows.reset_index()
        same = whole.duplicated(keep="first").to_numpy()
        if (again & ~same).any():
            day = rows.index[again & ~same][0]
            raise self._unreadable(f"it gave two different rows for {day:%Y-%m-%d}.")
        self._note(
            "DUPLICATE_ROWS",
            Severity.INFO,
            "Rows that were given twice, equal in every value, were taken once.",
            rows.index[again],
        )
        return rows[~again]

    def _with_close(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Leave out rows without a close: the provider has no price of that day."""
        empty = rows["close"].isna().to_numpy()
        if empty.any():
            self._note(
                "ROWS_WITHOUT_CLOSE",
                Severity.WARNING,
                "Rows without a close were left out; they are asked for again with the "
                "next update.",
                rows.index[empty],
            )
        return rows[~empty]

    def _without_halt_prices(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Empty the zeros that Korean sources write for days on which it was halted."""
        names = ["open", "high", "low"]
        still = (rows["volume"] == 0) & (rows["close"] > 0)
        halted = (still & (rows[names] == 0).all(axis=1)).to_numpy()
        if not halted.any():
            return rows
        self._note(
            "HALT_PRICES_EMPTIED",
            Severity.WARNING,
            "Days without trading have a close but zeros for open, high and low; these "
            "were taken as missing.",
            rows.index[halted],
        )
        emptied = rows.copy()
        emptied.loc[halted, names] = float("nan")
        return emptied

    def _table(self, rows: pd.DataFrame) -> pa.Table:
        if "adj_close" not in rows:
            rows = rows.assign(adj_close=rows["close"])
        days = pa.array(rows.index.to_numpy().astype("M8[D]"), pa.date32())
        codes = pa.array([0] * len(rows), pa.int32())
        columns = {
            name: pa.array(rows[name].to_numpy(), pa.float64(), from_pandas=True)
            for name in DAILY_PRICE_FIELDS
        }
        symbols = pa.DictionaryArray.from_arrays(codes, pa.array([self.symbol]))
        return pa.table({"symbol": symbols, "date": days, **columns})

    def _unreadable(self, reason: str) -> UnreadableAnswerError:
        return UnreadableAnswerError(
            provider=self.provider,
            symbol=self.symbol,
            reason=reason,
            fix="The provider or its library changed: update the library, or load a "
            "file in the meantime (`foresto data load`).",
        )

    def _note(
        self, code: str, severity: Severity, message: str, days: pd.Index[Any]
    ) -> None:
        self.findings.append(
            Finding(
                code=code,
                severity=severity,
                message=message,
                where=self.symbol,
                count=len(days),
                samples=tuple(f"{day:%Y-%m-%d}" for day in days[:_SAMPLES]),
            )
        )


def nothing_given(
    provider: str, symbol: str, start: date, end: date, reason: str = ""
) -> NothingGivenError:
    """Return the error of a symbol without rows; ``reason`` in the provider's words."""
    said = f" ({reason.strip().rstrip('.')})" if reason.strip() else ""
    return NothingGivenError(
        provider=provider,
        symbol=symbol,
        reason=f"it has no prices from {start} to {end}{said}.",
        fix="It may be unknown there, renamed or delisted; look up how the provider "
        "writes it.",
    )

"""The table of trades: the latest as HTML, all of them as data beside it.

The page's script sorts them, turns pages and offers them as a CSV file. Where no script
runs, in a notebook say, the latest trades are what is shown.
"""

from __future__ import annotations

import base64
import gzip
import json
from html import escape
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from foresto_lab.figures.backtest_path import (
    currency_of_backtest,
    is_intraday,
    strategy_name,
)
from foresto_lab.figures.column_packing import GZIPPED_ABOVE
from foresto_lab.labels import MISSING, count, label, percent, ratio
from foresto_lab.reports.blocks import Block
from foresto_lab.reports.tables import Cell, table

if TYPE_CHECKING:
    from foresto_lab.backtest import BacktestResult

ROWS: Final = 12
_SHOWN: Final = {
    "symbol": "text",
    "side": "word",
    "entry_time": "text",
    "entry_price": "price",
    "exit_time": "text",
    "exit_price": "price",
    "exit_reason": "word",
    "quantity": "quantity",
    "pnl": "money",
    "return_rate": "percent",
    "bars_held": "count",
}
"""The columns of the table, and how each is written."""
_NUMBERS: Final = frozenset({"price", "quantity", "money", "percent", "count"})
_TONED: Final = frozenset({"pnl", "return_rate"})


def trades(result: BacktestResult, *, language: str = "ko") -> Block:
    """Return the trades, the latest first; every column of all of them as CSV."""
    rows = result.trades
    if rows.empty:
        words = label("no_trades", language)
        return Block(f'<p class="note">{escape(words)}</p>', words)
    texts = trade_texts(rows)
    columns = _columns(result, language)
    latest = texts.head(ROWS)
    worded = {column["name"]: column.get("words") for column in columns}
    cells = [
        [
            Cell(
                _written(column["kind"], row[column["name"]], worded[column["name"]]),
                number=column["number"],
                kind=_tone(column, row[column["name"]]),
            )
            for column in columns
        ]
        for row in latest.to_dict("records")
    ]
    note = label(
        "recent_of", language, total=count(len(rows)), shown=count(len(latest))
    )
    shown = table([column["label"] for column in columns], cells)
    data = _data(texts, columns, result, language)
    html = shown.html.replace('class="table "', 'class="table trades"', 1)
    html = html.removesuffix("</section>") + (
        f'<script type="application/json">{data}</script></section>'
    )
    return Block(html, f"{note}\n{shown.text}")


def trade_texts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return trades as texts without commas, newest first, exactly as CSV holds them.

    Numbers are written so that they come out again exactly; a time is ISO text of UTC,
    what the conditions looked at ``name=value`` joined by semicolons.
    """
    ordered = rows.iloc[::-1]
    intraday = any(is_intraday(pd.DatetimeIndex(rows[t].dropna())) for t in _TIMES)
    written = "%Y-%m-%d %H:%M" if intraday else "%Y-%m-%d"
    made: dict[str, list[str]] = {}
    for name in ordered.columns:
        column = ordered[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            made[str(name)] = column.dt.strftime(written).fillna("").tolist()
        else:
            made[str(name)] = [_text(value) for value in column.tolist()]
    return pd.DataFrame(made, dtype=str)


_TIMES: Final = ("entry_time", "exit_time")


def _text(value: Any) -> str:
    if value is None or value != value:  # NaN
        return ""
    if isinstance(value, dict):
        return ";".join(f"{key}={_text(part)}" for key, part in value.items())
    return str(value).replace(",", ";")


def _columns(result: BacktestResult, language: str) -> list[dict[str, Any]]:
    several = len(result.symbols) > 1
    made = []
    for name, kind in _SHOWN.items():
        if name == "symbol" and not several:
            continue
        column: dict[str, Any] = {
            "name": name,
            "label": label(name, language),
            "kind": kind,
            "number": kind in _NUMBERS,
            "tone": name in _TONED,
        }
        if name == "pnl":
            currency = currency_of_backtest(result)
            column["label"] += (
                f" ({'원' if (language, currency) == ('ko', 'KRW') else currency})"
            )
        if kind == "word":
            column["words"] = _words_of(result.trades[name], language)
        made.append(column)
    return made


def _words_of(values: pd.Series[Any], language: str) -> dict[str, str]:
    """Return the word for each value there is; a trade that has not ended is open."""
    words = {str(value): label(str(value), language) for value in set(values)}
    if "end" in words:
        words["end"] = label("still_open", language)
    return dict(sorted(words.items()))


def _written(kind: str, text: str, words: dict[str, str] | None) -> str:
    """Return a text of the CSV as the table shows it, like the page's script does."""
    if text == "":
        return MISSING
    if words is not None:
        return words.get(text, text)
    match kind:
        case "percent":
            return percent(float(text))
        case "money":
            return ratio(float(text), 0)
        case "count":
            return count(float(text))
        case "price" | "quantity":
            return _significant(float(text))
        case _:
            return text


def _significant(value: float) -> str:
    """Return a number with at most seven significant digits, with separators."""
    decimals = max(0, 7 - len(f"{abs(value):.0f}")) if abs(value) >= 1 else 7
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _tone(column: dict[str, Any], text: str) -> str:
    if not column["tone"] or text == "":
        return ""
    return "loss" if float(text) < 0 else "gain"


def _data(
    texts: pd.DataFrame,
    columns: list[dict[str, Any]],
    result: BacktestResult,
    language: str,
) -> str:
    content = texts.to_csv(index=False, lineterminator="\n").encode("utf-8")
    zipped = len(content) > GZIPPED_ABOVE
    if zipped:
        content = gzip.compress(content, compresslevel=6, mtime=0)
    packed = {
        "gzip": zipped,
        "data": base64.b64encode(content).decode("ascii"),
        "rows": ROWS,
        "columns": columns,
        "missing": MISSING,
        "back": label("previous_page", language),
        "next": label("next_page", language),
        "page_of": label("page_of", language, page="{page}", pages="{pages}"),
        "download": label("download_csv", language),
        "file": f"{strategy_name(result)}_trades.csv".replace(" ", "_"),
    }
    return json.dumps(packed, ensure_ascii=False).replace("<", "\\u003c")

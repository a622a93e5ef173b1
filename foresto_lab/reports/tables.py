"""Tables of a report: words at the left, numbers at the right, units beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from foresto_lab.figures.finding_words import finding_name, finding_place, finding_text
from foresto_lab.figures.series import PathResult, currency_of
from foresto_lab.findings import Finding, sort_findings
from foresto_lab.labels import (
    asset_label,
    best_of,
    count,
    day,
    label,
    measure_text,
    money,
    percent,
    rule_label,
)
from foresto_lab.reports.blocks import Block
from foresto_lab.reports.facts import fact_key, key_numbers

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.scenarios import SimulationResult
    from foresto_lab.storage.health import HealthReport

COMPARED: Final = (
    "total_return",
    "cagr",
    "volatility",
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "max_drawdown",
    "longest_underwater_days",
    "worst_year",
    "largest_drift",
    "annual_turnover",
    "total_cost",
    "rebalancing_count",
    "final_nav",
)
_RECENT_EVENTS: Final = 12
_SAMPLES: Final = 3
_POOREST: Final = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, whether it is a number, the fact behind it, if it is best."""

    text: str
    number: bool = False
    fact: str = ""
    best: bool = False
    kind: str = ""

    @property
    def html(self) -> str:
        """The cell as HTML."""
        classes = [name for name in ("number", "best") if getattr(self, name)]
        classes += [self.kind] if self.kind else []
        attributes = f' class="{" ".join(classes)}"' if classes else ""
        attributes += f' data-fact="{escape(self.fact)}"' if self.fact else ""
        star = '<span class="star" aria-hidden="true">★</span>' if self.best else ""
        text = escape(self.text)
        return f"<td{attributes}>{star}<span>{text}</span></td>"


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    caption: str = "",
    note: str = "",
    kind: str = "",
) -> Block:
    """Return a table; a column is headed at the right where its cells are numbers."""
    listed = list(rows)
    right = [bool(listed) and listed[0][place].number for place in range(len(head))]
    headings = "".join(
        f'<th scope="col"{" class=number" if at_right else ""}>{escape(words)}</th>'
        for words, at_right in zip(head, right, strict=True)
    )
    body = "".join(f"<tr>{''.join(cell.html for cell in row)}</tr>" for row in listed)
    title = f"<h3>{escape(caption)}</h3>" if caption else ""
    below = f'<p class="note">{escape(note)}</p>' if note else ""
    html = (
        f'<section class="table {escape(kind)}">{title}<div class="scroll"><table>'
        f"<thead><tr>{headings}</tr></thead><tbody>{body}</tbody></table></div>{below}"
        "</section>"
    )
    text = "\n".join(" | ".join(cell.text for cell in row) for row in listed)
    return Block(html, text)


def summary(result: PathResult, *, language: str = "ko") -> Block:
    """Return every measure of a result."""
    numbers = key_numbers(result)
    identity = str(getattr(result, "request_hash", ""))
    rows = [
        [
            Cell(label(name, language)),
            _measured(name, value, identity, result, language),
        ]
        for name, value in numbers.items()
    ]
    head = [label("measure", language), label("value", language)]
    return table(head, rows, kind="two-columns")


def _measured(
    name: str,
    value: Any,
    identity: str,
    result: PathResult,
    language: str,
    *,
    best: bool = False,
) -> Cell:
    text = measure_text(name, value, language, currency_of(result))
    return Cell(text, number=True, fact=fact_key(identity, name), best=best)


def comparison(results: Mapping[str, PathResult], *, language: str = "ko") -> Block:
    """Return results side by side, one a column, the best of each measure marked."""
    numbers = {name: key_numbers(result) for name, result in results.items()}
    rows = []
    for measure in COMPARED:
        best = best_of(measure, [numbers[name][measure] for name in results])
        cells = [
            _measured(
                measure,
                numbers[name][measure],
                str(getattr(result, "request_hash", "")),
                result,
                language,
                best=place in best,
            )
            for place, (name, result) in enumerate(results.items())
        ]
        rows.append([Cell(label(measure, language)), *cells])
    head = [label("measure", language), *results]
    return table(head, rows, note=label("best_note", language), kind="comparison")


def settings(
    lab: Lab, result: SimulationResult, *, language: str = "ko", rule: bool = True
) -> Block:
    """Return what was simulated: assets with targets and symbols, rule, dates."""
    request: Mapping[str, Any] = {}
    if result.run_id is not None:
        request = lab.run_record(result.run_id).request
    symbols = request.get("instruments", {})
    rows = [
        [
            Cell(asset_label(asset, language)),
            Cell(str(symbols.get(asset, asset))),
            Cell(percent(weight, 1), number=True),
        ]
        for asset, weight in result.weights.items()
    ]
    head = [label(key, language) for key in ("asset", "symbol", "target_weight")]
    parts = [label("calendar_of", language, calendar=result.calendar)]
    if rule:
        words = rule_label(getattr(result.rule, "label", None), language)
        parts.insert(0, f"{label('rule', language)}: {words}")
        if result.rule is not None:
            rate = percent(result.rule.cost_rate)
            parts.insert(1, f"{label('cost_rate', language)}: {rate}")
    return table(head, rows, note=" · ".join(parts))


def targets(
    lab: Lab, results: Mapping[str, SimulationResult], *, language: str = "ko"
) -> Block:
    """Return what all the results of a comparison hold."""
    return settings(lab, next(iter(results.values())), language=language, rule=False)


def events(result: PathResult, *, language: str = "ko") -> Block:
    """Return the latest rebalancings, newest first."""
    rows = result.events
    if rows.empty:
        words = label("no_events", language)
        return Block(f'<p class="note">{escape(words)}</p>', words)
    shown = rows.iloc[::-1].head(_RECENT_EVENTS)
    currency = currency_of(result)
    cells = [
        [
            Cell(day(pd.Timestamp(row["event_date"]))),
            Cell(rule_label(row["trigger_detail"], language)),
            Cell(percent(row["turnover"]), number=True),
            Cell(money(row["cost_amount"], language, currency), number=True),
            Cell(money(row["nav_after"], language, currency), number=True),
        ]
        for row in shown.to_dict("records")
    ]
    keys = ("date", "trigger", "turnover", "cost", "nav_after")
    note = label("recent_of", language, total=count(len(rows)), shown=len(shown))
    return table([label(key, language) for key in keys], cells, note=note)


def findings(found: Sequence[Finding], *, language: str = "ko") -> Block:
    """Return findings, the gravest first; or that there are none."""
    if not found:
        words = label("no_findings", language)
        return Block(f'<p class="note good">{escape(words)}</p>', words)
    rows = [
        [
            Cell(label(str(finding.severity), language), kind=str(finding.severity)),
            Cell(finding_name(finding.code, language), kind="name"),
            Cell(finding_place(finding, language), kind="where"),
            Cell(count(finding.count), number=True),
            Cell(finding_text(finding, language), kind="long"),
            Cell(", ".join(finding.samples[:_SAMPLES]), kind="samples"),
        ]
        for finding in sort_findings(found)
    ]
    keys = ("severity", "finding", "where", "count", "message", "samples")
    return table([label(key, language) for key in keys], rows, kind="findings")


def findings_of(
    results: Mapping[str, SimulationResult], *, language: str = "ko"
) -> Block:
    """Return the findings of several results, each once."""
    every = {
        (finding.code, finding.where, finding.message): finding
        for result in results.values()
        for finding in result.findings
    }
    return findings(list(every.values()), language=language)


def coverage(rows: pd.DataFrame, *, language: str = "ko") -> Block:
    """Return each symbol with its first and last date and its number of rows."""
    cells = [
        [
            Cell(str(row["symbol"])),
            Cell(day(pd.Timestamp(row["first_date"]))),
            Cell(day(pd.Timestamp(row["last_date"]))),
            Cell(count(row["row_count"]), number=True),
        ]
        for row in rows.to_dict("records")
    ]
    keys = ("symbol", "first_date", "last_date", "row_count")
    return table([label(key, language) for key in keys], cells)


def completeness(report: HealthReport, *, language: str = "ko") -> Block:
    """Return each symbol with how much of its calendar it has, the poorest first."""
    rows = report.coverage.sort_values(["coverage", "symbol"])
    cells = [
        [
            Cell(str(row["symbol"])),
            Cell(str(row["calendar"])),
            Cell(day(pd.Timestamp(row["first_date"]))),
            Cell(day(pd.Timestamp(row["last_date"]))),
            Cell(count(row["row_count"]), number=True),
            Cell(count(row["missing_count"]), number=True),
            Cell(percent(row["coverage"], 1), number=True),
            Cell(count(row["lag_sessions"]), number=True),
        ]
        for row in rows.head(_POOREST).to_dict("records")
    ]
    keys = (
        "symbol",
        "calendar",
        "first_date",
        "last_date",
        "row_count",
        "missing_count",
        "coverage_share",
        "lag_sessions",
    )
    note = label("recent_of", language, total=count(len(rows)), shown=len(cells))
    head = [label(key, language) for key in keys]
    return table(head, cells, note=note if len(rows) > len(cells) else "")


def partitions(report: HealthReport, *, language: str = "ko") -> Block:
    """Return the months of each partitioned table; nothing where there are none."""
    months = report.partitions
    if months.empty:
        return Block("", "")
    months = months[months["end_day"].notna()]
    cells = [
        [
            Cell(str(name)),
            Cell(count(len(own)), number=True),
            Cell(f"{own['first_day'].min():%Y-%m}"),
            Cell(f"{own['first_day'].max():%Y-%m}"),
            Cell(count(own["row_estimate"].sum()), number=True),
            Cell(f"{own['size_bytes'].sum() / 1_000_000:,.1f} MB", number=True),
        ]
        for name, own in months.groupby("table")
    ]
    keys = (
        "partition_table",
        "partition_count",
        "first_month",
        "last_month",
        "row_estimate",
        "size",
    )
    head = [label(key, language) for key in keys]
    return table(head, cells, caption=label("partitions", language))

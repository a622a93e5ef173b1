"""The two pages of a fact sheet as HTML; ``sheet.css`` lays them out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import pandas as pd

from foresto_lab._version import __version__
from foresto_lab.figures.vector import (
    drawdown_chart,
    fan_chart,
    growth_chart,
    share_bar,
)
from foresto_lab.labels import (
    MISSING,
    asset_label,
    crisis_label,
    day,
    label,
    measure_text,
    percent,
    ratio,
)
from foresto_lab.metrics.crises import NOT_COVERED, PARTIAL
from foresto_lab.reports.blocks import Block
from foresto_lab.reports.fact_sheet import sentences
from foresto_lab.reports.fact_sheet.sheet import ROLLING_YEARS, FactSheet
from foresto_lab.reports.facts import fact_key

_ASSETS: Final = 9
_YEARS: Final = 20
_OWN_CRISES: Final = 4
_PAGES: Final = 2


def front_page(sheet: FactSheet) -> Block:
    """Return the first page: what is held, what it did. It carries the facts."""
    period = f"{day(sheet.growth.index[0])} ~ {day(sheet.growth.index[-1])}"
    title = f"{sheet.name} {label('report_portfolio', sheet.language)}"
    facts = {"title": title, "period": period, "runs": [sheet.claims]}
    lead = " ".join(filter(None, (sentences.grown(sheet), sentences.beside(sheet))))
    body = [
        _head(sheet, period),
        _key_figures(sheet),
        f'<p class="lead">{escape(lead)}</p>',
        _columns(_growth(sheet), _held(sheet), "wide-left"),
        _years(sheet),
        _columns(_rolling(sheet), _relative(sheet), "even"),
    ]
    return Block(_page(sheet, 1, body), f"{title}\n{lead}", facts)


def back_page(sheet: FactSheet) -> Block:
    """Return the second page: worst times, costs, what may come, what to know."""
    body = [
        _running_head(sheet),
        _columns(_falls(sheet), _fall_table(sheet), "even"),
        _crises(sheet),
        _columns(_costs(sheet), _future(sheet), "even"),
        _notes(sheet),
    ]
    text = "\n".join(
        [sentences.worst(sheet), sentences.held_for_years(sheet), sentences.cost(sheet)]
    )
    return Block(_page(sheet, 2, body), text)


# --- the frame of a page ------------------------------------------------------------


def _page(sheet: FactSheet, number: int, parts: Sequence[str]) -> str:
    result, facts, language = sheet.result, sheet.facts, sheet.language
    run = result.run_id or label("unregistered", language)
    footer = label(
        "sheet_footer",
        language,
        run=run,
        hash=result.request_hash[:16],
        data=facts.get("data_version") or MISSING,
        version=__version__,
    )
    page = label("sheet_page", language, page=number, pages=_PAGES)
    return (
        f'<section class="sheet" lang="{language}"><div class="sheet-body">'
        f"{''.join(parts)}</div>"
        f'<div class="sheet-foot"><span>{escape(footer)}</span>'
        f"<span>{escape(page)}</span></div></section>"
    )


def _head(sheet: FactSheet, period: str) -> str:
    language = sheet.language
    line = [period, sheet.currency]
    if sheet.prepared_for:
        line.append(label("sheet_prepared_for", language, name=sheet.prepared_for))
    parts = "".join(f"<span>{escape(part)}</span>" for part in line)
    kind = escape(label("report_portfolio", language))
    about = (
        f'<p class="about">{escape(sheet.description)}</p>' if sheet.description else ""
    )
    note = ""
    if sheet.result.simulated:
        words = escape(label("simulated_note", language))
        note = f'<p class="simulated" role="note">{words}</p>'
    top = f'<p class="kind">{kind}</p><h1>{escape(sheet.name)}</h1>{about}'
    return f'<header class="sheet-head">{top}<p class="line">{parts}</p>{note}</header>'


def _running_head(sheet: FactSheet) -> str:
    as_of = label("sheet_as_of", sheet.language, date=day(sheet.growth.index[-1]))
    mark = label("simulated", sheet.language) if sheet.result.simulated else ""
    right = " · ".join(part for part in (mark, as_of) if part)
    return (
        f'<div class="running"><b>{escape(sheet.name)}</b>'
        f"<span>{escape(right)}</span></div>"
    )


def _columns(left: str, right: str, kind: str) -> str:
    return f'<div class="cols {kind}"><div>{left}</div><div>{right}</div></div>'


def _heading(sheet: FactSheet, key: str) -> str:
    return f"<h2>{escape(label(key, sheet.language))}</h2>"


def _say(*said: str) -> str:
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in said if sentence)


def _fact(sheet: FactSheet, measure: str, *, tag: str = "td", kind: str = "n") -> str:
    """Return a claimed number as a cell that ``foresto verify`` compares."""
    base = measure.partition("@")[0]
    value = sheet.numbers.get(measure)
    text = measure_text(base, value, sheet.language, sheet.currency)
    fall = " loss" if isinstance(value, float) and value < 0 and kind == "n" else ""
    key = escape(fact_key(sheet.result.request_hash, measure))
    return f'<{tag} class="{kind}{fall}" data-fact="{key}">{escape(text)}</{tag}>'


def _table(
    head: Sequence[str], rows: Sequence[str], kind: str = "", words: int = 1
) -> str:
    """Return a table; its first ``words`` columns hold words, the others numbers."""
    cells = "".join(
        f'<th scope="col"{"" if place < words else " class=n"}>{escape(text)}</th>'
        for place, text in enumerate(head)
    )
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{cells}</tr></thead>'
        f"<tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table></div>"
    )


def _cell(words: str, kind: str = "") -> str:
    return f'<td class="{kind}">{escape(words)}</td>'


# --- the first page -----------------------------------------------------------------


def _key_figures(sheet: FactSheet) -> str:
    language = sheet.language
    initial = sentences.amount_words(float(sheet.result.path["nav"].iloc[0]), sheet)
    below = label("sheet_of_initial", language, amount=initial)
    if "total_contributions" in sheet.result.summary:
        paid = float(sheet.result.summary["total_contributions"])
        paid += float(sheet.result.path["nav"].iloc[0])
        amount = sentences.amount_words(paid, sheet)
        below = label("sheet_of_paid_in", language, amount=amount)
    tiles = [
        ("sheet_key_final", "final_nav", escape(below)),
        ("sheet_key_cagr", "cagr", _beside(sheet, "benchmark_cagr")),
        ("sheet_key_total", "total_return", _beside(sheet, "benchmark_total_return")),
        ("sheet_key_volatility", "volatility", _beside(sheet, "benchmark_volatility")),
        (
            "sheet_key_drawdown",
            "max_drawdown",
            _beside(sheet, "benchmark_max_drawdown"),
        ),
        ("sheet_key_worst_year", "worst_year", _beside(sheet, "benchmark_worst_year")),
    ]
    shown = "".join(
        f"<div><dt>{escape(label(key, language))}</dt>"
        f"{_fact(sheet, measure, tag='dd', kind='figure')}<dd class=small>{under}</dd>"
        "</div>"
        for key, measure, under in tiles
    )
    return f'<dl class="keys">{shown}</dl>'


def _beside(sheet: FactSheet, measure: str) -> str:
    """Return the benchmark's figure, small, with its name."""
    if sheet.relative is None:
        return ""
    words = escape(label("sheet_benchmark_tile", sheet.language))
    return f"{words} {_fact(sheet, measure, tag='span', kind='plain')}"


def _growth(sheet: FactSheet) -> str:
    curves = {sheet.name: sheet.growth}
    if sheet.relative is not None and sheet.benchmark is not None:
        growth = sheet.relative.growth["benchmark"]
        start = float(sheet.growth[growth.index[0]])
        curves[sheet.benchmark.name(sheet.language)] = growth * start
    legend = "".join(
        f'<span class="key key-{place}">{escape(name)}</span>'
        for place, name in enumerate(curves)
    )
    chart = growth_chart(
        curves,
        bands=_crisis_bands(sheet),
        currency=sheet.currency,
        simulated=sheet.result.simulated,
        language=sheet.language,
        size=(430, 268),
    )
    return (
        f'{_heading(sheet, "sheet_did")}<p class="legend">{legend}</p>'
        f'<figure class="vector-chart">{chart}</figure>{_growth_note(sheet)}'
    )


def _growth_note(sheet: FactSheet) -> str:
    if "total_contributions" not in sheet.result.summary:
        return ""
    words = label("sheet_growth_of_first", sheet.language)
    return f'<p class="fine">{escape(words)}</p>'


def _crisis_bands(sheet: FactSheet) -> list[tuple[pd.Timestamp, pd.Timestamp, str]]:
    first, last = sheet.growth.index[0], sheet.growth.index[-1]
    if (last - first).days < 3 * 365:
        return []
    return [
        (row["start"], row["end"], _crisis_year(str(name), row["start"]))
        for name, row in sheet.crises.iterrows()
        if row["coverage"] != NOT_COVERED
    ]


def _crisis_year(name: str, start: pd.Timestamp) -> str:
    """Return the year by which a crisis is called."""
    return name[-4:] if name[-4:].isdigit() else f"{start:%Y}"


def _held(sheet: FactSheet) -> str:
    language = sheet.language
    shown = dict(list(sheet.result.weights.items())[:_ASSETS])
    last = sheet.result.path.iloc[-1]
    rows = []
    for place, (asset, weight) in enumerate(shown.items()):
        symbol, name = sheet.instruments.get(asset, (asset, ""))
        words = asset_label(asset, language)
        detail = " ".join(dict.fromkeys(part for part in (symbol, name) if part))
        below = f"<small>{escape(detail)}</small>" if detail != words else ""
        rows.append(
            f'<td><i class="part-{place % 8}"></i>{escape(words)}{below}</td>'
            f"{_cell(percent(weight, 1), 'n')}"
            f"{_cell(percent(float(last[f'weight_{asset}']), 1), 'n')}"
        )
    more = len(sheet.result.weights) - len(shown)
    if more:
        rest = 1.0 - sum(shown.values())
        words = label("sheet_more_assets", language, count=more)
        rows.append(f"{_cell(words)}{_cell(percent(rest, 1), 'n')}{_cell('')}")
    rest = 1.0 - sum(sheet.result.weights.values())
    if rest > 1e-9:
        words = label("uninvested", language)
        rows.append(f"{_cell(words)}{_cell(percent(rest, 1), 'n')}{_cell('')}")
    head = [
        label(key, language) for key in ("asset", "sheet_target", "sheet_now_weight")
    ]
    named = {asset_label(a, language): w for a, w in shown.items()}
    bar = share_bar(named, size=(300, 22))
    return (
        f'{_heading(sheet, "sheet_held")}<figure class="bar-chart">{bar}</figure>'
        f"{_table(head, rows, 'held')}{_say(sentences.rebalanced(sheet))}"
    )


def _years(sheet: FactSheet) -> str:
    language = sheet.language
    years = sheet.years.tail(_YEARS)
    notes = [sentences.year_by_year(sheet)]
    partial = sheet.partial_years & set(years.index)
    small = [label("sheet_partial_years", language)] if partial else []
    if len(sheet.years) > len(years):
        small.append(label("sheet_recent_years", language, shown=len(years)))
    half = (len(years) + 1) // 2 if len(years) > 10 else len(years)
    blocks = [years.iloc[:half], years.iloc[half:]]
    tables = "".join(
        _year_table(sheet, block, partial, half) for block in blocks if len(block)
    )
    below = f'<p class="fine">{escape(" ".join(small))}</p>' if small else ""
    return (
        f'<section class="years">{_heading(sheet, "sheet_years")}{_say(*notes)}'
        f"{tables}{below}</section>"
    )


def _year_table(
    sheet: FactSheet, years: pd.DataFrame, partial: Any, columns: int
) -> str:
    head = ["", *(f"{year}{'*' * (year in partial)}" for year in years.index)]
    rows = [
        f'<th scope="row">{escape(sheet.name)}</th>'
        + "".join(_fact(sheet, f"year_return@{year}") for year in years.index)
    ]
    if "benchmark" in years:
        words = escape(label("sheet_benchmark_short", sheet.language))
        rows.append(
            f'<th scope="row">{words}</th>'
            + "".join(
                _fact(sheet, f"benchmark_year_return@{year}") for year in years.index
            )
        )
    missing = columns - len(years)  # so that both tables have the same columns
    filled = [row + "<td></td>" * missing for row in rows]
    return _table([*head, *[""] * missing], filled, "year-table")


def _relative(sheet: FactSheet) -> str:
    if sheet.relative is None or sheet.benchmark is None:
        return ""
    names = (
        "active_return",
        "beta",
        "correlation",
        "tracking_error",
        "information_ratio",
        "up_capture",
        "down_capture",
        "batting_average",
    )
    cells = "".join(
        f"<div><dt>{escape(label(f'sheet_{name}', sheet.language))}</dt>"
        f"{_fact(sheet, name, tag='dd', kind='figure')}</div>"
        for name in names
    )
    return f'{_heading(sheet, "sheet_beside")}<dl class="strip">{cells}</dl>'


# --- the second page ----------------------------------------------------------------


def _falls(sheet: FactSheet) -> str:
    curves = {sheet.name: sheet.growth / sheet.growth.cummax() - 1.0}
    if sheet.relative is not None and sheet.benchmark is not None:
        growth = sheet.relative.growth["benchmark"]
        curves[sheet.benchmark.name(sheet.language)] = growth / growth.cummax() - 1.0
    legend = "".join(
        f'<span class="key key-{place}">{escape(name)}</span>'
        for place, name in enumerate(curves)
    )
    chart = drawdown_chart(
        curves, simulated=sheet.result.simulated, language=sheet.language
    )
    return (
        f'{_heading(sheet, "sheet_worst")}<p class="legend">{legend}</p>'
        f'<figure class="vector-chart">{chart}</figure>'
    )


def _fall_table(sheet: FactSheet) -> str:
    language = sheet.language
    rows = []
    for place, row in enumerate(sheet.drawdowns.to_dict("records"), start=1):
        time = row["days_to_recover"]
        words = (
            label("sheet_not_recovered", language)
            if time is None
            else sentences.duration_words(int(time), language)
        )
        rows.append(
            f"{_cell(day(row['peak_date']))}{_cell(day(row['trough_date']), 'n')}"
            f"{_fact(sheet, f'drawdown_depth@{place}')}{_cell(words, 'n')}"
        )
    keys = ("sheet_peak", "sheet_trough", "sheet_depth", "sheet_recovery")
    head = [label(key, language) for key in keys]
    table = _table(head, rows) if rows else ""
    return f'<h2 class="quiet">&nbsp;</h2>{_say(sentences.worst(sheet))}{table}'


def _crises(sheet: FactSheet) -> str:
    language = sheet.language
    shown = sheet.crises.head(6 + _OWN_CRISES)
    rows, small = [], [label("sheet_crisis_source", language)]
    for name, row in shown.iterrows():
        words = crisis_label(str(name), language)
        dates = f"{day(row['start'])} ~ {day(row['end'])}"
        if row["coverage"] == NOT_COVERED:
            gone = escape(label("sheet_no_data", language))
            span = 4 if sheet.relative is not None else 3
            rows.append(
                f"{_cell(words)}{_cell(dates)}"
                f'<td class="n none" colspan="{span}">{gone}</td>'
            )
            continue
        mark = "†" if row["coverage"] == PARTIAL else ""
        if mark:
            small.append(
                label(
                    "sheet_partly",
                    language,
                    name=words,
                    first=day(row["first_date"]),
                    last=day(row["last_date"]),
                )
            )
        rows.append(
            f"{_cell(words + mark)}{_cell(dates)}"
            f"{_fact(sheet, f'crisis_return@{name}')}"
            f"{_benchmark_crisis(sheet, str(name))}"
            f"{_fact(sheet, f'crisis_drawdown@{name}')}"
            f"{_cell(_recovery(sheet, row), 'n')}"
        )
    keys = ["sheet_event", "sheet_window", "sheet_return"]
    keys += ["sheet_benchmark_short"] if sheet.relative is not None else []
    keys += ["sheet_largest_fall", "sheet_recovery"]
    head = [label(key, language) for key in keys]
    fine = f'<p class="fine">{escape(" ".join(small))}</p>'
    table = _table(head, rows, "crises", words=2)
    return f"<section>{_heading(sheet, 'sheet_crises')}{table}{fine}</section>"


def _benchmark_crisis(sheet: FactSheet, name: str) -> str:
    if sheet.relative is None:
        return ""
    return _fact(sheet, f"benchmark_crisis_return@{name}")


def _recovery(sheet: FactSheet, row: Any) -> str:
    if row["max_drawdown"] == 0.0:
        return label("sheet_no_fall", sheet.language)
    if row["days_to_recover"] is None:
        return label("sheet_not_recovered", sheet.language)
    return sentences.duration_words(int(row["days_to_recover"]), sheet.language)


def _rolling(sheet: FactSheet) -> str:
    language = sheet.language
    rows = []
    for years in ROLLING_YEARS:
        words = label("sheet_years_held", language, years=years)
        if sheet.numbers[f"rolling_median@{years}"] is None:
            short = escape(label("sheet_too_short", language))
            rows.append(f'{_cell(words)}<td class="n none" colspan="4">{short}</td>')
            continue
        figures = "".join(
            _fact(sheet, f"rolling_{measure}@{years}")
            for measure in ("worst", "median", "best")
        )
        share = _fact(sheet, f"rolling_positive@{years}")
        rows.append(f"{_cell(words)}{figures}{share}")
    keys = (
        "sheet_worst_case",
        "sheet_middle_case",
        "sheet_best_case",
        "sheet_gain_share",
    )
    head = ["", *(label(key, language) for key in keys)]
    return (
        f"{_heading(sheet, 'sheet_rolling')}{_say(sentences.held_for_years(sheet))}"
        f"{_table(head, rows)}"
    )


def _costs(sheet: FactSheet) -> str:
    language = sheet.language
    summary = sheet.result.summary
    rows = [
        _cell(label(f"sheet_cost_{part}", language))
        + _cell(sentences.amount_words(amount, sheet), "n")
        for part, amount in sheet.costs.items()
        if len(sheet.costs) > 1
    ]
    rows.append(
        _cell(label("sheet_cost_total", language), "total")
        + _cell(sentences.amount_words(sheet.cost_total, sheet), "n total")
    )
    rows.append(
        f"{_cell(label('sheet_cost_year', language))}{_fact(sheet, 'cost_share')}"
    )
    count = summary["rebalancing_count"]
    rows.append(
        _cell(label("sheet_trades", language))
        + _cell(label("sheet_times", language, count=ratio(float(count), 0)), "n")
    )
    rows.append(
        f"{_cell(label('sheet_turnover', language))}{_fact(sheet, 'annual_turnover')}"
    )
    head = [label("sheet_cost_of", language), label("sheet_amount", language)]
    return (
        f"{_heading(sheet, 'sheet_costs')}{_say(sentences.cost(sheet))}"
        f"{_table(head, rows, 'costs')}"
    )


def _future(sheet: FactSheet) -> str:
    if not sheet.forward_years:
        return ""
    if sheet.forward is None:
        words = label("say_no_future", sheet.language)
        return f"{_heading(sheet, 'sheet_future')}{_say(words)}"
    chart = fan_chart(
        sheet.forward.fan,
        currency=sheet.currency,
        simulated=sheet.result.simulated,
        language=sheet.language,
    )
    legend = escape(label("sheet_fan_legend", sheet.language))
    return (
        f"{_heading(sheet, 'sheet_future')}{_say(*sentences.future(sheet))}"
        f'<figure class="vector-chart">{chart}</figure><p class="fine">{legend}</p>'
    )


def _notes(sheet: FactSheet) -> str:
    said = "".join(f"<li>{escape(words)}</li>" for words in sentences.notes(sheet))
    return (
        f'<section class="notes">{_heading(sheet, "sheet_notes")}<ul>{said}</ul>'
        "</section>"
    )

"""What a report on a walk-forward shows besides figures, and what it claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.figures.optimization_words import (
    metric_text,
    metric_words,
    value_text,
)
from foresto_lab.figures.walk_forward import is_simulated_walk
from foresto_lab.labels import (
    MISSING,
    count,
    day,
    label,
    measure_text,
    money,
    percent,
    ratio,
)
from foresto_lab.optimize.spaces.space_texts import read_space
from foresto_lab.reports.blocks import Block, head, tiles
from foresto_lab.reports.facts import fact_key, spark
from foresto_lab.reports.optimization import (
    domain_text,
    plain,
    recorded_search,
    search_facts,
)
from foresto_lab.reports.tables import Cell, table

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.optimize.validation.walk_forward_result import WalkForwardResult

TILES: Final = (
    "total_return",
    "cagr",
    "sharpe",
    "max_drawdown",
    "efficiency",
    "window_count",
)
_CURRENCY: Final = "KRW"
_MOST_ROWS: Final = 40
_MOST_KEPT: Final = 0.5
"""Efficiency from which what was found counts as kept."""


def walk_forward(
    lab: Lab,
    strategy: Any,
    space: str | Sequence[str] | Mapping[str, Any],
    *,
    where: Sequence[str] = (),
    constraints: Sequence[str] = (),
    **options: Any,
) -> WalkForwardResult:
    """Walk a strategy forward as the texts of a report's parameters say.

    Parameters
    ----------
    space : sequence of str, str, or mapping
        As :func:`foresto_lab.optimize.spaces.space_texts.read_space` takes it.
    where, constraints : sequence of str
        Limits between parameters, and on the figures of train spans.
    **options
        As ``lab.walk_forward`` takes them; None is left out.
    """
    return lab.walk_forward(
        strategy,
        read_space(space),
        constraints=[*where, *constraints],
        **{name: value for name, value in options.items() if value is not None},
    )


# --- facts ---------------------------------------------------------------------------


def walk_forward_numbers(result: WalkForwardResult) -> dict[str, Any]:
    """Return the numbers that a page claims: the account's, and of each window."""
    numbers = {str(name): plain(value) for name, value in result.metrics.items()}
    numbers |= {
        "efficiency": plain(result.efficiency),
        "window_count": len(result.windows),
        "evaluated": int(result.evaluated),
    }
    names = ("train_objective", "test_objective", "end_equity")
    return numbers | {
        f"{name}@{number}": plain(row[name])
        for number, row in result.windows.to_dict("index").items()
        for name in names
    }


def rerun_walk_forward(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers that a recorded walk-forward gives on its data version now.

    Raises
    ------
    ForestoError
        It was stopped before its end, or its candles or its code are not here.
    """
    from foresto_lab.runs.validation import validate_again

    rerun: Any = validate_again(
        recorded_search(lab, run), data=lab._backtest_data, rebuild=lab._rebuild
    )
    return walk_forward_numbers(rerun)


# --- blocks --------------------------------------------------------------------------


def cover(lab: Lab, result: WalkForwardResult, *, language: str = "ko") -> Block:
    """Return the head of the report, with the facts that it claims."""
    name, *about = result.title.split(" · ")
    title = f"{name} {label('report_walk_forward', language)}"
    simulated = is_simulated_walk(result)
    run = search_facts(lab, result, "walk_forward", walk_forward_numbers(result))
    run |= {"simulated": simulated, "spark": spark(result.equity["equity"].tolist())}
    facts = {"title": title, "period": about[-1] if about else "", "runs": [run]}
    method = label(f"search_{result.request['method']['name']}", language)
    combinations = label("opt_combinations", language, count=count(result.evaluated))
    objective = metric_words(result.objective, language)
    words = label("opt_objective_is", language, metric=objective)
    return head(
        title, [*about, method, combinations, words], facts, simulated, language
    )


def verdict(result: WalkForwardResult, *, language: str = "ko") -> Block:
    """Return in plain words what was left out of sample of what was found in sample."""
    level, key = _level(result)
    headline = label(key, language)
    said = sentences(result, language)
    items = "".join(f"<li>{escape(words)}</li>" for words in said)
    partial = ""
    if result.status != "complete":
        status = label(f"search_{result.status.replace(' ', '_')}", language)
        told = label(
            "opt_partial", language, status=status, count=count(result.evaluated)
        )
        partial = f'<p class="simulated" role="note">{escape(told)}</p>'
    html = (
        f'{partial}<section class="verdict {level}"><h2>{escape(headline)}</h2>'
        f"<ul>{items}</ul></section>"
    )
    return Block(html, "\n".join([headline, *said]))


def _level(result: WalkForwardResult) -> tuple[str, str]:
    """Return how much was left out of sample, as a level and the key of its words."""
    if not float(result.metrics["total_return"]) > 0.0:
        return "overfitted", "wf_lost"
    if (plain(result.efficiency) or 0.0) >= _MOST_KEPT:
        return "robust", "wf_held"
    return "doubtful", "wf_faded"


def sentences(result: WalkForwardResult, language: str = "ko") -> list[str]:
    """Return what came of it: windows won, the Sharpe ratios, the efficiency."""
    windows = result.windows
    traded = windows[windows["status"] == "traded"]
    won = int((traded["end_equity"] > traded["start_equity"]).sum())
    said = [label("wf_say_windows", language, won=won, total=len(windows))]
    inside = plain(result.train_metrics["sharpe"].mean())
    outside = plain(result.metrics["sharpe"])
    if inside is not None and outside is not None:
        facts = {"inside": ratio(inside), "outside": ratio(outside)}
        said.append(label("wf_say_sharpe", language, **facts))
    left = plain(result.efficiency)
    if left is None:
        said.append(label("wf_no_efficiency", language))
    else:
        said.append(label("wf_say_efficiency", language, efficiency=percent(left, 0)))
    idle = len(windows) - len(traded)
    if idle:
        said.append(label("wf_say_cash", language, count=idle))
    return said


def key_figures(result: WalkForwardResult, *, language: str = "ko") -> Block:
    """Return the main numbers of the account as tiles."""
    numbers = walk_forward_numbers(result)
    shown = {name: numbers[name] for name in TILES if numbers.get(name) is not None}
    return tiles(
        shown, request_hash=result.request_hash, currency=_CURRENCY, language=language
    )


def windows(result: WalkForwardResult, *, language: str = "ko") -> Block:
    """Return each window: its spans, what was chosen, and how it did on both."""
    objective, names = result.objective, list(result.parameters.columns)
    rows = [
        [
            Cell(str(number), number=True),
            Cell(_span(row, "train"), kind="day"),
            Cell(_span(row, "test"), kind="day"),
            *(Cell(_chosen(chosen, name), number=True) for name in names),
            *(
                Cell(metric_text(objective, plain(row[column]), language), number=True)
                for column in ("train_objective", "test_objective")
            ),
            Cell(percent(row["end_equity"] / row["start_equity"] - 1.0), number=True),
        ]
        for (number, row), chosen in zip(
            result.windows.iterrows(), result.chosen, strict=True
        )
    ][:_MOST_ROWS]
    keys = ("wf_window", "wf_train_span", "wf_test_span")
    words = metric_words(objective, language)
    heads = [
        *(label(key, language) for key in keys),
        *names,
        f"{words}, {label('opt_in_sample', language)}",
        f"{words}, {label('opt_out_of_sample', language)}",
        label("wf_window_return", language),
    ]
    note = ""
    if len(result.windows) > len(rows):
        facts = {"shown": len(rows), "total": count(len(result.windows))}
        note = label("opt_shown", language, **facts)
    caption = label("wf_windows", language)
    return table(heads, rows, caption=caption, note=note)


def _span(row: Any, part: str) -> str:
    return f"{day(row[f'{part}_start'])} ~ {day(row[f'{part}_end'])}"


def _chosen(chosen: Mapping[str, Any] | None, name: str) -> str:
    """Return what a window chose of a parameter; a dash where it held cash."""
    return MISSING if chosen is None else value_text(chosen.get(name))


def stability(result: WalkForwardResult, *, language: str = "ko") -> Block:
    """Return how much each parameter changed from window to window."""
    rows = [
        [
            Cell(str(name)),
            *(
                Cell(measure_text(column, plain(row[column]), language), number=True)
                for column in ("distinct", "unchanged", "mean_step")
            ),
            *(
                Cell(_value(row[column]), number=True)
                for column in ("minimum", "median", "maximum")
            ),
        ]
        for name, row in result.stability.iterrows()
    ]
    heads = [
        label("opt_parameter", language),
        *(label(key, language) for key in ("distinct", "unchanged", "mean_step")),
        *(label(key, language) for key in ("wf_lowest", "study_median", "wf_highest")),
    ]
    return table(heads, rows, note=label("wf_stability_note", language))


def _value(value: Any) -> str:
    number = plain(value)
    return MISSING if number is None else value_text(number)


def metrics(result: WalkForwardResult, *, language: str = "ko") -> Block:
    """Return every figure of the stitched account."""
    rows = [
        [
            Cell(metric_words(str(name), language)),
            Cell(
                measure_text(str(name), plain(value), language, _CURRENCY),
                number=True,
                fact=fact_key(result.request_hash, str(name)),
            ),
        ]
        for name, value in result.metrics.items()
    ]
    heads = [label("measure", language), label("value", language)]
    return table(heads, rows, kind="two-columns")


def settings(result: WalkForwardResult, *, language: str = "ko") -> Block:
    """Return how the bars were cut and what was searched on each train span."""
    asked, plan = result.request, result.plan
    execution = asked["subject"].get("execution", {})
    rows = {
        "wf_train": _length(plan.train, language),
        "wf_test": _length(plan.test, language),
        "wf_step": "" if plan.step is None else _length(plan.step, language),
        "wf_anchored": label("yes" if plan.anchored else "no", language),
        "wf_embargo": count(plan.embargo),
        "opt_method": label(f"search_{asked['method']['name']}", language),
        "opt_space": _space_words(asked["space"], language),
        "opt_where": ", ".join(asked["space"].get("constraints", ())),
        "opt_bounds": ", ".join(asked["constraints"]),
        "opt_seed": str(asked["seed"]),
        "initial_capital": money(result.initial_capital, language, _CURRENCY),
        "fill": label(f"fill_{execution.get('fill', 'next_open')}", language),
        "fee_rate": percent(execution.get("fee_rate")),
    }
    cells = [[Cell(label(k, language)), Cell(v)] for k, v in rows.items() if v]
    heads = [label("assumption", language), label("value", language)]
    return table(heads, cells)


def _length(length: Any, language: str) -> str:
    """Return a length in bars, as a share, or as the duration it was given as."""
    if isinstance(length, int):
        return label("wf_in_bars", language, count=count(length))
    return percent(length, 1) if isinstance(length, float) else str(length)


def _space_words(space: Mapping[str, Any], language: str) -> str:
    return "; ".join(
        f"{told['name']} {domain_text(told, language)}" for told in space["parameters"]
    )

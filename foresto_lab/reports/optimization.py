"""What a report on a search shows besides figures, and what it claims."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import ForestoError
from foresto_lab.figures import optimization as figures
from foresto_lab.figures.optimization_trials import is_simulated_search
from foresto_lab.figures.optimization_words import metric_text, metric_words, value_text
from foresto_lab.labels import MEASURES, count, label, measure_text, money, percent
from foresto_lab.optimize.spaces.space_texts import read_space
from foresto_lab.reports.blocks import Block, head, tiles
from foresto_lab.reports.facts import fact_key
from foresto_lab.reports.tables import Cell, table

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from foresto_lab.lab import Lab
    from foresto_lab.optimize.result import OptimizationResult

TILES: Final = (
    "sharpe",
    "total_return",
    "max_drawdown",
    "luck_probability",
    "deflated_sharpe_ratio",
    "probability_of_overfitting",
)
TOP_COLUMNS: Final = (
    "total_return",
    "cagr",
    "sharpe",
    "max_drawdown",
    "total_trades",
    "win_rate",
    "profit_factor",
)
_TOP_ROWS: Final = 12
_CURRENCY: Final = "KRW"


def search(
    lab: Lab,
    strategy: Any,
    space: str | Sequence[str] | Mapping[str, Any],
    *,
    where: Sequence[str] = (),
    constraints: Sequence[str] = (),
    method: Any = "grid",
    objective: Any = "sharpe_ratio",
    execution: Mapping[str, Any] | None = None,
    **options: Any,
) -> OptimizationResult:
    """Search a strategy's parameters as the texts of a report's parameters say.

    Parameters
    ----------
    space : sequence of str, str, or mapping
        As :func:`foresto_lab.optimize.spaces.space_texts.read_space` takes it.
    where : sequence of str
        Between parameters: ``fast_period < slow_period``.
    constraints : sequence of str
        On figures: ``total_trades >= 30``.
    objective : str or sequence of str
        One alone in a list stands for itself.
    **options
        As ``lab.optimize`` takes them.
    """
    alone = isinstance(objective, list | tuple) and len(objective) == 1
    return lab.optimize(
        strategy,
        read_space(space),
        method=method,
        objective=objective[0] if alone else objective,
        constraints=[*where, *constraints],
        execution=execution,
        **{name: value for name, value in options.items() if value is not None},
    )


# --- facts ---------------------------------------------------------------------------


def optimization_numbers(result: OptimizationResult) -> dict[str, Any]:
    """Return the numbers that a page claims: of the best trial, and the statistics.

    None where a number is undefined or infinite, which JSON has no form for.
    """
    best = result.best_metrics.to_dict() if result.best else {}
    numbers = {str(name): plain(value) for name, value in best.items()}
    numbers |= {
        str(name): plain(value)
        for name, value in result.statistics.items()
        if not isinstance(value, str)
    }
    value = result.valid["objective"].iloc[0] if result.best else None
    return numbers | {"objective": plain(value), "evaluated": int(result.evaluated)}


def plain(value: Any) -> float | int | None:
    """Return a number as JSON holds it; None where there is none."""
    bare = value.item() if hasattr(value, "item") else value
    if isinstance(bare, bool) or bare is None:
        return bare
    if isinstance(bare, float) and not math.isfinite(bare):
        return None
    return bare if isinstance(bare, int | float) else None


def search_facts(
    lab: Lab, result: Any, kind: str, numbers: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what is claimed of a search or a walk-forward, and how to run it again."""
    facts: dict[str, Any] = {
        "kind": kind,
        "run_id": result.run_id,
        "request_hash": result.request_hash,
        "simulated": is_simulated_search(result),
        "strategy": result.title.split(" · ")[0],
        "currency": _CURRENCY,
        "numbers": dict(numbers),
        "request": None,
        "data_version": None,
    }
    if result.run_id is not None:
        record = lab.run_record(result.run_id)
        facts |= {
            "request": dict(record.request),
            "data_version": record.data_version,
            "engine_version": record.engine_version,
            "git_commit": record.git_commit,
            "created_at": f"{record.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "terms": {
                name: value
                for name, value in record.summary.items()
                if name == "status" or name.startswith("prior_")
            },
        }
    return facts


def recorded_search(lab: Lab, run: Mapping[str, Any]) -> Any:
    """Return as much of a search's record as it takes to search again.

    What was tried before it, on which its statistics rest, is taken from the store's
    own record where there is one, else from the page.
    """
    try:
        terms: Mapping[str, Any] = lab.run_record(run["run_id"]).summary
    except ForestoError:
        terms = run.get("terms", {})
    return SimpleNamespace(
        run_id=run["run_id"],
        request=run["request"],
        data_version=run["data_version"],
        summary=terms,
    )


def rerun_optimization(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers that a recorded search gives on its data version now.

    Raises
    ------
    ForestoError
        It was stopped before its end, or its candles or its code are not here.
    """
    from foresto_lab.optimize.run import run_plan
    from foresto_lab.runs.optimization import plan_to_reproduce
    from foresto_lab.runs.optimization_tables import prior_of, recorded_prior

    record = recorded_search(lab, run)
    plan = plan_to_reproduce(record, data=lab._backtest_data, rebuild=lab._rebuild)
    prior = prior_of(recorded_prior(record))
    return optimization_numbers(run_plan(plan.search, prior=prior))


# --- blocks --------------------------------------------------------------------------


def cover(lab: Lab, result: OptimizationResult, *, language: str = "ko") -> Block:
    """Return the head of the report, with the facts that it claims."""
    name, *about = result.title.split(" · ")
    title = f"{name} {label('report_optimization', language)}"
    combinations = label("opt_combinations", language, count=count(result.evaluated))
    method = label(f"search_{result.method.name}", language)
    facts = {
        "title": title,
        "period": about[-1] if about else "",
        "runs": [
            search_facts(lab, result, "optimization", optimization_numbers(result))
        ],
    }
    line = [*about, method, combinations, _objective_words(result, language)]
    return head(title, line, facts, is_simulated_search(result), language)


def _objective_words(result: OptimizationResult, language: str) -> str:
    words = [
        label(
            "opt_most" if objective.more_is_better else "opt_least",
            language,
            metric=metric_words(objective.name, language),
        )
        for objective in result.objectives
    ]
    return ", ".join(words)


def verdict(result: OptimizationResult, *, language: str = "ko") -> Block:
    """Return in plain words whether to believe it, and the reasons with their numbers.

    A search that was stopped says so first.
    """
    parts = []
    if result.is_partial:
        words = label(
            "opt_partial",
            language,
            status=label(f"search_{result.status.replace(' ', '_')}", language),
            count=count(result.evaluated),
        )
        parts.append(f'<p class="simulated" role="note">{escape(words)}</p>')
    found = result.verdict
    if found is None:
        words = label("opt_no_verdict", language)
        parts.append(f'<p class="note">{escape(words)}</p>')
        return Block("".join(parts), words)
    headline = label("opt_verdict", language, level=found.word(language))
    lead = label(f"opt_{found.level}_means", language)
    reasons = [(reason.level, reason.text(language)) for reason in found.reasons]
    items = "".join(
        f'<li class="{escape(level)}">{escape(words)}</li>' for level, words in reasons
    )
    parts.append(
        f'<section class="verdict {escape(found.level)}"><h2>{escape(headline)}</h2>'
        f"<p>{escape(lead)}</p><ul>{items}</ul></section>"
    )
    text = "\n".join([headline, lead, *(words for _, words in reasons)])
    return Block("".join(parts), text)


def key_figures(result: OptimizationResult, *, language: str = "ko") -> Block:
    """Return the main numbers as tiles: of the best, and what they are worth."""
    numbers = optimization_numbers(result)
    shown = {name: numbers[name] for name in TILES if numbers.get(name) is not None}
    return tiles(
        shown, request_hash=result.request_hash, currency=_CURRENCY, language=language
    )


def best_parameters(result: OptimizationResult, *, language: str = "ko") -> Block:
    """Return the chosen parameters beside what was searched."""
    if not result.best:
        words = label("opt_nothing_to_draw", language)
        return Block(f'<p class="note">{escape(words)}</p>', words)
    rows = [
        [
            Cell(name),
            Cell(value_text(result.best[name]), number=True, best=True),
            Cell(domain_text(domain.to_dict(), language)),
        ]
        for name, domain in result.space.parameters.items()
    ]
    heads = [label(k, language) for k in ("opt_parameter", "opt_chosen", "opt_space")]
    note = " · ".join([*result.space.constraints, *map(str, result.constraints)])
    limits = label("opt_limits", language, limits=note) if note else ""
    caption = label("opt_best_parameters", language)
    return table(heads, rows, caption=caption, note=limits)


def domain_text(told: Mapping[str, Any], language: str) -> str:
    """Return what a parameter may be: ``5 ~ 50, step 5`` or its options.

    Parameters
    ----------
    told : mapping
        As ``to_dict`` of a range or a choice gives it.
    """
    if "low" not in told:
        return ", ".join(map(value_text, told["values"]))
    words = f"{value_text(told['low'])} ~ {value_text(told['high'])}"
    if told.get("step") not in (None, 1):
        words += ", " + label("opt_step", language, step=value_text(told["step"]))
    return words + (f", {label('opt_log', language)}" if told.get("log") else "")


def top(result: OptimizationResult, *, language: str = "ko") -> Block:
    """Return the best combinations, a row each, with their main figures."""
    shown = [name for name in TOP_COLUMNS if name in result.metric_names]
    others = [o.name for o in result.objectives if o.name not in shown]
    rows = [
        [
            Cell(count(row["rank"]), number=True),
            *(Cell(value_text(row[name]), number=True) for name in result.space.names),
            *(
                Cell(
                    metric_text(name, _value_of(row, name), language, _CURRENCY),
                    number=True,
                )
                for name in (*others, *shown)
            ),
        ]
        for row in result.top(_TOP_ROWS).to_dict("records")
    ]
    heads = [
        label("opt_rank", language),
        *result.space.names,
        *(metric_words(name, language) for name in (*others, *shown)),
    ]
    whole = len(result.trials) >= result.evaluated
    note = label(
        "opt_top_of" if whole else "opt_shown",
        language,
        shown=len(rows),
        total=count(len(result.valid) if whole else result.evaluated),
    )
    return table(
        heads,
        rows,
        caption=label("opt_top", language),
        note=note,
    )


def _value_of(row: Mapping[Any, Any], name: str) -> Any:
    return row[name] if name in row else row["objective"]


def metrics(result: OptimizationResult, *, language: str = "ko") -> Block:
    """Return every figure of the best combination."""
    if not result.best:
        return Block("", "")
    rows = [
        [
            Cell(metric_words(str(name), language)),
            Cell(
                measure_text(str(name), plain(value), language, _CURRENCY),
                number=True,
                fact=fact_key(result.request_hash, str(name)),
            ),
        ]
        for name, value in result.best_metrics.items()
    ]
    heads = [label("measure", language), label("value", language)]
    return table(heads, rows, kind="two-columns")


def statistics(result: OptimizationResult, *, language: str = "ko") -> Block:
    """Return the statistics of belief, each with what it means."""
    numbers = {
        str(name): plain(value)
        for name, value in result.statistics.items()
        if str(name) in MEASURES
    }
    if not numbers:
        return Block("", "")
    rows = [
        [
            Cell(label(name, language)),
            Cell(
                measure_text(name, value, language, _CURRENCY),
                number=True,
                fact=fact_key(result.request_hash, name),
            ),
            Cell(meaning(name, language), kind="long"),
        ]
        for name, value in numbers.items()
    ]
    keys = ("measure", "value", "opt_meaning")
    heads = [label(key, language) for key in keys]
    caption = label("opt_statistics", language)
    return table(heads, rows, caption=caption, kind="meanings")


def meaning(name: str, language: str) -> str:
    """Return what a statistic says, in a sentence; nothing where there is none."""
    from foresto_lab.labels.optimization import MEANINGS

    pair = MEANINGS.get(name, ("", ""))
    return pair[0] if language == "ko" else pair[1]


def parts(result: OptimizationResult, *, language: str = "ko") -> Block:
    """Return the best combination on each part of the bars, where there is a split.

    Without one, say that its figures are of all bars.
    """
    if result.parts is None or not result.best:
        words = label("opt_no_split", language)
        return Block(f'<p class="note">{escape(words)}</p>', words)
    trial = int(result.valid["trial"].iloc[0])
    measured = result.parts.reset_index()
    measured = measured[measured["trial"] == trial]
    shown = [name for name in TOP_COLUMNS if name in measured.columns]
    rows = [
        [
            Cell(label(f"opt_part_{row['part']}", language)),
            *(
                Cell(metric_text(name, row[name], language, _CURRENCY), number=True)
                for name in shown
            ),
        ]
        for row in measured.to_dict("records")
    ]
    heads = [label("opt_part", language), *(label(name, language) for name in shown)]
    return table(heads, rows, caption=label("opt_parts", language))


def ledger(result: OptimizationResult, *, language: str = "ko") -> Block:
    """Return how often the strategy was tried on these data, and what that means."""
    told = result.statistics
    if "trials" not in told.index:
        return Block("", "")
    noise = told.get("expected_maximum_sharpe")
    words = label(
        "opt_ledger",
        language,
        trials=count(told["trials"] + told.get("prior_trials", 0)),
        here=count(told["trials"]),
    )
    if plain(noise) is not None:
        expected = metric_text("sharpe", noise, language)
        words += " " + label("opt_ledger_means", language, noise=expected)
    return Block(f'<p class="ledger">{escape(words)}</p>', words)


def generations(
    result: OptimizationResult, *, language: str = "ko"
) -> go.Figure | Block:
    """Return the generations as a figure; nothing of a search that has none."""
    if result.generations is None or not len(result.generations):
        return Block("", "")
    return figures.generations(result, language=language)


def front(result: OptimizationResult, *, language: str = "ko") -> go.Figure | Block:
    """Return the front of several objectives as a figure; nothing of one."""
    if len(result.objectives) < 2:
        return Block("", "")
    return figures.pareto_front(result, language=language)


def settings(result: OptimizationResult, *, language: str = "ko") -> Block:
    """Return how it was searched: method, objective, limits, money and costs."""
    told = result.subject
    execution = told.get("execution", {})
    method = dict(result.method.to_dict())
    name = label(f"search_{method.pop('method', result.method.name)}", language)
    kept = {k: v for k, v in method.items() if v is not None and k != "name"}
    rows = {
        "opt_method": name,
        "opt_method_terms": ", ".join(f"{k} {value_text(v)}" for k, v in kept.items()),
        "opt_objective": _objective_words(result, language),
        "opt_where": ", ".join(result.space.constraints),
        "opt_bounds": ", ".join(map(str, result.constraints)),
        "opt_points": _size_words(result.space.size, language),
        "opt_seed": str(result.seed),
        "initial_capital": money(told.get("initial_capital"), language, _CURRENCY),
        "fill": label(f"fill_{execution.get('fill', 'next_open')}", language),
        "fee_rate": percent(execution.get("fee_rate")),
        "slippage": label(
            "basis_points", language, value=f"{execution.get('slippage_bps', 0):.1f}"
        ),
    }
    cells = [[Cell(label(k, language)), Cell(v)] for k, v in rows.items() if v]
    heads = [label("assumption", language), label("value", language)]
    return table(heads, cells)


def _size_words(size: int | None, language: str) -> str:
    return label("opt_continuous", language) if size is None else count(size)

"""What a report on futures shows besides figures, and what it claims."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.labels import (
    asset_label,
    label,
    measure_text,
    money,
    percent,
    rule_label,
)
from foresto_lab.reports.blocks import Block, head, tiles
from foresto_lab.reports.facts import fact_key, spark
from foresto_lab.reports.tables import Cell, table

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.scenarios.forward import ForwardResult

TILES: Final = (
    "final_p50",
    "final_p05",
    "final_p95",
    "probability_of_loss",
    "probability_of_goal",
    "probability_of_ruin",
    "cagr_p50",
    "max_drawdown_p50",
    "max_drawdown_p05",
)
SHOWN_YEARS: Final = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50)
_AMOUNTS: Final = ("p05", "p25", "p50", "p75", "p95")


def forward_numbers(result: ForwardResult) -> dict[str, Any]:
    """Return the numbers that a page claims of futures; None where there is none."""
    numbers = {str(name): _number(value) for name, value in result.summary.items()}
    table = result.by_year
    return numbers | {
        f"{column}@{year}": _number(table.loc[year, column])
        for year in table.index
        for column in (*_AMOUNTS, "probability_of_loss")
    }


def rerun_forward(lab: Lab, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers that recorded futures give on their data version now."""
    from foresto_lab.runs.forward import compute_forward
    from foresto_lab.runs.forward_request import ForwardRequest
    from foresto_lab.runs.inputs import load_inputs

    request = ForwardRequest.from_dict(run["request"])
    inputs = load_inputs(request.simulation, lab.storage.series, run["data_version"])
    return forward_numbers(
        compute_forward(
            request,
            inputs,
            simulated=bool(run["simulated"]),
            currency=str(run["currency"]),
        )
    )


def cover(lab: Lab, result: ForwardResult, *, language: str = "ko") -> Block:
    """Return the head of the report, with the facts that it claims."""
    title = f"{_name(lab, result, language)} {label('report_forward', language)}"
    horizon = label(
        "forward_horizon", language, years=f"{result.years:g}", paths=result.n_paths
    )
    rule = rule_label(getattr(result.rule, "label", None), language)
    line = [horizon, rule, money(result.initial_amount, language, result.currency)]
    if result.inflation:
        line.append(label("todays_money", language))
    facts = {"title": title, "period": horizon, "runs": [_facts(lab, result)]}
    return head(title, line, facts, result.simulated, language)


def key_figures(result: ForwardResult, *, language: str = "ko") -> Block:
    """Return the main numbers as tiles: the fan's end, the chances, the worst times."""
    numbers = forward_numbers(result)
    shown = {name: numbers[name] for name in TILES if numbers[name] is not None}
    if result.cashflows is None:
        del shown["probability_of_ruin"]
    return tiles(
        shown,
        request_hash=result.request_hash,
        currency=result.currency,
        language=language,
    )


def by_year(result: ForwardResult, *, language: str = "ko") -> Block:
    """Return value and chances at the end of some years, a row a year."""
    chances = ["probability_of_loss"]
    chances += ["probability_of_ruin"] if result.cashflows is not None else []
    chances += ["probability_of_goal"] if result.goal is not None else []
    rows = [
        [
            Cell(str(year), number=True),
            *(
                Cell(
                    money(row[column], language, result.currency),
                    number=True,
                    fact=fact_key(result.request_hash, f"{column}@{year}"),
                )
                for column in _AMOUNTS
            ),
            *(Cell(percent(row[name], 1), number=True) for name in chances),
        ]
        for year, row in enumerate(result.by_year.to_dict("records"), 1)
        if year in SHOWN_YEARS
    ]
    heads = [label(key, language) for key in ("years_from_now", *_AMOUNTS, *chances)]
    return table(heads, rows, note=label("forward_fan_note", language))


def summary(result: ForwardResult, *, language: str = "ko") -> Block:
    """Return every figure of the summary, a row each."""
    rows = [
        [
            Cell(label(str(name), language)),
            Cell(
                measure_text(str(name), value, language, result.currency),
                number=True,
                fact=fact_key(result.request_hash, str(name)),
            ),
        ]
        for name, value in result.summary.items()
        if value is not None
    ]
    return table([label(key, language) for key in ("measure", "value")], rows)


def assumptions(lab: Lab, result: ForwardResult, *, language: str = "ko") -> Block:
    """Return what the futures rest on: assets, their history, the way of drawing."""
    symbols: Mapping[str, Any] = {}
    if result.run_id is not None:
        symbols = lab.run_record(result.run_id).request.get("instruments", {})
    rows = [
        [
            Cell(asset_label(asset, language)),
            Cell(str(symbols.get(asset, asset))),
            Cell(percent(weight, 1), number=True),
        ]
        for asset, weight in result.weights.items()
    ]
    heads = [label(key, language) for key in ("asset", "symbol", "target_weight")]
    rule = rule_label(getattr(result.rule, "label", None), language)
    note = [
        result.source_line("ko" if language == "ko" else "en"),
        f"{label('rule', language)}: {rule}",
        f"{label('forward_seed', language)} {result.seed}",
    ]
    if result.cashflows is not None:
        note.insert(2, f"{label('forward_flows', language)}: {result.cashflows.label}")
    if result.inflation:
        rate = percent(result.inflation, 1)
        note.insert(2, f"{label('forward_inflation', language)} {rate}")
    return table(heads, rows, note=" · ".join(note))


def caution(result: ForwardResult, *, language: str = "ko") -> Block:
    """Return what such futures do not tell, in a sentence."""
    words = label("forward_caution", language, years=f"{result.n_returns / 252:.1f}")
    return Block(f'<p class="note">{escape(words)}</p>', words)


def _facts(lab: Lab, result: ForwardResult) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "kind": "forward",
        "run_id": result.run_id,
        "request_hash": result.request_hash,
        "simulated": bool(result.simulated),
        "currency": result.currency,
        "numbers": forward_numbers(result),
        "spark": spark(result.fan["p50"].tolist()),
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
        }
    return facts


def _name(lab: Lab, result: ForwardResult, language: str) -> str:
    if result.run_id is not None:
        scenario = lab.run_record(result.run_id).snapshots.get("scenario")
        if scenario:
            return str(scenario[f"name_{language}"])
    return result.name or label("custom_portfolio", language)


def _number(value: Any) -> float | int | None:
    plain = value.item() if hasattr(value, "item") else value
    return None if plain is None or plain != plain else plain

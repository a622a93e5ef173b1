"""The portfolio builder's page as plain values: its state, and its wording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from foresto_lab.labels import asset_label, label
from foresto_lab.scenarios.weighting import WEIGHTINGS
from foresto_lab.types import AssetClass
from foresto_lab.widgets.chart import explorer_chart
from foresto_lab.widgets.portfolio_builder import HOLD
from foresto_lab.widgets.portfolio_draft import FIXED
from foresto_lab.widgets.tables import summary_table

if TYPE_CHECKING:
    from foresto_lab.widgets.portfolio_builder import PortfolioBuilder

ROW_PREFIX: Final = "row."
_WORDS: Final = {
    "title": "builder_title",
    "name": "builder_name",
    "description": "builder_description",
    "method": "builder_method",
    "lookback": "builder_lookback",
    "uninvested": "builder_uninvested",
    "rule": "rebalancing",
    "stored": "builder_stored",
    "symbol": "builder_symbol",
    "asset_class": "builder_class",
    "percent": "builder_percent",
    "total": "builder_total",
    "add_row": "builder_add_row",
    "spread": "builder_spread",
    "remove": "remove",
    "save": "builder_save",
    "copy_code": "copy_code",
    "copied": "copied",
    "undo": "undo",
    "redo": "redo",
    "other_language": "other_language",
    "simulated": "simulated",
    "simulated_hint": "simulated_note_chart",
    "chart": "explorer_chart",
    "summary": "summary",
    "instruments": "builder_instruments",
}


def wording(builder: PortfolioBuilder) -> dict[str, Any]:
    """Return the labels and choices of every control, in the builder's language."""
    language = builder.language
    labels = {name: label(key, language) for name, key in _WORDS.items()}
    return {
        "labels": {**labels, "language": language},
        "options": {
            "asset_class": [
                [str(n), asset_label(str(n), language)] for n in AssetClass
            ],
            "method": [
                [name, label(f"method_{name}", language)]
                for name in (FIXED, *WEIGHTINGS)
            ],
            "symbols": [list(pair) for pair in builder.known.items()],
        },
    }


def state_of(builder: PortfolioBuilder) -> dict[str, Any]:
    """Return everything that the page shows, in values that JSON or bytes hold."""
    draft, verdict, language = builder.draft, builder.verdict, builder.language
    outcome = builder.outcome
    result = outcome.result
    return {
        "form": {
            "name": draft.name,
            "description": draft.description,
            "method": draft.method,
            "lookback": draft.lookback,
            "uninvested": draft.uninvested,
            "rule": builder.rule,
        },
        "rows": [
            {
                "symbol": row.symbol,
                "asset_class": row.asset_class,
                "percent": row.percent,
                "title": builder.known.get(row.symbol.strip(), ""),
                "fault": verdict.rows.get(place, ""),
            }
            for place, row in enumerate(draft.rows)
        ],
        "computed": draft.method != FIXED,
        "total": _total(builder),
        "faults": list(verdict.faults),
        "hints": list(verdict.hints),
        "ready": verdict.passed,
        "message": builder.message or outcome.message,
        "saved": _saved(builder),
        "rules": [
            [HOLD, label("buy_and_hold", language)],
            *[[name, name] for name in builder.rules()],
        ],
        "stored": [["", "–"], *[[name, name] for name in builder.stored()]],
        "can_undo": builder.can_undo,
        "can_redo": builder.can_redo,
        "code": builder.code(),
        "simulated": bool(result is not None and result.simulated),
        "table": summary_table([outcome], language),
        "chart": explorer_chart([outcome], 0, language),
        "timing": label(
            "explorer_timing",
            language,
            compute=f"{builder.compute_seconds * 1000:.1f}",
            redraw="{redraw}",
        ),
    }


def _total(builder: PortfolioBuilder) -> str:
    total = builder.draft.total
    if total is None or builder.draft.method != FIXED:
        return "–"
    return f"{total.normalize():f} %"


def _saved(builder: PortfolioBuilder) -> str:
    kept = builder.saved
    if kept is None:
        return ""
    facts = {"reference": kept.reference, "checksum": kept.checksum[:12]}
    return label("builder_saved", builder.language, **facts)


def split_changes(
    changes: dict[str, Any],
) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    """Return the page's changes to the form, and those to rows by their place."""
    form: dict[str, Any] = {}
    rows: dict[int, dict[str, Any]] = {}
    for name, value in changes.items():
        if name.startswith(ROW_PREFIX):
            _, place, field = name.split(".")
            rows.setdefault(int(place), {})[field] = value
        else:
            form[name] = value
    return form, rows

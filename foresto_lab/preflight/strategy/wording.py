"""The sentences of an explanation, composed from its facts in Korean and English."""

from __future__ import annotations

import math
from collections.abc import Iterator

from foresto_lab.labels import count, label, percent
from foresto_lab.preflight.strategy.explanation import (
    ConditionShare,
    NearMiss,
    ZeroTradeExplanation,
)


def figure(value: float, distance: float = 0.0) -> str:
    """Return a value with as many decimals as show a distance of this size."""
    if not math.isfinite(value):
        return "–"
    size = distance if distance > 0 else abs(value) * 1e-3
    decimals = 2 if size <= 0 else min(max(2 - math.floor(math.log10(size)), 0), 10)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def times(trades: int, language: str) -> str:
    """Return how often: ``3 times``, ``once``, ``3회``."""
    if language == "ko":
        return f"{count(trades)}회"
    return "once" if trades == 1 else f"{count(trades)} times"


def near_miss_text(condition: ConditionShare, language: str = "en") -> str:
    """Return where a condition came nearest, and by how much it failed."""
    nearest = condition.nearest
    if nearest is None:
        return ""
    facts = {
        "name": condition.left_name,
        "left": figure(nearest.left, nearest.distance),
        "right": _right_text(condition, nearest),
        "time": nearest.time,
        "distance": figure(nearest.distance, nearest.distance),
    }
    key = {"<": "lowest", "<=": "lowest", ">": "highest", ">=": "highest"}.get(
        condition.operator, "nearest"
    )
    if nearest.others_held or not _is_number(condition.right_name):
        key = "nearest"
    text = label(f"preflight_{key}", language, **facts)
    if nearest.others_held:
        text += f" ({label('preflight_others_held', language)})"
    return text


def _right_text(condition: ConditionShare, nearest: NearMiss) -> str:
    shown = figure(nearest.right, nearest.distance)
    if _is_number(condition.right_name) or not condition.right_name:
        return shown
    return f"{condition.right_name} {shown}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def headline(explanation: ZeroTradeExplanation, language: str = "en") -> str:
    """Return why it would not trade, in one sentence."""
    match explanation.reason:
        case "condition_never_held":
            return _never_held(explanation, language)
        case "pair_never_together":
            pair = explanation.never_together[0]
            return label(
                "preflight_pair_never_together",
                language,
                first=pair.first_text,
                second=pair.second_text,
                bars=count(explanation.bars),
            )
        case "span_too_short" if explanation.span is not None:
            facts = _shortfall(explanation.span.required, explanation.span.available)
            return label("preflight_span_too_short", language, **facts)
        case "capital_too_small" if explanation.capital is not None:
            capital = explanation.capital
            facts = _shortfall(capital.required, capital.available)
            return label("preflight_capital_too_small", language, **facts)
        case reason:
            return label(
                f"preflight_{reason}",
                language,
                bars=count(explanation.bars),
                signals=count(explanation.entry_signals),
            )


def _shortfall(required: float, available: float) -> dict[str, str]:
    missing = max(required - available, 0.0)
    return {
        "required": figure(math.ceil(required)),
        "available": figure(available),
        "missing": figure(math.ceil(missing)),
    }


def _never_held(explanation: ZeroTradeExplanation, language: str) -> str:
    condition = next(
        c for c in explanation.conditions if not c.depth and not c.held_bars
    )
    if not condition.known_bars:
        return label("preflight_never_known", language, text=condition.text)
    sentence = label(
        "preflight_condition_never_held",
        language,
        text=condition.text,
        bars=count(condition.known_bars),
    )
    nearest = near_miss_text(condition, language)
    return f"{sentence}: {nearest}." if nearest else f"{sentence}."


def suggestion(explanation: ZeroTradeExplanation, language: str = "en") -> str:
    """Return what to change, as concretely as the data allow."""
    sentences = [
        label(
            "preflight_would_trade_at",
            language,
            text=moved.text,
            before=figure(moved.before, abs(moved.after - moved.before)),
            after=figure(moved.after, abs(moved.after - moved.before)),
            times=times(moved.trades, language),
        )
        for moved in explanation.moved[:2]
    ]
    sentences += [
        label(
            "preflight_would_trade_without",
            language,
            text=dropped.text,
            times=times(dropped.trades, language),
        )
        for dropped in explanation.dropped[:2]
    ]
    if explanation.reason == "capital_too_small" and explanation.capital is not None:
        amount = figure(math.ceil(explanation.capital.required))
        sentences.append(label("preflight_raise_capital", language, amount=amount))
    if explanation.reason == "span_too_short" and explanation.span is not None:
        missing = figure(explanation.span.missing)
        sentences.append(label("preflight_load_more", language, missing=missing))
    return " ".join(sentences)


def explanation_text(explanation: ZeroTradeExplanation, language: str = "en") -> str:
    """Return the whole explanation as lines of text."""
    return "\n".join(_lines(explanation, language))


def _lines(explanation: ZeroTradeExplanation, language: str) -> Iterator[str]:
    yield headline(explanation, language)
    yield from condition_lines(explanation, language)
    proposed = suggestion(explanation, language)
    if proposed:
        yield proposed


def condition_lines(
    explanation: ZeroTradeExplanation, language: str = "en"
) -> Iterator[str]:
    """Yield a line for each condition, and for each pair that is never together."""
    for condition in explanation.conditions:
        nearest = near_miss_text(condition, language)
        held = label(
            "preflight_held_share",
            language,
            share=percent(condition.share),
            held=count(condition.held_bars),
            known=count(condition.known_bars),
        )
        place = "  " * (condition.depth + 1)
        yield f"{place}{condition.text}: {held}" + (f"; {nearest}" if nearest else "")
    for pair in explanation.never_together:
        yield "  " + label(
            "preflight_pair", language, first=pair.first_text, second=pair.second_text
        )

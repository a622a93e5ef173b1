"""The recorded answers, cut to what a request asks for, as each provider cuts them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.recorded.provider_server import Answer, Asked, Behaviour

FOLDER = Path(__file__).parent


def naver(files: Mapping[str, str]) -> Behaviour:
    """Answer as Naver's chart does: the last ``count`` rows of a symbol's file.

    A symbol without a file has no rows.
    """

    def answer(asked: Asked) -> Answer:
        assert asked.path == "/sise.nhn"
        name = files.get(asked.query["symbol"], "no_rows.xml")
        text = (FOLDER / "naver" / name).read_bytes()
        items = re.findall(rb"\t\t<item [^\n]*\n", text)
        for extra in items[: -int(asked.query["count"])]:
            text = text.replace(extra, b"", 1)
        return Answer(text, kind="application/xml;charset=EUC-KR")

    return answer


def yahoo(files: Mapping[str, str]) -> Behaviour:
    """Answer as Yahoo's chart does: the rows from ``period1`` up to ``period2``.

    A symbol without a file is unknown; the pages of cookies and crumbs are empty.
    """

    def answer(asked: Asked) -> Answer:
        if "/v8/finance/chart/" not in asked.path:
            return Answer(b"crumb", kind="text/plain")
        symbol = asked.path.rpartition("/")[2]
        if symbol not in files:
            return Answer(
                (FOLDER / "yahoo" / "not_found.json").read_bytes(), status=404
            )
        chart = json.loads((FOLDER / "yahoo" / files[symbol]).read_bytes())
        if "period1" in asked.query:
            span = (int(asked.query["period1"]), int(asked.query["period2"]))
            if not _cut_chart(chart["chart"]["result"][0], *span):
                nothing = (FOLDER / "yahoo" / "no_rows.json").read_bytes()
                return Answer(nothing, status=400)
        return Answer(json.dumps(chart).encode())

    return answer


def _cut_chart(result: dict[str, Any], first: int, after: int) -> int:
    """Leave the rows of a span in a chart; return how many there are."""
    kept = [n for n, at in enumerate(result["timestamp"]) if first <= at < after]
    result["timestamp"] = [result["timestamp"][n] for n in kept]
    for group in result["indicators"].values():
        for name, column in group[0].items():
            group[0][name] = [column[n] for n in kept]
    for kind, events in result.get("events", {}).items():
        result["events"][kind] = {
            key: event
            for key, event in events.items()
            if first <= event["date"] < after
        }
    return len(kept)


def binance(files: Mapping[tuple[str, str], str]) -> Behaviour:
    """Answer as Binance does: ``limit`` candles from ``startTime`` on.

    The exchange's other markets (futures) are empty; an unknown one is refused.
    """

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("/exchangeInfo"):
            spot = asked.host == "api.binance.com"
            info = (FOLDER / "binance" / "exchangeInfo.json").read_bytes()
            return Answer(info if spot else b'{"symbols":[]}')
        if asked.path.startswith("/sapi/"):  # what ccxt asks for who has a key
            return Answer(b"[]")
        assert asked.path == "/api/v3/klines"
        name = files[asked.query["symbol"], asked.query["interval"]]
        rows = json.loads((FOLDER / "binance" / name).read_bytes())
        start, limit = int(asked.query["startTime"]), int(asked.query["limit"])
        kept = [row for row in rows if row[0] >= start][:limit]
        return Answer(json.dumps(kept).encode())

    return answer

"""What Yahoo's way of writing a symbol says of its exchange."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ENDINGS: Final[Mapping[str, str]] = {
    "KS": "XKRX",
    "KQ": "XKRX",
    "T": "XTKS",
    "HK": "XHKG",
    "SS": "XSHG",
    "SZ": "XSHG",
    "L": "XLON",
    "DE": "XETR",
    "PA": "XPAR",
    "TO": "XTSE",
    "AX": "XASX",
}
"""What stands behind the point -> the calendar of that exchange."""

_INDICES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("^GSPC", "^DJI", "^IXIC", "^RUT", "^NDX", "^VIX"), "XNYS"),
    **dict.fromkeys(("^KS11", "^KQ11", "^KS200"), "XKRX"),
    "^N225": "XTKS",
    "^HSI": "XHKG",
    "^FTSE": "XLON",
    "^GDAXI": "XETR",
    "^FCHI": "XPAR",
}


def yahoo_calendar(symbol: str) -> str | None:
    """Return the calendar of a symbol as Yahoo writes it; None where it is not known.

    ``SPY`` and ``BRK-B`` trade in New York, ``005930.KS`` in Seoul; ``KRW=X`` is a
    currency, ``BTC-USD`` a coin.
    """
    code = symbol.upper()
    if code.startswith("^"):
        return _INDICES.get(code)
    if code.endswith("=X"):
        return "24/5"
    if code.endswith(("-USD", "-KRW", "-USDT")):
        return "24/7"
    if "=" in code:
        return None
    _, point, ending = code.rpartition(".")
    return _ENDINGS.get(ending) if point else "XNYS"

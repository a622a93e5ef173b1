"""Jobs: whom to ask for which symbol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foresto_lab.errors import InputError
from foresto_lab.runs.protocols import Catalog

Key = tuple[str, str]
"""A symbol, and the timeframe of its candles; daily prices have an empty one."""


@dataclass(frozen=True, slots=True)
class Job:
    """One symbol, or its candles of one timeframe, to ask a source for.

    Parameters
    ----------
    symbol, source : str
    timeframe : str
        Of candles; empty for daily prices.
    last_stored : str
        The last row that is stored, as it is shown; empty for a symbol without rows.
    """

    symbol: str
    source: str
    timeframe: str = ""
    last_stored: str = ""

    @property
    def title(self) -> str:
        """The symbol, with the timeframe of candles."""
        return f"{self.symbol} {self.timeframe}".rstrip()


@dataclass(frozen=True, slots=True)
class RecordedUpdate:
    """What ``source_load_history`` keeps of an update; it says who is asked next time.

    No key, password or URL is part of it.
    """

    job: Job
    library: str
    first: str
    last: str
    reloaded: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON-ready values."""
        facts = {
            "connector": self.job.source,
            "library": self.library,
            "symbol": self.job.symbol,
            "timeframe": self.job.timeframe or None,
            "first": self.first,
            "last": self.last,
            "reloaded": self.reloaded or None,
        }
        return {name: value for name, value in facts.items() if value is not None}


def last_sources(catalog: Catalog, table: str) -> Mapping[Key, str]:
    """Return the connector that the rows of each key came from last.

    What came from files alone is not there.
    """
    found: dict[Key, str] = {}
    for options in catalog.last_loads(table):
        if "connector" in options:
            key = (str(options["symbol"]), str(options.get("timeframe") or ""))
            found.setdefault(key, str(options["connector"]))
    return found


def jobs_named(
    keys: Sequence[Key],
    stored: Mapping[Key, str],
    source: str | None,
    last: Mapping[Key, str],
) -> list[Job]:
    """Return a job for each key that a user named, in that order.

    Raises
    ------
    InputError
        A symbol is empty, or nobody is known to ask for it.
    """
    jobs = []
    for key in dict.fromkeys(keys):
        symbol, timeframe = key
        chosen = source or last.get(key)
        if not symbol.strip():
            raise InputError(message="A symbol is empty. Name it, or leave it out.")
        if chosen is None:
            example = "ccxt:binance" if timeframe else "pykrx, fdr or yfinance"
            raise InputError(
                message=f"{symbol} {timeframe}".rstrip()
                + f" has never come from a connector. Name a source: {example}."
            )
        jobs.append(Job(symbol, chosen, timeframe, stored.get(key, "")))
    return jobs


def jobs_stored(
    stored: Mapping[Key, str], source: str | None, last: Mapping[Key, str]
) -> tuple[list[Job], list[Job]]:
    """Return a job for each stored key, and those that came from files alone.

    With a source, those that came from it last; files are then not spoken of.

    Raises
    ------
    InputError
        Nothing came from the source that was named.
    """
    jobs, files = [], []
    for key, shown in stored.items():
        known = last.get(key)
        if known is None and source is None:
            files.append(Job(key[0], "file", key[1], shown))
        elif known is not None and source in (None, known):
            jobs.append(Job(key[0], known, key[1], shown))
    if source and not jobs:
        raise InputError(
            message=f"Nothing that is stored came from {source}. Name the symbols to "
            "ask it for."
        )
    return jobs, files

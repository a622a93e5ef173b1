"""Recent candles out of Redis, where a live feed keeps them; read only.

The key is ``candles_with_indicators:{symbol}:{timeframe}``. It holds either a text, a
JSON list of candles, or a Redis list whose every element is one candle in JSON.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from foresto_lab.errors import CandleTableError, RecentSourceError
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.market.protocols import RecentCandleSource
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources.recent_entries import (
    UnreadableEntriesError,
    parse_entries,
    parse_json_list,
)

KEY = "candles_with_indicators:{symbol}:{timeframe}"
LONGEST_SECONDS = 1.0
"""Within which a whole answer must be there."""
MOST_BYTES = 32 * 1024 * 1024
MOST_ENTRIES = 100_000


class RedisCandleSource(RecentCandleSource):
    """Candles that a feed keeps in Redis; see ``RecentCandleSource``.

    Making one connects to nothing and imports nothing heavy; each call connects anew.
    Only commands that read are sent: TYPE, STRLEN, LLEN, GET, LRANGE.

    Parameters
    ----------
    url : str
        ``redis://[user:password@]host:port/number``; secret, never shown.
    longest_seconds : float
        How long one call may take, connecting included.
    """

    def __init__(self, url: str, *, longest_seconds: float = LONGEST_SECONDS) -> None:
        self._url = url
        self._longest_seconds = longest_seconds
        self.name = _shown(url)

    def __repr__(self) -> str:
        """Return the class and the server, without user and password."""
        return f"{type(self).__name__}({self.name!r})"

    def fetch_recent(self, symbol: str, timeframe: Timeframe) -> CandleTable:
        """Return the candles of the key; see ``RecentCandleSource.fetch_recent``.

        Raises
        ------
        RecentSourceError
            The server is away, asks for another password, does not answer in time, or
            what the key holds is no list of candles, or far too long.
        """
        key = KEY.format(symbol=symbol, timeframe=timeframe)
        entries = self._within_time(lambda client: _read_entries(client, key))
        try:
            return parse_entries(entries, symbol, timeframe)
        except (UnreadableEntriesError, CandleTableError) as error:
            raise _wrong(self.name, key, str(error)) from None

    def _within_time(self, read: Callable[[Any], list[Any]]) -> list[Any]:
        """Return what a reading gives; give it up when its time is over."""
        import redis

        client = _client(self._url, self._longest_seconds)
        answers: list[list[Any]] = []
        faults: list[Exception] = []

        def work() -> None:
            try:
                answers.append(read(client))
            except Exception as error:  # handed to the caller's thread below
                faults.append(error)

        worker = threading.Thread(target=work, name="recent-candles", daemon=True)
        worker.start()
        worker.join(self._longest_seconds)
        in_time = not worker.is_alive()
        with contextlib.suppress(redis.RedisError, OSError):
            client.connection_pool.disconnect()
        if answers:
            return answers[0]
        raise self._fault(faults[0] if faults and in_time else None) from None

    def _fault(self, error: Exception | None) -> RecentSourceError:
        """Return what stopped a reading, in words; None is that it took too long."""
        import redis
        from redis.exceptions import AuthenticationError, NoPermissionError

        if isinstance(error, RecentSourceError):
            return RecentSourceError(**{**error.facts, "source": self.name})
        if error is None or isinstance(error, redis.TimeoutError):
            reason = f"it did not answer within {self._longest_seconds:g} s."
            fix = "See that the server runs and is not overloaded."
        elif isinstance(error, AuthenticationError | NoPermissionError):
            reason = "it does not let this user in, or not read the key."
            fix = "Put user and password into FORESTO_REDIS_URL."
        elif isinstance(error, redis.ConnectionError | OSError):
            reason = "it cannot be reached."
            fix = "See that it runs and that FORESTO_REDIS_URL is right."
        else:
            said = str(error).splitlines()[0] if str(error) else ""
            reason = (
                f"it answered with an error ({type(error).__name__}: {said[:120]})."
            )
            fix = "See its log."
        return RecentSourceError(source=self.name, reason=reason, fix=fix)


def _client(url: str, seconds: float) -> Any:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return redis.Redis.from_url(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        client_name="foresto_lab",
    )


def _read_entries(client: Any, key: str) -> list[Any]:
    """Return the candles of a key as JSON gives them; none where there is no key."""
    kind = client.type(key).decode()
    if kind == "none":
        return []
    if kind == "string":
        _require_size(key, client.strlen(key), MOST_BYTES, "bytes")
        text = client.get(key)
        try:
            return [] if text is None else parse_json_list(text)
        except UnreadableEntriesError as error:
            raise _wrong("", key, str(error)) from None
    if kind == "list":
        _require_size(key, client.llen(key), MOST_ENTRIES, "entries")
        elements = client.lrange(key, 0, -1)
        try:
            return parse_json_list(b"[" + b",".join(elements) + b"]")
        except UnreadableEntriesError as error:
            raise _wrong("", key, str(error)) from None
    raise _wrong("", key, f"it is a {kind}, neither a text nor a list")


def _require_size(key: str, size: int, most: int, what: str) -> None:
    if size > most:
        raise _wrong("", key, f"it has {size:,} {what}, more than {most:,}")


def _wrong(source: str, key: str, reason: str) -> RecentSourceError:
    return RecentSourceError(
        source=source,
        reason=f"the key {key!r} holds no list of candles: {reason.rstrip('.')}.",
        fix="See what the feed writes there.",
    )


def _shown(url: str) -> str:
    """Return a URL without user, password and query."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}"
    try:
        port = parts.port or 6379
    except ValueError:
        port = 6379
    return f"{parts.scheme}://{parts.hostname or 'localhost'}:{port}{parts.path}"

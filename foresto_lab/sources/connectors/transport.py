"""What comes over the wire, looked at before a library makes a table of it.

The libraries of the providers overlook much: pykrx and FinanceDataReader ask without
any time limit, take a web page for an empty table, and a table that was cut off for a
whole one. So every answer is looked at first, and a bad one becomes a sentence.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn

from foresto_lab.errors import (
    ConnectorError,
    ProviderUnreachableError,
    RateLimitedError,
    UnreadableAnswerError,
)

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

TIME_LIMIT_SECONDS = 30.0
"""For one request, to connect and between two pieces of the answer."""

_PAGE_BEGINNINGS = (b"<!doctype html", b"<html", b"<head", b"<body")
_TURN = threading.Lock()


def require_usable(
    provider: str,
    symbol: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    whole_ends_with: bytes = b"",
) -> None:
    """Raise for an answer that holds no rows to read.

    A status such as 404 with a body that is no web page passes: the library reads there
    that a symbol is unknown.

    Parameters
    ----------
    whole_ends_with : bytes
        What an answer that was not cut off ends with; nothing: that is not looked at.

    Raises
    ------
    RateLimitedError
        429: too many requests.
    ProviderUnreachableError
        A status of 500 or more; or 401, 403, 407, 451: it will not answer here.
    UnreadableAnswerError
        A web page in place of data; an answer that was cut off.
    """
    if status == 429:
        _raise_rate_limited(provider, symbol, headers)
    if status >= 500:
        raise ProviderUnreachableError(
            provider=provider,
            symbol=symbol,
            reason=f"its server is out of order (HTTP {status}).",
            fix="Try again later.",
            transient=True,
            retry_after=_seconds_asked(headers),
        )
    if status in (401, 403, 407, 451):
        raise ProviderUnreachableError(
            provider=provider,
            symbol=symbol,
            reason=f"it refuses requests from here (HTTP {status}).",
            fix="Look whether it asks for a key or a login, or blocks this network.",
        )
    beginning = body.lstrip()[:64].lower()
    if beginning.startswith(_PAGE_BEGINNINGS):
        raise UnreadableAnswerError(
            provider=provider,
            symbol=symbol,
            reason="it answered with a web page in place of data (a notice of "
            "maintenance, a login or a block).",
            fix="Open its site in a browser, or try again later.",
            transient=True,
        )
    if whole_ends_with and body and not body.rstrip().endswith(whole_ends_with):
        raise cut_off(provider, symbol)


def require_whole_json(provider: str, symbol: str, body: bytes) -> None:
    """Raise UnreadableAnswerError for an answer that is no whole JSON."""
    try:
        json.loads(body)
    except ValueError:
        raise cut_off(provider, symbol) from None


def cut_off(provider: str, symbol: str) -> UnreadableAnswerError:
    """Return the error of an answer that ends too early."""
    return UnreadableAnswerError(
        provider=provider,
        symbol=symbol,
        reason="its answer was empty or cut off.",
        fix="Try again.",
        transient=True,
    )


def unreachable(provider: str, symbol: str, error: BaseException) -> ConnectorError:
    """Return the error of a request without an answer: no network, no server, late."""
    late = "timeout" in type(error).__name__.lower() or isinstance(error, TimeoutError)
    reason = "it did not answer in time" if late else "it cannot be reached"
    return ProviderUnreachableError(
        provider=provider,
        symbol=symbol,
        reason=f"{reason} ({type(error).__name__}).",
        fix="Look whether this machine is on the network, and whether a proxy is "
        "needed (HTTPS_PROXY).",
        transient=True,
    )


def _raise_rate_limited(
    provider: str, symbol: str, headers: Mapping[str, str]
) -> NoReturn:
    seconds = _seconds_asked(headers)
    asked = f"; it asks to wait {seconds:,.0f} s" if seconds else ""
    raise RateLimitedError(
        provider=provider,
        symbol=symbol,
        reason=f"too many requests (HTTP 429){asked}.",
        fix="Run the same update later: it goes on where it stopped.",
        transient=True,
        retry_after=seconds,
    )


def _seconds_asked(headers: Mapping[str, str]) -> float | None:
    """Return what ``Retry-After`` says, in seconds; it may also be a date."""
    given = next((v for k, v in headers.items() if k.lower() == "retry-after"), "")
    if given.strip().isdigit():
        return float(given)
    try:
        until = parsedate_to_datetime(given)
    except ValueError:
        return None
    sent = next((v for k, v in headers.items() if k.lower() == "date"), "")
    try:
        now = parsedate_to_datetime(sent)
    except ValueError:
        now = datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


@contextmanager
def watched_requests(
    provider: str,
    symbol: str,
    *,
    whole_ends_with: bytes = b"",
    whole_json: bool = False,
) -> Iterator[None]:
    """Look at every answer that the library ``requests`` gets on this thread.

    Within the context a request that says no time limit has one. Other threads are not
    touched, and one context is open at a time.

    Raises
    ------
    ConnectorError
        Out of the library's own call, as ``require_usable`` says.
    """
    import requests

    mine = threading.get_ident()
    plain: Callable[..., Response] = requests.Session.send

    def send(session: Session, request: PreparedRequest, **options: Any) -> Response:
        if threading.get_ident() != mine:
            return plain(session, request, **options)
        options["timeout"] = options.get("timeout") or TIME_LIMIT_SECONDS
        try:
            response = plain(session, request, **options)
        except (
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ):
            raise cut_off(provider, symbol) from None
        except requests.exceptions.RequestException as error:
            raise unreachable(provider, symbol, error) from error
        require_usable(
            provider,
            symbol,
            response.status_code,
            response.headers,
            response.content,
            whole_ends_with=whole_ends_with,
        )
        if whole_json:
            require_whole_json(provider, symbol, response.content)
        return response

    with _TURN:
        requests.Session.send = send  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            requests.Session.send = plain  # type: ignore[method-assign]

"""Keep secrets out of what is written: URLs' passwords above all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote, urlsplit

MASK: Final = "***"
SHORTEST_KNOWN_SECRET: Final = 8
"""A shorter password is masked in URLs only: as a word it could be anywhere."""

_URL_PASSWORD: Final = re.compile(r"([A-Za-z][\w+.-]*://[^\s:/@]*):(\S*)@")
_NAMED_VALUE: Final = re.compile(
    r"""(?ix)
    ( [\w-]* (?:password|passwd|pwd|secret|token|api[_-]?key) [\w-]* ["']? \s*[=:]\s* )
    ( '[^']*' | "[^"]*" | [^\s&,;'"}\])]+ )
    """
)
_SECRET_NAME: Final = re.compile(
    r"(?i)(?:^|[_-])(?:password|passwd|pwd|secret|token|api_?key|authorization)$"
)


def is_secret_name(name: str) -> bool:
    """Return whether what goes by this name is never written."""
    return _SECRET_NAME.search(name) is not None


def mask_secrets(text: str, known: Iterable[str] = ()) -> str:
    """Return a text without the passwords in its URLs and in ``password=...``.

    Parameters
    ----------
    known : iterable of str
        Secrets of this process; masked wherever they stand as a word of their own.
    """
    if "://" in text:
        text = _URL_PASSWORD.sub(rf"\1:{MASK}@", text)
    if "=" in text or ":" in text:
        text = _NAMED_VALUE.sub(rf"\1{MASK}", text)
    for secret in known:
        if secret in text:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, text)
    return text


def secrets_of_url(url: str) -> tuple[str, ...]:
    """Return a URL's password, as written and decoded, where it is long enough."""
    try:
        password = urlsplit(url).password or ""
    except ValueError:
        return ()
    spellings = dict.fromkeys((password, unquote(password)))
    return tuple(s for s in spellings if len(s) >= SHORTEST_KNOWN_SECRET)

"""Codes of Korea's exchange."""

from __future__ import annotations

import re

KOREAN_CODE = re.compile(r"\d{4}[0-9A-HJ-NP-TV-Z][0-9KLMN]")
"""Six places, ``005930`` or ``0000J0``: since 2024 the fifth may be a letter, but for
I, O and U; the sixth one of K, L, M and N (preferred shares)."""

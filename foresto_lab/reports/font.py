"""The font that every page carries: cut to its characters, embedded as data.

The shipped font stores its tables untransformed (see ``fonts/make_font.py``), so
opening it is one decompression and cutting it takes about half a second.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final

from foresto_lab.figures.finding_words import finding_characters
from foresto_lab.labels import label_characters

FAMILY: Final = "Foresto Sans"
FONT_FILE: Final = Path(__file__).parent / "fonts" / "ForestoSans.woff2"
_SCRIPTED: Final = "".join(map(chr, range(0x20, 0x7F))) + "·–−…%₩★±≥≤×→"
"""What scripts may write on a page: dates, numbers, labels of axes."""


def font_face(text: str) -> str:
    """Return the CSS rule that embeds the font for the characters of ``text``."""
    data = base64.b64encode(font_subset(alphabet(text))).decode("ascii")
    return (
        f'@font-face{{font-family:"{FAMILY}";font-weight:45 930;font-style:normal;'
        f'font-display:block;src:url("data:font/woff2;base64,{data}")format("woff2")}}'
    )


def alphabet(text: str = "") -> frozenset[str]:
    """Return the characters to embed: those of all labels, and those of a text.

    Most pages are written in labels' characters alone, so one cut serves them all.
    """
    shown = frozenset(character for character in text if character.isprintable())
    words = label_characters() | finding_characters()
    return words | frozenset(_SCRIPTED) | shown


@lru_cache(maxsize=16)
def font_subset(characters: frozenset[str]) -> bytes:
    """Return the WOFF2 font of these characters."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    cutter = subset.Subsetter(
        subset.Options(layout_features=["ccmp", "kern", "tnum"], hinting=False)
    )
    cutter.populate(text="".join(sorted(characters)))
    stream = BytesIO()
    with TTFont(FONT_FILE, lazy=True, recalcTimestamp=False) as font:
        cutter.subset(font)
        font.flavor, font.flavorData = "woff2", None
        font.save(stream)
    return stream.getvalue()

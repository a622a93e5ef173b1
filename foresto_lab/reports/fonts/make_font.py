"""Make ForestoSans.woff2 from Pretendard's variable font.

    python make_font.py PretendardVariable.woff2

The input is ``dist/web/variable/woff2/PretendardVariable.woff2`` of Pretendard 1.3.9.
All its characters stay; the features that reports do not use go. The tables are stored
untransformed, so that a page's subset is cut in half a second instead of five. It
carries another name, as the licence asks of a modified font.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.woff2 import WOFF2FlavorData

FAMILY = "Foresto Sans"
FEATURES = ["ccmp", "kern", "tnum"]
KEPT_NAMES = {0, 1, 2, 3, 4, 6, 13, 14}
"""Copyright, family, style, identifier, full and PostScript name, licence, its URL."""


def make_font(source: Path, target: Path) -> None:
    """Cut, rename and store the font."""
    font = TTFont(source)
    options = subset.Options(layout_features=FEATURES, notdef_outline=True)
    options.name_IDs = sorted(KEPT_NAMES)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=font.getBestCmap())
    cutter.subset(font)
    rename(font)
    font.flavor = "woff2"
    font.flavorData = WOFF2FlavorData(transformedTables=set())
    font.save(target)


def rename(font: TTFont) -> None:
    """Take the reserved name out of every name of the font."""
    names = {1: FAMILY, 2: "Regular", 3: f"{FAMILY} 1.0", 4: FAMILY, 6: "ForestoSans"}
    for record in list(font["name"].names):
        if record.nameID in names:
            record.string = names[record.nameID]
        elif record.nameID not in KEPT_NAMES:
            font["name"].names.remove(record)


if __name__ == "__main__":
    make_font(Path(sys.argv[1]), Path(__file__).with_name("ForestoSans.woff2"))

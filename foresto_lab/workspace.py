"""Set up a workspace: catalog, explorer notebooks, and the sample prices.

Doing it again changes nothing: what is there stays, and a notebook or a mapping that
a user changed is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foresto_lab.errors import WorkspaceReadOnlyError
from foresto_lab.workspace_files import (
    SAMPLE_METADATA,
    SAMPLE_PRICES,
    explorer_notebooks,
    sample_folder,
)

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.scenarios import Instrument


@dataclass(frozen=True, slots=True)
class WorkspaceSetup:
    """What setting up a workspace did, for its user to read."""

    home: Path
    is_new: bool
    notebooks_added: tuple[str, ...]
    notebooks_kept: tuple[str, ...]
    """Those that are there with other content than the package's; left as they are."""
    sample_rows: int | None
    """Rows of the sample that were new; None when it was not asked for."""
    asset_classes_mapped: tuple[str, ...]


def set_up_workspace(home: Path, *, with_sample: bool = True) -> WorkspaceSetup:
    """Create or complete the workspace in ``home``.

    Parameters
    ----------
    home : Path
        The folder; created when it is not there.
    with_sample : bool
        Load the SIMULATED sample prices. An asset class is mapped to its sample
        instrument only while its present instrument has no prices.

    Raises
    ------
    WorkspaceReadOnlyError
        The folder cannot be written.
    """
    from foresto_lab.lab import open_lab
    from foresto_lab.settings import CATALOG_FILE

    is_new = not (home / "data" / CATALOG_FILE).exists()
    lab = open_lab(home)
    added, kept = copy_notebooks(lab.home / "notebooks" / "explore")
    rows: int | None = None
    mapped: tuple[str, ...] = ()
    if with_sample:
        rows, mapped = load_sample(lab)
    return WorkspaceSetup(lab.home, is_new, added, kept, rows, mapped)


def copy_notebooks(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Copy the explorer notebooks; return those added and those kept as changed."""
    added, kept = [], []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for source in explorer_notebooks():
            target = folder / source.name
            content = source.read_bytes()
            if not target.exists():
                target.write_bytes(content)
                added.append(source.name)
            elif target.read_bytes() != content:
                kept.append(source.name)
    except PermissionError as error:
        raise WorkspaceReadOnlyError(path=folder, reason=error.strerror) from None
    return tuple(added), tuple(kept)


def load_sample(lab: Lab) -> tuple[int, tuple[str, ...]]:
    """Load the sample; return the number of new rows and the classes mapped to it."""
    folder = sample_folder()
    instruments = sample_instruments(folder)
    lab.storage.catalog.save_instruments(instruments)
    report = lab.load_prices(folder / SAMPLE_PRICES)
    lab.update_returns()
    mapped_now = lab.storage.catalog.instrument_map()
    loaded = set(lab.coverage()["symbol"])
    missing = {
        instrument.asset_class: instrument.symbol
        for instrument in instruments
        if mapped_now.get(instrument.asset_class) not in loaded
    }
    lab.map_instruments(missing)
    return report.outcome.rows_inserted if report.outcome else 0, tuple(missing)


def sample_instruments(folder: Path) -> tuple[Instrument, ...]:
    """Return the instruments of the sample, as its metadata describes them."""
    from foresto_lab.scenarios import Instrument

    metadata = json.loads((folder / SAMPLE_METADATA).read_text(encoding="utf-8"))
    return tuple(Instrument(**facts) for facts in metadata["instruments"])

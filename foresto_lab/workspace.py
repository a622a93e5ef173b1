"""Set up a workspace: catalog, explorer notebooks, and the sample prices.

Doing it again changes nothing: what is there stays, and a notebook or a mapping that
a user changed is kept.

The folder of a workspace on a team's database holds notebooks, reports and a file that
says so; prices and runs are in the database.
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

TEAM_NOTE = """\
The prices and runs of this workspace are in a team's PostgreSQL database.
FORESTO_DATABASE_URL names it, in the environment or in the workspace's .env.
"""


@dataclass(frozen=True, slots=True)
class WorkspaceSetup:
    """What setting up a workspace did, for its user to read."""

    home: Path
    team_database: str | None
    """The team's database, as it may be shown; None for a store in the folder."""
    is_new: bool
    notebooks_added: tuple[str, ...]
    notebooks_kept: tuple[str, ...]
    """Those that are there with other content than the package's; left as they are."""
    sample_rows: int | None
    """Rows of the sample that were new; None when it was not asked for."""
    asset_classes_mapped: tuple[str, ...]


def set_up_workspace(
    home: Path, *, database_url: str | None = None, with_sample: bool | None = None
) -> WorkspaceSetup:
    """Create or complete the workspace in ``home``.

    Parameters
    ----------
    home : Path
        The folder; created when it is not there.
    database_url : str, optional
        A team's PostgreSQL database; left out, ``FORESTO_DATABASE_URL`` or the folder.
    with_sample : bool, optional
        Load the SIMULATED sample prices; left out, into a folder's own store but not
        into a team's. An asset class is mapped to its sample instrument only while its
        present instrument has no prices.

    Raises
    ------
    WorkspaceReadOnlyError
        The folder cannot be written.
    """
    from foresto_lab.lab import open_lab
    from foresto_lab.settings import CATALOG_FILE, TEAM_FILE

    data = home / "data"
    is_new = not any((data / name).exists() for name in (CATALOG_FILE, TEAM_FILE))
    lab = open_lab(home, database_url)
    is_team = lab.storage.database.dialect == "postgresql"
    if is_team:
        mark_as_team_workspace(data / TEAM_FILE)
    added, kept = copy_notebooks(lab.home / "notebooks" / "explore")
    rows: int | None = None
    mapped: tuple[str, ...] = ()
    if with_sample or (with_sample is None and not is_team):
        rows, mapped = load_sample(lab)
    return WorkspaceSetup(
        home=lab.home,
        team_database=lab.storage.location if is_team else None,
        is_new=is_new,
        notebooks_added=added,
        notebooks_kept=kept,
        sample_rows=rows,
        asset_classes_mapped=mapped,
    )


def mark_as_team_workspace(path: Path) -> None:
    """Write the file by which a folder is known as a team's workspace."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(TEAM_NOTE, encoding="utf-8")
    except PermissionError as error:
        raise WorkspaceReadOnlyError(path=path, reason=error.strerror) from None


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

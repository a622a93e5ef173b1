"""Where the files that come with the package lie: templates, notebooks, sample prices.

In a checkout they are the repository's own; in an installed wheel they are inside the
package, in ``_workspace``.
"""

from __future__ import annotations

from pathlib import Path

from foresto_lab.errors import StorageError

PACKAGE = Path(__file__).resolve().parent
SAMPLE_PRICES = "SIMULATED_daily_prices.parquet"
SAMPLE_METADATA = "metadata.json"


def files_root() -> Path:
    """Return the folder that holds ``notebooks/`` and ``data/sample/``.

    Raises
    ------
    StorageError
        The installation lacks them.
    """
    installed, checkout = PACKAGE / "_workspace", PACKAGE.parent
    for root in (installed, checkout):
        if (root / "notebooks").is_dir() and (root / "data" / "sample").is_dir():
            return root
    raise StorageError(
        message=f"The notebooks and sample prices that come with foresto_lab are "
        f"neither in {installed} nor in {checkout}. Install the package again."
    )


def template_folder() -> Path:
    """Return the folder of the report templates that come with the package."""
    return files_root() / "notebooks" / "reports"


def explorer_notebooks() -> tuple[Path, ...]:
    """Return the explorer notebooks that come with the package, by name."""
    return tuple(sorted((files_root() / "notebooks" / "explore").glob("*.ipynb")))


def sample_folder() -> Path:
    """Return the folder of the SIMULATED sample prices and their metadata."""
    return files_root() / "data" / "sample"

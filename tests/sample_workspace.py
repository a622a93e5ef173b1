"""A workspace with the SIMULATED sample prices, made once for the tests of reports."""

from __future__ import annotations

import json
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLE = REPOSITORY / "data" / "sample"
FACTS = ("symbol", "name_ko", "name_en", "asset_class", "currency", "calendar")


def make_sample_workspace(home: Path) -> Path:
    """Load the sample into a new workspace, mapped to the asset classes; return it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    import foresto_lab as fl
    from foresto_lab.market.protocols import DAILY_PRICE_COLUMNS

    lab = fl.open_lab(home)
    metadata = json.loads((SAMPLE / "metadata.json").read_text("utf-8"))
    rows = pq.read_table(SAMPLE / metadata["file"]).select(list(DAILY_PRICE_COLUMNS))
    rows = rows.set_column(0, "symbol", rows["symbol"].cast(pa.string()))
    lab.storage.series.load_daily_prices(rows.replace_schema_metadata(None))
    instruments = metadata["instruments"]
    lab.storage.catalog.save_instruments(
        [
            fl.Instrument(**{name: item[name] for name in FACTS}, simulated=True)
            for item in instruments
        ]
    )
    lab.map_instruments({item["asset_class"]: item["symbol"] for item in instruments})
    return home

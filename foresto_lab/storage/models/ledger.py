"""The trial ledger: what was ever evaluated of a strategy on a set of data."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from foresto_lab.storage.models.base import Base, RunId, UtcInstant


class TrialLedger(Base):
    """One search, or one backtest: how many trials it made, and how good they were.

    The row is written again with every part that a search has evaluated; one that is
    resumed goes on with the row of the run that it began as. It refers to no run: a
    trial was made whatever becomes of the run it was made in, so deleting runs, and
    cleaning up, leave the ledger as it is.

    ``sharpe_mean`` and ``sharpe_squares`` are the mean of the ``measured`` trials'
    Sharpe ratios per bar, and the sum of the squares of their distances from it.
    """

    __tablename__ = "trial_ledger"
    __table_args__ = (
        CheckConstraint("length(family) > 0", name="family"),
        CheckConstraint("evaluated >= 0", name="evaluated"),
        CheckConstraint("measured >= 0 AND measured <= evaluated", name="measured"),
        CheckConstraint("sharpe_squares >= 0", name="sharpe_squares"),
        Index(None, "family"),
    )

    run_id: Mapped[str] = mapped_column(RunId, primary_key=True)
    family: Mapped[str] = mapped_column(String(128))
    data: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(String(32))
    evaluated: Mapped[int]
    measured: Mapped[int]
    sharpe_mean: Mapped[float]
    sharpe_squares: Mapped[float]
    recorded_at: Mapped[datetime] = mapped_column(UtcInstant)

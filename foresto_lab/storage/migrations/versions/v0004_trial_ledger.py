"""The trial ledger: every evaluation ever made of a strategy on a set of data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the ledger; it refers to no run, so that it outlives them."""
    op.create_table(
        "trial_ledger",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("family", sa.String(length=128), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("evaluated", sa.Integer(), nullable=False),
        sa.Column("measured", sa.Integer(), nullable=False),
        sa.Column("sharpe_mean", sa.Double(), nullable=False),
        sa.Column("sharpe_squares", sa.Double(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint("length(family) > 0", name=op.f("ck_trial_ledger_family")),
        sa.CheckConstraint("evaluated >= 0", name=op.f("ck_trial_ledger_evaluated")),
        sa.CheckConstraint(
            "measured >= 0 AND measured <= evaluated",
            name=op.f("ck_trial_ledger_measured"),
        ),
        sa.CheckConstraint(
            "sharpe_squares >= 0", name=op.f("ck_trial_ledger_sharpe_squares")
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_trial_ledger")),
    )
    op.create_index(
        op.f("ix_trial_ledger_family"), "trial_ledger", ["family"], unique=False
    )


def downgrade() -> None:
    """Drop the ledger, and the count of trials with it."""
    op.drop_table("trial_ledger")

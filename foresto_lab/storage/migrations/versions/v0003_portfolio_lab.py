"""The portfolio lab: custom portfolios, markets, and runs of two more kinds.

On SQLite the rules of a table cannot be altered, and to make ``simulation_run`` anew
would drop the table that all others of a run refer to, and their rows with it. A rule
decides nothing about how rows are stored, so its text in the schema is replaced, as
https://www.sqlite.org/lang_altertable.html (section 8) has it for this case.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

KRX_FUNDS = ("069500", "152380", "153130", "132030", "130680")
"""The instruments that every catalog begins with: funds of the Korea Exchange."""

RULES = (
    (
        "simulation_run",
        "kind",
        "kind IN ('simulation', 'backtest', 'optimization', 'report')",
        "kind IN ('simulation', 'backtest', 'optimization', 'report', 'forward', "
        "'study')",
    ),
    (
        "rebalancing_event",
        "trigger_type",
        "trigger_type IN ('PERIODIC', 'DRIFT', 'HYBRID')",
        "trigger_type IN ('PERIODIC', 'DRIFT', 'HYBRID', 'SCHEDULE')",
    ),
    (
        "rebalancing_event",
        "nav",
        "nav_before > 0 AND nav_after > 0",
        "nav_before >= 0 AND nav_after >= 0",
    ),
)
"""Table, name of its rule, the rule as it was, the rule as it is now."""


def upgrade() -> None:
    """Widen what runs and events may be; make room for markets and portfolios."""
    for table, name, before, after in RULES:
        _replace_rule(table, name, before, after)
    _read_schema_again()
    op.add_column("rebalancing_event", sa.Column("cost_parts", sa.JSON()))
    op.add_column("instrument_master", sa.Column("market", sa.String(length=16)))
    listed = ", ".join(f"'{symbol}'" for symbol in KRX_FUNDS)
    op.execute(
        f"UPDATE instrument_master SET market = 'KRX_ETF' WHERE symbol IN ({listed})"
    )
    _create_portfolio_table()


def downgrade() -> None:
    """Drop portfolios and markets, and the runs and events of the newer kinds."""
    op.execute("DELETE FROM simulation_run WHERE kind IN ('forward', 'study')")
    op.execute(
        "DELETE FROM rebalancing_event WHERE trigger_type = 'SCHEDULE' "
        "OR nav_before <= 0 OR nav_after <= 0"
    )
    op.drop_table("custom_portfolios")
    op.drop_column("instrument_master", "market")
    op.drop_column("rebalancing_event", "cost_parts")
    for table, name, before, after in RULES:
        _replace_rule(table, name, after, before)
    _read_schema_again()


def _replace_rule(table: str, name: str, before: str, after: str) -> None:
    """Let a table hold another rule in place of the one of this name."""
    if op.get_context().dialect.name == "postgresql":
        constraint = f"ck_{table}_{name}"
        op.drop_constraint(op.f(constraint), table, type_="check")
        op.create_check_constraint(op.f(constraint), table, after)
        return
    old, new = (text.replace("'", "''") for text in (before, after))
    op.execute("PRAGMA writable_schema = ON")
    op.execute(
        f"UPDATE sqlite_master SET sql = replace(sql, 'CHECK ({old})', "
        f"'CHECK ({new})') WHERE type = 'table' AND name = '{table}'"
    )


def _read_schema_again() -> None:
    """Let SQLite take the rules from the schema's new text."""
    if op.get_context().dialect.name == "sqlite":
        op.execute("PRAGMA writable_schema = RESET")


def _create_portfolio_table() -> None:
    op.create_table(
        "custom_portfolios",
        sa.Column("portfolio_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("tags", DOCUMENT, nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.Column("deactivated_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "source IN ('json')", name=op.f("ck_custom_portfolios_source")
        ),
        sa.CheckConstraint(
            "length(checksum) = 64", name=op.f("ck_custom_portfolios_checksum")
        ),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_custom_portfolios_name")),
        sa.PrimaryKeyConstraint("portfolio_id", name=op.f("pk_custom_portfolios")),
        sa.UniqueConstraint(
            "name_key", "version", name=op.f("uq_custom_portfolios_name_key_version")
        ),
    )

"""The first catalog: definitions, instruments, loads and runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

WEIGHT_SUM_TRIGGER = """
CREATE TRIGGER portfolio_allocation_weight_sum_{event}
AFTER {EVENT} ON portfolio_allocation
WHEN (
    SELECT sum(weight) FROM portfolio_allocation
    WHERE portfolio_id = NEW.portfolio_id
) > 1.000000001
BEGIN
    SELECT RAISE(ABORT, 'Portfolio weight sum exceeds 1.0');
END
"""


TABLES = (
    "rebalancing_event",
    "simulation_summary",
    "simulation_run",
    "rebalancing_rule",
    "portfolio_allocation",
    "portfolio_model",
    "scenario_definition",
    "model_version_registry",
    "source_load_history",
    "instrument_map",
    "instrument_master",
)
"""In an order in which they can be dropped."""


def upgrade() -> None:
    """Create the tables and what keeps a portfolio's weights at or below 1."""
    _create_market_tables()
    _create_definition_tables()
    _create_run_tables()
    if op.get_context().dialect.name == "sqlite":
        _create_weight_sum_triggers()
    else:
        _create_path_table()


def downgrade() -> None:
    """Drop every table, and all that was stored in them."""
    if op.get_context().dialect.name == "postgresql":
        op.drop_table("simulation_path")
    for table in TABLES:
        op.drop_table(table)


def _create_weight_sum_triggers() -> None:
    """Hold the weight-sum rule row by row, as SQLite has no deferred triggers."""
    for event in ("insert", "update"):
        op.execute(WEIGHT_SUM_TRIGGER.format(event=event, EVENT=event.upper()))


def _create_market_tables() -> None:
    """Create instruments, what stands for what, and the loads."""
    op.create_table(
        "instrument_master",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.String(length=64), nullable=False),
        sa.Column("symbol_key", sa.String(length=64), nullable=False),
        sa.Column("name_ko", sa.String(length=128), nullable=False),
        sa.Column("name_en", sa.String(length=128), nullable=False),
        sa.Column("asset_class", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("calendar", sa.String(length=32), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "length(calendar) > 0", name=op.f("ck_instrument_master_calendar")
        ),
        sa.CheckConstraint(
            "length(currency) = 3", name=op.f("ck_instrument_master_currency")
        ),
        sa.CheckConstraint(
            "length(symbol) > 0", name=op.f("ck_instrument_master_symbol")
        ),
        sa.PrimaryKeyConstraint("instrument_id", name="pk_instrument_master"),
        sa.UniqueConstraint("symbol", name="uq_instrument_master_symbol"),
        sa.UniqueConstraint("symbol_key", name="uq_instrument_master_symbol_key"),
    )
    op.create_table(
        "instrument_map",
        sa.Column("asset_class", sa.String(length=64), nullable=False),
        sa.Column("symbol", sa.String(length=64), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "asset_class IN ('equity', 'bond', 'cash', 'gold', 'other')",
            name=op.f("ck_instrument_map_asset_class"),
        ),
        sa.CheckConstraint("length(symbol) > 0", name=op.f("ck_instrument_map_symbol")),
        sa.PrimaryKeyConstraint("asset_class", name="pk_instrument_map"),
    )
    op.create_table(
        "source_load_history",
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("loaded_at", INSTANT, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("rows_received", sa.Integer(), nullable=True),
        sa.Column("rows_inserted", sa.Integer(), nullable=True),
        sa.Column("rows_updated", sa.Integer(), nullable=True),
        sa.Column("rows_unchanged", sa.Integer(), nullable=True),
        sa.Column("data_version", sa.String(length=128), nullable=True),
        sa.Column("findings", DOCUMENT, nullable=False),
        sa.Column("options", DOCUMENT, nullable=False),
        sa.CheckConstraint(
            "(status = 'loaded') = (data_version IS NOT NULL)",
            name=op.f("ck_source_load_history_data_version"),
        ),
        sa.CheckConstraint(
            "status IN ('loaded', 'refused')",
            name=op.f("ck_source_load_history_status"),
        ),
        sa.CheckConstraint(
            "rows_received >= 0 AND rows_inserted >= 0 AND rows_updated >= 0 "
            "AND rows_unchanged >= 0",
            name=op.f("ck_source_load_history_rows"),
        ),
        sa.PrimaryKeyConstraint("load_id", name="pk_source_load_history"),
    )
    op.create_index(
        "ix_source_load_history_loaded_at",
        "source_load_history",
        ["loaded_at"],
        unique=False,
    )


def _create_definition_tables() -> None:
    """Create scenarios with their weights, rules, and every version of them."""
    op.create_table(
        "model_version_registry",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('scenario', 'rule', 'indicator', 'strategy', 'template')",
            name=op.f("ck_model_version_registry_kind"),
        ),
        sa.CheckConstraint(
            "length(checksum) = 64", name=op.f("ck_model_version_registry_checksum")
        ),
        sa.PrimaryKeyConstraint("version_id", name="pk_model_version_registry"),
        sa.UniqueConstraint(
            "kind",
            "name_key",
            "version",
            "checksum",
            name="uq_model_version_registry_kind_name_key_version_checksum",
        ),
    )
    op.create_table(
        "scenario_definition",
        sa.Column("scenario_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("name_ko", sa.String(length=128), nullable=False),
        sa.Column("name_en", sa.String(length=128), nullable=False),
        sa.Column("description_ko", sa.String(), nullable=False),
        sa.Column("description_en", sa.String(), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "length(name) > 0", name=op.f("ck_scenario_definition_name")
        ),
        sa.PrimaryKeyConstraint("scenario_id", name="pk_scenario_definition"),
        sa.UniqueConstraint("name_key", name="uq_scenario_definition_name_key"),
    )
    op.create_table(
        "portfolio_model",
        sa.Column("portfolio_id", sa.Integer(), nullable=False),
        sa.Column("scenario_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario_definition.scenario_id"],
            name="fk_portfolio_model_scenario_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("portfolio_id", name="pk_portfolio_model"),
        sa.UniqueConstraint("scenario_id", name="uq_portfolio_model_scenario_id"),
    )
    op.create_table(
        "portfolio_allocation",
        sa.Column("portfolio_id", sa.Integer(), nullable=False),
        sa.Column("asset_class", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "length(asset_class) > 0", name=op.f("ck_portfolio_allocation_asset_class")
        ),
        sa.CheckConstraint(
            "position >= 0", name=op.f("ck_portfolio_allocation_position")
        ),
        sa.CheckConstraint(
            "weight >= 0 AND weight <= 1.000000001",
            name=op.f("ck_portfolio_allocation_weight"),
        ),
        sa.ForeignKeyConstraint(
            ["portfolio_id"],
            ["portfolio_model.portfolio_id"],
            name="fk_portfolio_allocation_portfolio_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "portfolio_id", "asset_class", name="pk_portfolio_allocation"
        ),
    )
    op.create_table(
        "rebalancing_rule",
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("trigger_type", sa.String(length=16), nullable=False),
        sa.Column("frequency", sa.String(length=16), nullable=True),
        sa.Column("base_day", sa.String(length=24), nullable=True),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("cost_rate", sa.Double(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "base_day IN ('FIRST_TRADING_DAY', 'LAST_TRADING_DAY')",
            name=op.f("ck_rebalancing_rule_base_day"),
        ),
        sa.CheckConstraint(
            "frequency IN ('WEEKLY', 'MONTHLY', 'QUARTERLY', 'SEMIANNUAL', 'ANNUAL')",
            name=op.f("ck_rebalancing_rule_frequency"),
        ),
        sa.CheckConstraint(
            "trigger_type IN ('PERIODIC', 'DRIFT', 'HYBRID')",
            name=op.f("ck_rebalancing_rule_trigger_type"),
        ),
        sa.CheckConstraint(
            "cost_rate >= 0 AND cost_rate < 1",
            name=op.f("ck_rebalancing_rule_cost_rate"),
        ),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_rebalancing_rule_name")),
        sa.CheckConstraint(
            "threshold > 0 AND threshold < 1",
            name=op.f("ck_rebalancing_rule_threshold"),
        ),
        sa.PrimaryKeyConstraint("rule_id", name="pk_rebalancing_rule"),
        sa.UniqueConstraint("name_key", name="uq_rebalancing_rule_name_key"),
    )


def _create_run_tables() -> None:
    """Create the registry of runs, with what is asked across runs."""
    op.create_table(
        "simulation_run",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("engine_version", sa.String(length=32), nullable=False),
        sa.Column("git_commit", sa.String(length=64), nullable=True),
        sa.Column("packages", DOCUMENT, nullable=False),
        sa.Column("data_version", sa.String(length=128), nullable=False),
        sa.Column("snapshots", sa.JSON(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("completed_at", INSTANT, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("path_expires_at", INSTANT, nullable=True),
        sa.Column("heartbeat_at", INSTANT, nullable=True),
        sa.Column("host", sa.String(length=128), nullable=True),
        sa.Column("process_id", sa.Integer(), nullable=True),
        sa.Column("process_started_at", sa.Double(), nullable=True),
        sa.Column("artifact_checksum", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "kind IN ('simulation', 'backtest', 'optimization', 'report')",
            name=op.f("ck_simulation_run_kind"),
        ),
        sa.CheckConstraint(
            "status <> 'completed' OR (completed_at IS NOT NULL "
            "AND artifact_checksum IS NOT NULL)",
            name=op.f("ck_simulation_run_completed"),
        ),
        sa.CheckConstraint(
            "status <> 'failed' OR error_message IS NOT NULL",
            name=op.f("ck_simulation_run_failed"),
        ),
        sa.CheckConstraint(
            "status <> 'running' OR (started_at IS NOT NULL AND host IS NOT NULL "
            "AND process_id IS NOT NULL AND heartbeat_at IS NOT NULL)",
            name=op.f("ck_simulation_run_running"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'completed', 'failed')",
            name=op.f("ck_simulation_run_status"),
        ),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_simulation_run_expires_at")
        ),
        sa.CheckConstraint(
            "length(request_hash) = 64", name=op.f("ck_simulation_run_request_hash")
        ),
        sa.CheckConstraint("process_id > 0", name=op.f("ck_simulation_run_process_id")),
        sa.PrimaryKeyConstraint("run_id", name="pk_simulation_run"),
    )
    op.create_index(
        "ix_simulation_run_created_at", "simulation_run", ["created_at"], unique=False
    )
    op.create_index(
        "ix_simulation_run_request_hash_status_completed_at",
        "simulation_run",
        ["request_hash", "status", "completed_at"],
        unique=False,
    )
    op.create_index(
        "ix_simulation_run_status", "simulation_run", ["status"], unique=False
    )
    op.create_table(
        "simulation_summary",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("total_return", sa.Double(), nullable=True),
        sa.Column("cagr", sa.Double(), nullable=True),
        sa.Column("volatility", sa.Double(), nullable=True),
        sa.Column("sharpe_ratio", sa.Double(), nullable=True),
        sa.Column("sortino_ratio", sa.Double(), nullable=True),
        sa.Column("calmar_ratio", sa.Double(), nullable=True),
        sa.Column("max_drawdown", sa.Double(), nullable=True),
        sa.Column("total_turnover", sa.Double(), nullable=True),
        sa.Column("total_cost", sa.Double(), nullable=True),
        sa.Column("rebalancing_count", sa.Integer(), nullable=True),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "max_drawdown >= -1 AND max_drawdown <= 0",
            name=op.f("ck_simulation_summary_drawdown"),
        ),
        sa.CheckConstraint(
            "rebalancing_count >= 0",
            name=op.f("ck_simulation_summary_rebalancing_count"),
        ),
        sa.CheckConstraint(
            "total_cost >= 0", name=op.f("ck_simulation_summary_total_cost")
        ),
        sa.CheckConstraint(
            "total_turnover >= 0", name=op.f("ck_simulation_summary_total_turnover")
        ),
        sa.CheckConstraint(
            "volatility >= 0", name=op.f("ck_simulation_summary_volatility")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["simulation_run.run_id"],
            name="fk_simulation_summary_run_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", name="pk_simulation_summary"),
    )
    op.create_table(
        "rebalancing_event",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("event_date", sa.Date(), nullable=False),
        sa.Column("trigger_type", sa.String(length=16), nullable=False),
        sa.Column("trigger_detail", sa.String(length=128), nullable=False),
        sa.Column("before_weights", DOCUMENT, nullable=False),
        sa.Column("after_weights", DOCUMENT, nullable=False),
        sa.Column("turnover", sa.Double(), nullable=False),
        sa.Column("cost_rate", sa.Double(), nullable=False),
        sa.Column("cost_amount", sa.Double(), nullable=False),
        sa.Column("nav_before", sa.Double(), nullable=False),
        sa.Column("nav_after", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "trigger_type IN ('PERIODIC', 'DRIFT', 'HYBRID')",
            name=op.f("ck_rebalancing_event_trigger_type"),
        ),
        sa.CheckConstraint(
            "cost_amount >= 0", name=op.f("ck_rebalancing_event_cost_amount")
        ),
        sa.CheckConstraint(
            "cost_rate >= 0 AND cost_rate < 1",
            name=op.f("ck_rebalancing_event_cost_rate"),
        ),
        sa.CheckConstraint(
            "nav_before > 0 AND nav_after > 0", name=op.f("ck_rebalancing_event_nav")
        ),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_rebalancing_event_sequence")),
        sa.CheckConstraint(
            "turnover >= 0 AND turnover <= 1.000001",
            name=op.f("ck_rebalancing_event_turnover"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["simulation_run.run_id"],
            name="fk_rebalancing_event_run_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "sequence", name="pk_rebalancing_event"),
    )


def _create_path_table() -> None:
    """Create the sessions of paths, to be partitioned by month; not on SQLite."""
    op.create_table(
        "simulation_path",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("session", sa.Date(), nullable=False),
        sa.Column("nav", sa.Double(), nullable=False),
        sa.Column("daily_return", sa.Double(), nullable=False),
        sa.Column("cumulative_return", sa.Double(), nullable=False),
        sa.Column("drawdown", sa.Double(), nullable=False),
        sa.Column("weights", DOCUMENT, nullable=False),
        sa.CheckConstraint(
            "drawdown >= -1 AND drawdown <= 0", name=op.f("ck_simulation_path_drawdown")
        ),
        sa.CheckConstraint("nav > 0", name=op.f("ck_simulation_path_nav")),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["simulation_run.run_id"],
            name="fk_simulation_path_run_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "session", name="pk_simulation_path"),
        postgresql_partition_by="RANGE (session)",
    )

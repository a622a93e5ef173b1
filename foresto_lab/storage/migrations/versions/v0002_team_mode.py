"""Team mode: series, paths and artifacts on PostgreSQL; strategies and backtests.

On SQLite only the tables of strategies, backtests and optimisations are new. On
PostgreSQL the series come too, partitioned by month, with the function that makes the
months, and triggers that hold what is only checked at the end of a transaction.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WEIGHTS: postgresql.ARRAY[float] = postgresql.ARRAY(sa.Double())

STATEMENTS = Path(__file__).with_name("v0002_postgresql.sql")
STATEMENT_END = "\n-- end of statement\n"

SHARED_TABLES = (
    "optimization_results",
    "backtest_trades",
    "backtest_runs",
    "strategies",
    "indicators",
)
POSTGRESQL_TABLES = (
    "run_artifact",
    "backtest_equity",
    "simulation_path",
    "candles_loaded",
    "candles_superseded",
    "candles_history",
    "daily_return",
    "daily_price_superseded",
    "daily_price",
    "series_coverage",
    "series_version",
)


def upgrade() -> None:
    """Create the tables; on PostgreSQL the functions and triggers too."""
    op.add_column("simulation_run", sa.Column("path_deleted_at", INSTANT))
    op.add_column("simulation_run", sa.Column("archive", sa.String()))
    _create_strategy_tables()
    if op.get_context().dialect.name == "postgresql":
        op.drop_table("simulation_path")
        _create_series_tables()
        _create_path_tables()
        for statement in STATEMENTS.read_text(encoding="utf-8").split(STATEMENT_END):
            op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    """Drop what came with this version, and all that was stored in it."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP VIEW simulation_path_weight")
        op.execute("DROP MATERIALIZED VIEW IF EXISTS candles_daily")
        op.execute("DROP TRIGGER run_series_cascade ON simulation_run")
        op.execute("DROP TRIGGER portfolio_weight_sum ON portfolio_allocation")
        op.execute("DROP FUNCTION daily_price_of(text[], date, date)")
        for table in POSTGRESQL_TABLES:
            op.drop_table(table)
        op.execute("DROP FUNCTION delete_series_of_runs()")
        op.execute("DROP FUNCTION check_portfolio_weight_sum()")
        op.execute("DROP FUNCTION create_monthly_partitions(text, date, date)")
        op.execute("DROP FUNCTION attach_monthly_partition(text, date)")
        op.execute("DROP FUNCTION begin_monthly_partition(text, date)")
        _create_path_table_of_0001()
    for table in SHARED_TABLES:
        op.drop_table(table)
    op.drop_column("simulation_run", "archive")
    op.drop_column("simulation_run", "path_deleted_at")


def _create_strategy_tables() -> None:
    """Create the registry of strategies, and what backtests have beyond a run."""
    op.create_table(
        "indicators",
        sa.Column("indicator_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("outputs", sa.JSON(), nullable=False),
        sa.Column("warm_up", DOCUMENT, nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("tags", DOCUMENT, nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.Column("deactivated_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(source = 'python') = (code IS NOT NULL)", name=op.f("ck_indicators_code")
        ),
        sa.CheckConstraint(
            "source IN ('talib', 'built_in', 'python')",
            name=op.f("ck_indicators_source"),
        ),
        sa.CheckConstraint(
            "length(checksum) = 64", name=op.f("ck_indicators_checksum")
        ),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_indicators_name")),
        sa.PrimaryKeyConstraint("indicator_id", name=op.f("pk_indicators")),
        sa.UniqueConstraint(
            "name_key", "version", name=op.f("uq_indicators_name_key_version")
        ),
    )
    op.create_table(
        "strategies",
        sa.Column("strategy_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("tags", DOCUMENT, nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.Column("deactivated_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(source = 'python') = (code IS NOT NULL)", name=op.f("ck_strategies_code")
        ),
        sa.CheckConstraint(
            "source IN ('json', 'built_in', 'python')",
            name=op.f("ck_strategies_source"),
        ),
        sa.CheckConstraint(
            "length(checksum) = 64", name=op.f("ck_strategies_checksum")
        ),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_strategies_name")),
        sa.PrimaryKeyConstraint("strategy_id", name=op.f("pk_strategies")),
        sa.UniqueConstraint(
            "name_key", "version", name=op.f("uq_strategies_name_key_version")
        ),
    )
    op.create_table(
        "backtest_runs",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("strategy_name", sa.String(length=64), nullable=False),
        sa.Column("strategy_version", sa.String(length=64), nullable=False),
        sa.Column("strategy_checksum", sa.String(length=64), nullable=False),
        sa.Column("symbols", sa.JSON(), nullable=False),
        sa.Column("timeframe", sa.String(length=8), nullable=False),
        sa.Column("start_at", INSTANT, nullable=False),
        sa.Column("end_at", INSTANT, nullable=False),
        sa.Column("initial_capital", sa.Double(), nullable=False),
        sa.Column("execution", DOCUMENT, nullable=False),
        sa.Column("predicted_trades", sa.Integer(), nullable=True),
        sa.Column("final_equity", sa.Double(), nullable=True),
        sa.Column("total_return", sa.Double(), nullable=True),
        sa.Column("annual_return", sa.Double(), nullable=True),
        sa.Column("cagr", sa.Double(), nullable=True),
        sa.Column("volatility", sa.Double(), nullable=True),
        sa.Column("sharpe", sa.Double(), nullable=True),
        sa.Column("sortino", sa.Double(), nullable=True),
        sa.Column("calmar", sa.Double(), nullable=True),
        sa.Column("max_drawdown", sa.Double(), nullable=True),
        sa.Column("win_rate", sa.Double(), nullable=True),
        sa.Column("profit_factor", sa.Double(), nullable=True),
        sa.Column("total_trades", sa.Integer(), nullable=True),
        sa.Column("total_fees", sa.Double(), nullable=True),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.CheckConstraint("end_at >= start_at", name=op.f("ck_backtest_runs_span")),
        sa.CheckConstraint(
            "initial_capital > 0", name=op.f("ck_backtest_runs_initial_capital")
        ),
        sa.CheckConstraint(
            "max_drawdown >= -1 AND max_drawdown <= 0",
            name=op.f("ck_backtest_runs_drawdown"),
        ),
        sa.CheckConstraint(
            "predicted_trades >= 0", name=op.f("ck_backtest_runs_predicted_trades")
        ),
        sa.CheckConstraint(
            "profit_factor >= 0", name=op.f("ck_backtest_runs_profit_factor")
        ),
        sa.CheckConstraint("total_fees >= 0", name=op.f("ck_backtest_runs_total_fees")),
        sa.CheckConstraint(
            "total_trades >= 0", name=op.f("ck_backtest_runs_total_trades")
        ),
        sa.CheckConstraint("volatility >= 0", name=op.f("ck_backtest_runs_volatility")),
        sa.CheckConstraint(
            "win_rate >= 0 AND win_rate <= 1", name=op.f("ck_backtest_runs_win_rate")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["simulation_run.run_id"],
            name=op.f("fk_backtest_runs_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_backtest_runs")),
    )
    op.create_index(
        op.f("ix_backtest_runs_strategy_name_strategy_version"),
        "backtest_runs",
        ["strategy_name", "strategy_version"],
        unique=False,
    )
    op.create_table(
        "backtest_trades",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.String(length=64), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("entry_time", INSTANT, nullable=False),
        sa.Column("entry_price", sa.Double(), nullable=False),
        sa.Column("entry_reason", sa.String(length=128), nullable=False),
        sa.Column("exit_time", INSTANT, nullable=True),
        sa.Column("exit_price", sa.Double(), nullable=True),
        sa.Column("exit_reason", sa.String(length=128), nullable=True),
        sa.Column("pnl", sa.Double(), nullable=False),
        sa.Column("return_rate", sa.Double(), nullable=False),
        sa.Column("fees", sa.Double(), nullable=False),
        sa.Column("tax", sa.Double(), nullable=False),
        sa.Column("funding", sa.Double(), nullable=False),
        sa.Column("max_adverse_excursion", sa.Double(), nullable=False),
        sa.Column("max_favorable_excursion", sa.Double(), nullable=False),
        sa.Column("bars_held", sa.Integer(), nullable=False),
        sa.Column("entry_conditions", DOCUMENT, nullable=False),
        sa.CheckConstraint(
            "side IN ('LONG', 'SHORT')", name=op.f("ck_backtest_trades_side")
        ),
        sa.CheckConstraint("bars_held >= 0", name=op.f("ck_backtest_trades_bars_held")),
        sa.CheckConstraint(
            "entry_price > 0", name=op.f("ck_backtest_trades_entry_price")
        ),
        sa.CheckConstraint(
            "exit_price > 0", name=op.f("ck_backtest_trades_exit_price")
        ),
        sa.CheckConstraint(
            "exit_time >= entry_time", name=op.f("ck_backtest_trades_exit_time")
        ),
        sa.CheckConstraint("fees >= 0", name=op.f("ck_backtest_trades_fees")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_backtest_trades_quantity")),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_backtest_trades_sequence")),
        sa.CheckConstraint("tax >= 0", name=op.f("ck_backtest_trades_tax")),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["simulation_run.run_id"],
            name=op.f("fk_backtest_trades_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "sequence", name=op.f("pk_backtest_trades")),
    )
    op.create_table(
        "optimization_results",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("trial", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("objective", sa.Double(), nullable=True),
        sa.Column("total_return", sa.Double(), nullable=True),
        sa.Column("sharpe", sa.Double(), nullable=True),
        sa.Column("max_drawdown", sa.Double(), nullable=True),
        sa.Column("total_trades", sa.Integer(), nullable=True),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("evaluated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "max_drawdown >= -1 AND max_drawdown <= 0",
            name=op.f("ck_optimization_results_drawdown"),
        ),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_optimization_results_rank")),
        sa.CheckConstraint(
            "total_trades >= 0", name=op.f("ck_optimization_results_total_trades")
        ),
        sa.CheckConstraint("trial >= 0", name=op.f("ck_optimization_results_trial")),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["simulation_run.run_id"],
            name=op.f("fk_optimization_results_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "run_id", "trial", name=op.f("pk_optimization_results")
        ),
    )
    op.create_index(
        op.f("ix_optimization_results_run_id_rank"),
        "optimization_results",
        ["run_id", "rank"],
        unique=False,
    )


def _create_series_tables() -> None:
    """Create prices, returns and candles, and the versions that loads make of them."""
    op.create_table(
        "series_version",
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("committed_at", INSTANT, nullable=False),
        sa.Column("rows_inserted", sa.BigInteger(), nullable=False),
        sa.Column("rows_updated", sa.BigInteger(), nullable=False),
        sa.Column("first_date", sa.Date(), nullable=True),
        sa.Column("last_date", sa.Date(), nullable=True),
        sa.Column("marks", DOCUMENT, nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_series_version_number")),
        sa.CheckConstraint(
            "rows_inserted >= 0 AND rows_updated >= 0",
            name=op.f("ck_series_version_rows"),
        ),
        sa.PrimaryKeyConstraint("table_name", "number", name=op.f("pk_series_version")),
        info={"postgresql_only": True},
    )
    op.create_table(
        "series_coverage",
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("symbol", sa.Text(collation="C"), nullable=False),
        sa.Column("first_date", sa.Date(), nullable=False),
        sa.Column("last_date", sa.Date(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "last_date >= first_date", name=op.f("ck_series_coverage_dates")
        ),
        sa.CheckConstraint("row_count >= 1", name=op.f("ck_series_coverage_row_count")),
        sa.PrimaryKeyConstraint(
            "table_name", "symbol", name=op.f("pk_series_coverage")
        ),
        info={"postgresql_only": True},
    )
    op.create_table(
        "daily_price",
        sa.Column("symbol", sa.Text(collation="C"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("open", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("close", sa.Double(), nullable=False),
        sa.Column("adj_close", sa.Double(), nullable=True),
        sa.Column("volume", sa.Double(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(adj_close > 0 AND adj_close < 'Infinity') IS NOT FALSE",
            name=op.f("ck_daily_price_adj_close"),
        ),
        sa.CheckConstraint(
            "(open > 0 AND open < 'Infinity') IS NOT FALSE AND (high > 0 AND "
            "high < 'Infinity') IS NOT FALSE AND (low > 0 AND "
            "low < 'Infinity') IS NOT FALSE AND close > 0 AND close < 'Infinity' AND "
            "(high < low) IS NOT TRUE AND (volume >= 0) IS NOT FALSE",
            name=op.f("ck_daily_price_prices"),
        ),
        sa.CheckConstraint("length(symbol) > 0", name=op.f("ck_daily_price_symbol")),
        sa.PrimaryKeyConstraint("symbol", "date", name=op.f("pk_daily_price")),
        info={"postgresql_only": True},
        postgresql_partition_by="RANGE (date)",
    )
    op.create_index(op.f("ix_daily_price_date"), "daily_price", ["date"], unique=False)
    op.create_table(
        "daily_price_superseded",
        sa.Column("symbol", sa.Text(collation="C"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("superseded_by", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("close", sa.Double(), nullable=False),
        sa.Column("adj_close", sa.Double(), nullable=True),
        sa.Column("volume", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "superseded_by > version",
            name=op.f("ck_daily_price_superseded_superseded_by"),
        ),
        sa.PrimaryKeyConstraint(
            "symbol", "date", "version", name=op.f("pk_daily_price_superseded")
        ),
        info={"postgresql_only": True},
    )
    op.create_table(
        "daily_return",
        sa.Column("symbol", sa.Text(collation="C"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("daily_return", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "(daily_return >= -1) IS NOT FALSE",
            name=op.f("ck_daily_return_daily_return"),
        ),
        sa.PrimaryKeyConstraint("symbol", "date", name=op.f("pk_daily_return")),
        info={"postgresql_only": True},
        postgresql_partition_by="RANGE (date)",
    )
    op.create_table(
        "candles_history",
        sa.Column("symbol", sa.Text(collation="C"), nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("open_time", INSTANT, nullable=False),
        sa.Column("open", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("close", sa.Double(), nullable=False),
        sa.Column("volume", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "open > 0 AND high > 0 AND low > 0 AND close > 0 AND high >= low AND "
            "high < 'Infinity' AND volume >= 0 AND volume < 'Infinity'",
            name=op.f("ck_candles_history_prices"),
        ),
        sa.CheckConstraint(
            "length(symbol) > 0", name=op.f("ck_candles_history_symbol")
        ),
        sa.PrimaryKeyConstraint(
            "symbol", "timeframe", "open_time", name=op.f("pk_candles_history")
        ),
        info={"postgresql_only": True},
        postgresql_partition_by="RANGE (open_time)",
    )
    op.create_index(
        op.f("ix_candles_history_open_time"),
        "candles_history",
        ["open_time"],
        unique=False,
        postgresql_using="brin",
    )
    op.create_table(
        "candles_loaded",
        sa.Column("symbol", sa.Text(collation="C"), nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("first_open", INSTANT, nullable=False),
        sa.Column("last_open", INSTANT, nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "last_open >= first_open", name=op.f("ck_candles_loaded_span")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_candles_loaded_number")),
        sa.CheckConstraint("row_count >= 1", name=op.f("ck_candles_loaded_row_count")),
        sa.PrimaryKeyConstraint(
            "symbol",
            "timeframe",
            "number",
            "first_open",
            name=op.f("pk_candles_loaded"),
        ),
        info={"postgresql_only": True},
    )
    op.create_table(
        "candles_superseded",
        sa.Column("symbol", sa.Text(collation="C"), nullable=False),
        sa.Column("timeframe", sa.Text(collation="C"), nullable=False),
        sa.Column("open_time", INSTANT, nullable=False),
        sa.Column("superseded_by", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("close", sa.Double(), nullable=False),
        sa.Column("volume", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "superseded_by >= 2", name=op.f("ck_candles_superseded_superseded_by")
        ),
        sa.PrimaryKeyConstraint(
            "symbol",
            "timeframe",
            "open_time",
            "superseded_by",
            name=op.f("pk_candles_superseded"),
        ),
        info={"postgresql_only": True},
    )


def _create_path_tables() -> None:
    """Create what runs computed: series by the month they expire in, and the rest."""
    op.create_table(
        "simulation_path",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("session", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("nav", sa.Double(), nullable=False),
        sa.Column("daily_return", sa.Double(), nullable=False),
        sa.Column("cumulative_return", sa.Double(), nullable=False),
        sa.Column("drawdown", sa.Double(), nullable=False),
        sa.Column("weights", WEIGHTS, nullable=False),
        sa.CheckConstraint(
            "drawdown >= -1 AND drawdown <= 0", name=op.f("ck_simulation_path_drawdown")
        ),
        sa.CheckConstraint("nav > 0", name=op.f("ck_simulation_path_nav")),
        info={"postgresql_only": True},
        postgresql_partition_by="RANGE (expires_on)",
    )
    op.create_index(
        op.f("ix_simulation_path_run_id"),
        "simulation_path",
        ["run_id"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 16, "autosummarize": True},
    )
    op.create_table(
        "backtest_equity",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("bar_time", INSTANT, nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("equity", sa.Double(), nullable=False),
        sa.Column("cash", sa.Double(), nullable=False),
        sa.Column("position_value", sa.Double(), nullable=False),
        sa.Column("drawdown", sa.Double(), nullable=False),
        sa.Column("position", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "drawdown >= -1 AND drawdown <= 0", name=op.f("ck_backtest_equity_drawdown")
        ),
        info={"postgresql_only": True},
        postgresql_partition_by="RANGE (expires_on)",
    )
    op.create_index(
        op.f("ix_backtest_equity_run_id"),
        "backtest_equity",
        ["run_id"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 16, "autosummarize": True},
    )
    op.create_table(
        "run_artifact",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("stored_as", sa.String(length=16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("layout", sa.JSON(), nullable=True),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(stored_as = 'parquet') = (content IS NOT NULL)",
            name=op.f("ck_run_artifact_content"),
        ),
        sa.CheckConstraint(
            "stored_as IN ('rows', 'parquet')", name=op.f("ck_run_artifact_stored_as")
        ),
        sa.CheckConstraint(
            "length(checksum) = 64", name=op.f("ck_run_artifact_checksum")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["simulation_run.run_id"],
            name=op.f("fk_run_artifact_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "name", name=op.f("pk_run_artifact")),
        info={"postgresql_only": True},
    )


def _create_path_table_of_0001() -> None:
    """Create the sessions of paths as the version before had them."""
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

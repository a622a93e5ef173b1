"""Alembic's entry: runs the migrations on the connection it is handed.

From the command line (`alembic -x url=sqlite:///…`) it opens one itself.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine

from foresto_lab.storage.models import Base


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


def _run_as_script() -> None:
    """Write the statements instead of running them (`--sql`)."""
    url = context.config.get_main_option("sqlalchemy.url")
    context.configure(url=url, target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Run in whichever way Alembic was called."""
    handed = context.config.attributes.get("connection")
    if context.is_offline_mode():
        _run_as_script()
    elif handed is not None:
        _run(handed)
    else:
        url = context.get_x_argument(as_dictionary=True)["url"]
        with create_engine(url).begin() as connection:
            _run(connection)


main()

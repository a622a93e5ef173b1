"""The team's store: everything in one PostgreSQL database."""

"""The embedded catalog: one SQLite file in the workspace."""

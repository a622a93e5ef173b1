"""The `foresto` command, one file per command group."""

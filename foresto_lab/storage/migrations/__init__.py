"""Migrations of the catalog, run by foresto_lab.storage.schema."""

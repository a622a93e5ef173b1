"""Backups of a store as a folder, and putting them back.

An embedded backup holds the catalog, the lake and the folders of the completed runs as
of one moment; a team's holds one dump of PostgreSQL. Both are made while others load,
run and delete. ``manifest.json`` says what there is, with the SHA-256 of every file.

A backup appears under its name at once and whole, or not at all. A restore fills an
empty place at once and whole, or leaves it empty.
"""

from foresto_lab.storage.backup.make import make_backup
from foresto_lab.storage.backup.reports import BackupReport, RestoreReport
from foresto_lab.storage.backup.restore import restore_backup

__all__ = ["BackupReport", "RestoreReport", "make_backup", "restore_backup"]

"""Copying a store into another: a folder's own into a team's database, or any to any.

Nothing but the content says how far a copy is: what is in the target already, equal to
the last bit, is not copied again. So a copy that was killed goes on where it was when
it is run again, whatever happened in between, and never brings anything twice.
"""

from foresto_lab.storage.copying.copy import copy_store
from foresto_lab.storage.copying.reports import CopyReport, RunsCopied, SeriesCopied

__all__ = ["CopyReport", "RunsCopied", "SeriesCopied", "copy_store"]

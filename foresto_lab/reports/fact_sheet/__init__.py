"""The fact sheet: a portfolio on two pages of A4, as a client is handed it."""

from foresto_lab.reports.fact_sheet.pages import back_page, front_page
from foresto_lab.reports.fact_sheet.sheet import FactSheet, make_fact_sheet

__all__ = ["FactSheet", "back_page", "front_page", "make_fact_sheet"]

"""The definitions that every catalog begins with.

Seeding adds what is missing by name and changes nothing that is there, so it can be
repeated at any time, and what a user changed stays changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foresto_lab.scenarios import (
    BUILT_IN_RULES,
    BUILT_IN_SCENARIOS,
    DEFAULT_INSTRUMENT_MAP,
    DEFAULT_INSTRUMENTS,
)
from foresto_lab.storage import definitions
from foresto_lab.storage.models import InstrumentMap

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def seed_definitions(session: Session) -> None:
    """Add the built-in scenarios, rules and instruments that are missing."""
    for scenario in BUILT_IN_SCENARIOS:
        if definitions.find_scenario(session, scenario.name) is None:
            definitions.store_scenario(session, scenario)
    for name, rule in BUILT_IN_RULES.items():
        if definitions.find_rule(session, name) is None:
            definitions.store_rule(session, name, rule)
    missing = [
        instrument
        for instrument in DEFAULT_INSTRUMENTS
        if definitions.find_instrument(session, instrument.symbol) is None
    ]
    definitions.store_instruments(session, missing)
    for asset_class, symbol in DEFAULT_INSTRUMENT_MAP.items():
        if session.get(InstrumentMap, str(asset_class)) is None:
            definitions.store_mapping(session, str(asset_class), symbol)

"""The registry of indicators, strategies and portfolios: versions never change."""

from foresto_lab.registry.changes import Change, changes_between
from foresto_lab.registry.definition import (
    INDICATOR_PARTS,
    DefinitionKind,
    RegisteredDefinition,
    exact_numbers,
    parse_definition,
)
from foresto_lab.registry.names import name_key, parse_name, split_reference
from foresto_lab.registry.protocols import DefinitionRegistry
from foresto_lab.registry.version import SemanticVersion

__all__ = [
    "INDICATOR_PARTS",
    "Change",
    "DefinitionKind",
    "DefinitionRegistry",
    "RegisteredDefinition",
    "SemanticVersion",
    "changes_between",
    "exact_numbers",
    "name_key",
    "parse_definition",
    "parse_name",
    "split_reference",
]

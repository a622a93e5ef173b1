"""What a Lab does with custom portfolios: keep, find, compare and share them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import InactiveError, InputError, UnknownNameError
from foresto_lab.lab_strategies import StrategyVerbs
from foresto_lab.registry import (
    DefinitionKind,
    RegisteredDefinition,
    SemanticVersion,
    changes_between,
    name_key,
    parse_definition,
    split_reference,
)

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.registry import Change
    from foresto_lab.scenarios.portfolio import Portfolio
    from foresto_lab.storage.registry_files import ImportedDefinition

PORTFOLIO = DefinitionKind.PORTFOLIO
COLUMNS = (
    *("name", "version", "instruments", "sleeves", "weights"),
    *("is_active", "tags", "checksum", "registered_at"),
)


class PortfolioVerbs(StrategyVerbs):
    """The part of a Lab about custom portfolios; see ``Lab``."""

    # --- finding ----------------------------------------------------------------------

    def portfolios(
        self,
        text: str | None = None,
        *,
        tags: Iterable[str] = (),
        include_inactive: bool = False,
    ) -> pd.DataFrame:
        """Return the custom portfolios, one row a name: its newest active version.

        Parameters
        ----------
        text : str, optional
            What must occur in the name, a tag or the metadata.
        tags : iterable of str
            Tags that must all be there.
        include_inactive : bool
            Also those of which every version is deactivated.
        """
        import pandas as pd

        found = self.storage.registry.definitions(
            PORTFOLIO, text=text, tags=tags, include_inactive=include_inactive
        )
        newest: dict[str, RegisteredDefinition] = {}
        for item in found:  # ascending; an active version hides an inactive one
            before = newest.get(name_key(item.name))
            if before is None or item.is_active or not before.is_active:
                newest[name_key(item.name)] = item
        rows = [_row(item) for item in newest.values()]
        return pd.DataFrame(rows, columns=list(COLUMNS)).set_index("name")

    def portfolio(self, name: str, version: str | None = None) -> Portfolio:
        """Return a stored portfolio; without a version the newest active one.

        Parameters
        ----------
        name : str
            A name, or ``NAME@VERSION``.

        Raises
        ------
        UnknownNameError
            None has this name or version; near ones are suggested.
        InactiveError
            Every version of the name is deactivated.
        """
        own, said = split_reference(name)
        return _portfolio(self.storage.registry.find(PORTFOLIO, own, version or said))

    def portfolio_versions(self, name: str) -> Sequence[RegisteredDefinition]:
        """Return every stored version of a portfolio, the oldest first."""
        return self.storage.registry.versions(PORTFOLIO, name)

    def compare_portfolios(
        self, name: str, before: str, after: str
    ) -> tuple[Change, ...]:
        """Return every place at which two stored versions of a portfolio differ."""
        find = self.storage.registry.find
        return changes_between(
            find(PORTFOLIO, name, before), find(PORTFOLIO, name, after)
        )

    def resolve_portfolio(self, given: Any) -> Any:
        """Return the custom portfolio that is meant, or what was given if it is none.

        A name is that of a scenario first, then that of a stored portfolio, also as
        ``NAME@VERSION``. A mapping with ``sleeves`` is a portfolio; so is a JSON file.

        Raises
        ------
        UnknownNameError
            There are portfolios, and neither one of them nor a scenario has this name.
        """
        if isinstance(given, Mapping) and "sleeves" in given:
            return _from_document(given, None)
        if isinstance(given, Path) or _is_file_name(given):
            return _from_document(_read(Path(given)), Path(given))
        if not isinstance(given, str):
            return given
        scenarios = self._scenario_names()
        if given.strip().casefold() in {name.casefold() for name in scenarios}:
            return given
        try:
            return self.portfolio(given)
        except UnknownNameError as error:
            if "@" in given:
                raise
            if not error.allowed:
                return given
            raise UnknownNameError(
                kind="scenario or portfolio",
                given=given,
                allowed=(*scenarios, *error.allowed),
            ) from None
        except InputError:  # no portfolio can be called so
            return given

    def _scenario_names(self) -> list[str]:
        from foresto_lab.scenarios import BUILT_IN_SCENARIOS

        listed: Iterable[Any] = BUILT_IN_SCENARIOS
        if self.settings.use_scenario_db:
            listed = self.storage.catalog.scenarios()
        return [item.name for item in listed]

    # --- keeping ----------------------------------------------------------------------

    def save_portfolio(
        self,
        portfolio: Portfolio | Mapping[str, Any] | str | Path,
        *,
        version: str | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> RegisteredDefinition:
        """Keep a version of a portfolio for good; return it as it is kept.

        Parameters
        ----------
        portfolio : Portfolio, mapping, str or Path
            A portfolio, its ``to_dict``, or a JSON file with that.
        version : str, optional
            Left out: its own, if that is above every stored one; the newest, if that
            says the same already; else the next patch.
        tags, metadata
            What it is to be found by.

        Raises
        ------
        VersionTakenError
            The version is there with other content.
        InputError
            It is no portfolio; the sentence says why.
        """
        given = self._portfolio_of(portfolio)
        definition = parse_definition(
            PORTFOLIO,
            given.name,
            version or given.version,
            given.content,
            source="json",
            tags=tags,
            metadata=metadata,
        )
        if version is None:
            definition = self._above_stored(definition)
        return self._keep(definition, trust=False)

    def _portfolio_of(self, given: Any) -> Portfolio:
        from foresto_lab.scenarios.portfolio import Portfolio

        if isinstance(given, Portfolio):
            return given
        if isinstance(given, Path) or _is_file_name(given):
            return _from_document(_read(Path(given)), Path(given))
        return Portfolio.from_dict(given)

    def _above_stored(self, definition: RegisteredDefinition) -> RegisteredDefinition:
        try:
            newest = self.storage.registry.versions(PORTFOLIO, definition.name)[-1]
        except UnknownNameError:
            return definition
        own, last = map(SemanticVersion.parse, (definition.version, newest.version))
        if newest.checksum != definition.checksum and own > last:
            return definition
        return self._next_version(definition)

    def activate_portfolio(self, name: str, version: str) -> RegisteredDefinition:
        """Let a version of a portfolio be found by its name again."""
        return self._set_active(PORTFOLIO, name, version, active=True)

    def deactivate_portfolio(self, name: str, version: str) -> RegisteredDefinition:
        """Let a version of a portfolio be found by its version only; it stays."""
        return self._set_active(PORTFOLIO, name, version, active=False)

    # --- sharing ----------------------------------------------------------------------

    def export_portfolios(self, folder: str | Path, *names: str) -> tuple[Path, ...]:
        """Write the stored portfolios as JSON files for git, one per name."""
        return self.export_definitions(folder, *names, kind=str(PORTFOLIO))

    def import_portfolios(
        self, path: str | Path, *, dry_run: bool = False
    ) -> tuple[ImportedDefinition, ...]:
        """Register what an exported file, or a folder of them, holds: all or nothing.

        Raises
        ------
        DefinitionFileError
            A file cannot be read, is no export, or holds no portfolios.
        InputError
            What one holds is no portfolio.
        VersionTakenError
            A version is there with other content.
        """
        planned = self.import_definitions(path, dry_run=True)
        for item in planned:
            if item.definition.kind is not PORTFOLIO:
                raise InputError(
                    message=f"{item.path} holds a {item.definition.kind}, not a "
                    "portfolio. Strategies are imported by `foresto strategies "
                    "import`."
                )
            _portfolio(item.definition)
        return planned if dry_run else self.import_definitions(path)


def _portfolio(definition: RegisteredDefinition) -> Portfolio:
    """Return the portfolio that a stored version holds."""
    from foresto_lab.scenarios.portfolio import Portfolio

    said = {"name": definition.name, "version": definition.version}
    return Portfolio.from_dict({**definition.content, **said})


def _row(item: RegisteredDefinition) -> dict[str, Any]:
    portfolio = _portfolio(item)
    weighting = portfolio.weighting
    if weighting is not None:
        weights = weighting.describe()
    else:
        weights = "computed within sleeves" if portfolio.is_computed else "fixed"
    sleeves = [
        name if sleeve.weight is None else f"{name} {sleeve.weight:.4g}"
        for name, sleeve in portfolio.sleeves.items()
    ]
    return {
        "name": item.name,
        "version": item.version,
        "instruments": len(portfolio.symbols),
        "sleeves": ", ".join(sleeves),
        "weights": weights,
        "is_active": item.is_active,
        "tags": item.tags,
        "checksum": item.checksum,
        "registered_at": item.registered_at,
    }


def _is_file_name(given: object) -> bool:
    return isinstance(given, str) and given.casefold().endswith(".json")


def _read(path: Path) -> Mapping[str, Any]:
    from foresto_lab.registry.text import parse_json
    from foresto_lab.storage.registry_files import read_text

    return parse_json(read_text(path), str(path))


def _from_document(document: Mapping[str, Any], path: Path | None) -> Portfolio:
    """Return the portfolio of a document; an exported file's newest version."""
    from foresto_lab.registry.text import definitions_from_text
    from foresto_lab.scenarios.portfolio import Portfolio
    from foresto_lab.storage.registry_files import read_text

    if path is None or "versions" not in document:
        return Portfolio.from_dict(document)
    found = definitions_from_text(read_text(path), str(path))
    active = [item for item in found if item.is_active and item.kind is PORTFOLIO]
    if not active:
        raise InactiveError(
            kind="Portfolio",
            name=str(document.get("name")),
            versions=", ".join(item.version for item in found),
        )
    return _portfolio(max(active, key=lambda item: SemanticVersion.parse(item.version)))

"""What a Lab does with strategies and indicators: keep, find, compare, trust them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import (
    InputError,
    UnknownNameError,
)
from foresto_lab.registry import (
    DefinitionKind,
    RegisteredDefinition,
    SemanticVersion,
    changes_between,
    name_key,
    parse_definition,
    split_reference,
)
from foresto_lab.telemetry.logs import get_logger

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.indicators import Indicator, IndicatorCatalog
    from foresto_lab.registry import Change
    from foresto_lab.runs.backtest import ResolvedStrategy
    from foresto_lab.runs.backtest_request import BacktestRequest
    from foresto_lab.settings import Settings
    from foresto_lab.storage import Storage
    from foresto_lab.storage.registry_files import ImportedDefinition
    from foresto_lab.storage.trust import TrustedCode
    from foresto_lab.strategies import Strategy

log = get_logger(__name__)

STRATEGY, INDICATOR = DefinitionKind.STRATEGY, DefinitionKind.INDICATOR
FIRST_VERSION = "1.0.0"
_BASES = {STRATEGY: "TradingStrategy", INDICATOR: "PythonIndicator"}


class StrategyVerbs:
    """The part of a Lab about strategies; see ``Lab``."""

    storage: Storage
    settings: Settings

    # --- finding ----------------------------------------------------------------------

    def strategies(
        self,
        text: str | None = None,
        *,
        tags: Iterable[str] = (),
        include_inactive: bool = False,
    ) -> pd.DataFrame:
        """Return the strategies there are, one row a name: built-in ones, then stored.

        Parameters
        ----------
        text : str, optional
            What must occur in the name, a tag or the metadata.
        tags : iterable of str
            Tags that must all be there.
        include_inactive : bool
            Also those of which every version is deactivated.
        """
        from foresto_lab.strategies.library import BUILT_IN_STRATEGIES

        wanted = tuple(tags)
        built_in = [
            _row(name, kind.version, "built_in")
            for name, kind in BUILT_IN_STRATEGIES.items()
            if not wanted and (text or "").casefold() in name
        ]
        stored = self._stored_rows(STRATEGY, text, wanted, include_inactive)
        return _listed([*built_in, *stored])

    def indicators(
        self,
        text: str | None = None,
        *,
        tags: Iterable[str] = (),
        include_inactive: bool = False,
    ) -> pd.DataFrame:
        """Return the indicators there are, as ``strategies`` does."""
        from foresto_lab.indicators import built_in_indicators

        wanted = tuple(tags)
        built_in = [
            _row(item.name, item.version, item.source)
            for item in built_in_indicators()
            if not wanted and (text or "").casefold() in item.name
        ]
        stored = self._stored_rows(INDICATOR, text, wanted, include_inactive)
        return _listed([*built_in, *stored])

    def _stored_rows(
        self,
        kind: DefinitionKind,
        text: str | None,
        tags: Sequence[str],
        include_inactive: bool,
    ) -> list[dict[str, Any]]:
        found = self.storage.registry.definitions(
            kind, text=text, tags=tags, include_inactive=include_inactive
        )
        newest: dict[str, RegisteredDefinition] = {}
        for item in found:  # ascending; an active version hides an inactive one
            before = newest.get(name_key(item.name))
            if before is None or item.is_active or not before.is_active:
                newest[name_key(item.name)] = item
        return [
            _row(
                item.name,
                item.version,
                item.source,
                is_active=item.is_active,
                tags=item.tags,
                checksum=item.checksum,
                registered_at=item.registered_at,
            )
            for item in newest.values()
        ]

    def strategy(
        self, name: str, version: str | None = None, **parameters: Any
    ) -> Strategy:
        """Return a strategy: a built-in one, or a stored one's newest active version.

        Parameters
        ----------
        name : str
            A name, or ``NAME@VERSION``.
        version : str, optional
        **parameters
            Of a built-in or Python strategy, in place of its own.

        Raises
        ------
        UnknownNameError
            None has this name; near ones are suggested.
        UntrustedCodeError
            It is Python from the catalog and not trusted on this machine.
        """
        reference = f"{name}@{version}" if version else name
        return self._resolve(reference, parameters).strategy

    def indicator(self, name: str, version: str | None = None) -> Indicator:
        """Return an indicator: a built-in one, or a stored one that is trusted here."""
        from foresto_lab.indicators import built_in_indicators

        if version is None and name in built_in_indicators():
            return built_in_indicators().get(name)
        found = self._stored(INDICATOR, name, version, built_in_indicators().names())
        return self._load_indicator(found)

    def is_built_in_strategy(self, name: str) -> bool:
        """Return whether a name is that of a strategy of this package."""
        return self._is_built_in(STRATEGY, name)

    def strategy_versions(self, name: str) -> Sequence[RegisteredDefinition]:
        """Return every stored version of a strategy, the oldest first."""
        return self.storage.registry.versions(STRATEGY, name)

    def compare_strategies(
        self, name: str, before: str, after: str
    ) -> tuple[Change, ...]:
        """Return every place at which two stored versions of a strategy differ."""
        find = self.storage.registry.find
        return changes_between(
            find(STRATEGY, name, before), find(STRATEGY, name, after)
        )

    # --- keeping ----------------------------------------------------------------------

    def save_strategy(
        self,
        strategy: Strategy | Mapping[str, Any] | str | Path | None = None,
        *,
        name: str | None = None,
        version: str | None = None,
        code: str | Path | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        trust: bool = False,
    ) -> RegisteredDefinition:
        """Keep a version of a strategy for good; return it as it is kept.

        Parameters
        ----------
        strategy : Strategy, mapping, str or Path, optional
            A strategy of any kind, its JSON, or a JSON file; left out, ``code`` is it.
        name, version : str, optional
            Its own if left out. Without a version of its own: 1.0.0, then the next
            patch, unless the newest says the same already.
        code : str or Path, optional
            The Python of the strategy, or the file it is in. It is not run.
        tags, metadata
            What it is to be found by.
        trust : bool
            Let its code run on this machine from now on.

        Raises
        ------
        StrategyError
            It cannot be run as it is.
        VersionTakenError
            The version is there with other content.
        """
        source, content, text, own = self._content(strategy, code)
        chosen = name or own.get("name")
        self._require_free(STRATEGY, chosen)
        definition = parse_definition(
            STRATEGY,
            chosen,
            version or own.get("version") or FIRST_VERSION,
            content,
            source=source,
            code=text,
            tags=tags,
            metadata=metadata,
        )
        if not (version or own.get("version")):
            definition = self._next_version(definition)
        return self._keep(definition, trust=trust)

    def save_indicator(
        self,
        code: str | Path,
        *,
        name: str,
        version: str | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        trust: bool = False,
        **content: Any,
    ) -> RegisteredDefinition:
        """Keep a version of a Python indicator for good; its code is not run.

        Parameters
        ----------
        code : str or Path
            Python source, or the file it is in.
        **content
            ``parameters``, ``outputs`` and ``warm_up``, for readers of the registry.
        """
        self._require_free(INDICATOR, name)
        definition = parse_definition(
            INDICATOR,
            name,
            version or FIRST_VERSION,
            content,
            source="python",
            code=_code_text(code),
            tags=tags,
            metadata=metadata,
        )
        if version is None:
            definition = self._next_version(definition)
        return self._keep(definition, trust=trust)

    def _keep(
        self, definition: RegisteredDefinition, *, trust: bool
    ) -> RegisteredDefinition:
        kept = self.storage.registry.save(definition)
        if trust:
            self.trusted_code.trust(kept)
        log.info("definition saved", kind=str(kept.kind), reference=kept.reference)
        return kept

    def _next_version(self, definition: RegisteredDefinition) -> RegisteredDefinition:
        """Return it as the newest version, if that says the same, or as the next."""
        try:
            versions = self.storage.registry.versions(definition.kind, definition.name)
        except UnknownNameError:
            return definition
        newest = versions[-1]
        if newest.checksum == definition.checksum:
            return definition.at_version(newest.version)
        following = SemanticVersion.parse(newest.version).next_patch()
        return definition.at_version(str(following))

    def _require_free(self, kind: DefinitionKind, name: str | None) -> None:
        if isinstance(name, str) and self._is_built_in(kind, name):
            raise InputError(
                message=f"{name!r} is the name of a built-in {kind}. Give yours a name "
                "of its own: name='...'."
            )

    @staticmethod
    def _is_built_in(kind: DefinitionKind, name: str) -> bool:
        if kind is INDICATOR:
            from foresto_lab.indicators import built_in_indicators

            return name.strip() in built_in_indicators()
        from foresto_lab.strategies.library import BUILT_IN_STRATEGIES

        return name.strip().casefold().replace("-", "_") in set(BUILT_IN_STRATEGIES)

    def _content(
        self, given: Any, code: str | Path | None
    ) -> tuple[str, dict[str, Any], str | None, dict[str, Any]]:
        """Return source, content and code of a strategy, and what it calls itself."""
        from foresto_lab.registry.code import class_in
        from foresto_lab.strategies import JsonStrategy, TradingStrategy

        if given is None and code is not None:
            text = _code_text(code)
            named = class_in(text, _BASES[STRATEGY])
            return "python", {"class": named, "config": {}}, text, {"name": named}
        own: dict[str, Any] = {}
        if not isinstance(given, (JsonStrategy, TradingStrategy)):
            given, own = self._parsed(given)
        if isinstance(given, JsonStrategy):
            content = given.to_dict()
            says = {"name": content.pop("name"), "version": content.pop("version")}
            return "json", content, None, own or says
        if not isinstance(given, TradingStrategy):
            raise InputError(
                message=f"{type(given).__name__} is no strategy that can be kept: give "
                "JSON, or an instance of a subclass of TradingStrategy."
            )
        config = given.config.model_dump(mode="json")
        if given.source == "built_in":
            return "built_in", {"name": given.name, "config": config}, None, {}
        text = _code_text(code) if code is not None else given.code or _source_of(given)
        named = class_in(text, _BASES[STRATEGY], type(given).__name__)
        return (
            "python",
            {"class": named, "config": config},
            text,
            {"name": given.name, "version": given.version},
        )

    def _parsed(self, given: Any) -> tuple[Any, dict[str, Any]]:
        """Return the strategy that is described, and the name and version it gives."""
        from foresto_lab.strategies import parse_strategy

        mapping = _as_mapping(given)
        if mapping is None:
            return parse_strategy(given), {}
        said = {key: mapping[key] for key in ("name", "version") if mapping.get(key)}
        catalog = self._catalog(_names_in(mapping))
        if not said:
            said = {"name": None}
        return parse_strategy(mapping, catalog=catalog), said

    def activate_strategy(self, name: str, version: str) -> RegisteredDefinition:
        """Let a version of a strategy be found by its name again."""
        return self._set_active(STRATEGY, name, version, active=True)

    def deactivate_strategy(self, name: str, version: str) -> RegisteredDefinition:
        """Let a version of a strategy be found by its version only; it stays."""
        return self._set_active(STRATEGY, name, version, active=False)

    def activate_indicator(self, name: str, version: str) -> RegisteredDefinition:
        """Let a version of an indicator be found by its name again."""
        return self._set_active(INDICATOR, name, version, active=True)

    def deactivate_indicator(self, name: str, version: str) -> RegisteredDefinition:
        """Let a version of an indicator be found by its version only; it stays."""
        return self._set_active(INDICATOR, name, version, active=False)

    def _set_active(
        self, kind: DefinitionKind, name: str, version: str, *, active: bool
    ) -> RegisteredDefinition:
        changed = self.storage.registry.set_active(kind, name, version, active=active)
        log.info(
            "definition activated" if active else "definition deactivated",
            kind=str(kind),
            reference=changed.reference,
        )
        return changed

    def export_definitions(
        self, folder: str | Path, *names: str, kind: str | None = None
    ) -> tuple[Path, ...]:
        """Write what is stored as JSON files for git, one per name."""
        from foresto_lab.storage.registry_files import export_definitions

        return export_definitions(
            self.storage.registry,
            Path(folder),
            kind=None if kind is None else DefinitionKind(kind),
            names=names,
        )

    def import_definitions(
        self, path: str | Path, *, dry_run: bool = False
    ) -> tuple[ImportedDefinition, ...]:
        """Register what such a file, or a folder of them, holds: all of it or nothing.

        Code among it is not trusted by that.
        """
        from foresto_lab.storage.registry_files import import_definitions

        return import_definitions(self.storage.registry, Path(path), dry_run=dry_run)

    # --- trust ------------------------------------------------------------------------

    @cached_property
    def trusted_code(self) -> TrustedCode:
        """Which code from the catalog may run on this machine."""
        from foresto_lab.storage.trust import TrustedCode

        return TrustedCode()

    # --- from a name to what runs -----------------------------------------------------

    def _resolve(
        self, given: Any, parameters: Mapping[str, Any] | None = None
    ) -> ResolvedStrategy:
        """Return the strategy that is meant, ready to run."""
        from foresto_lab.strategies.parsing import built_in_strategy, parse_strategy

        options = dict(parameters or {})
        mapping = _as_mapping(given)
        if mapping is not None:
            _refuse(options)
            catalog = self._catalog(_names_in(mapping))
            return self._resolved(parse_strategy(mapping, catalog=catalog), catalog)
        if isinstance(given, RegisteredDefinition):
            return self._load_strategy(given, options)
        if isinstance(given, str):
            if "@" not in given and self._is_built_in(STRATEGY, given):
                return self._resolved(built_in_strategy(given, **options))
            from foresto_lab.strategies.library import BUILT_IN_STRATEGIES

            name, version = split_reference(given)
            allowed = tuple(BUILT_IN_STRATEGIES)
            found = self._stored(STRATEGY, name, version, allowed)
            return self._load_strategy(found, options)
        _refuse(options)
        return self._resolved(parse_strategy(given))

    def _stored(
        self,
        kind: DefinitionKind,
        name: str,
        version: str | None,
        built_in: Sequence[str],
    ) -> RegisteredDefinition:
        try:
            return self.storage.registry.find(kind, name, version)
        except UnknownNameError as error:
            if error.kind != str(kind):
                raise
            raise UnknownNameError(
                kind=str(kind), given=name, allowed=(*error.allowed, *built_in)
            ) from None

    def _resolved(
        self, strategy: Strategy, catalog: IndicatorCatalog | None = None
    ) -> ResolvedStrategy:
        from foresto_lab.indicators import built_in_indicators
        from foresto_lab.runs.backtest import ResolvedStrategy

        return ResolvedStrategy(
            strategy=strategy,
            name=strategy.name,
            version=strategy.version,
            catalog=catalog or built_in_indicators(),
            inactive_indicators=self._inactive_indicators(),
            code=getattr(strategy, "code", None),
        )

    def _inactive_indicators(self) -> frozenset[str]:
        """Return the names of stored indicators without any active version."""
        stored = self.storage.registry.definitions(INDICATOR, include_inactive=True)
        active = {item.name.casefold() for item in stored if item.is_active}
        return frozenset(item.name.casefold() for item in stored) - active

    def _load_strategy(
        self, definition: RegisteredDefinition, options: Mapping[str, Any]
    ) -> ResolvedStrategy:
        """Return a stored strategy; its code runs only where it is trusted."""
        from dataclasses import replace

        from foresto_lab.strategies.parsing import built_in_strategy, parse_strategy

        content = dict(definition.content)
        catalog: IndicatorCatalog | None = None
        strategy: Strategy
        if definition.source == "json":
            _refuse(options)
            catalog = self._catalog(_names_in(content))
            said = {"name": definition.name, "version": definition.version}
            strategy = parse_strategy({**content, **said}, catalog=catalog)
        else:
            config = {**content.get("config", {}), **options}
            if definition.source == "built_in":
                strategy = built_in_strategy(str(content.get("name")), **config)
            else:
                strategy = self._run_strategy(definition, config)
        return replace(
            self._resolved(strategy, catalog),
            name=definition.name,
            version=definition.version,
        )

    def _run_strategy(
        self, definition: RegisteredDefinition, config: Mapping[str, Any]
    ) -> Strategy:
        from foresto_lab.strategies import python_strategy

        self.trusted_code.require_trusted(definition)
        assert definition.code is not None
        named = str(definition.content.get("class", ""))
        return python_strategy(
            definition.code, trusted=True, name=named, parameters=config
        )

    def _catalog(self, names: Iterable[str]) -> IndicatorCatalog:
        """Return the built-in indicators, and those stored ones that are named."""
        from foresto_lab.indicators import built_in_indicators

        base = built_in_indicators()
        own = [name for name in dict.fromkeys(names) if name not in base]
        if not own:
            return base
        known = {
            name_key(item.name): item
            for item in self.storage.registry.definitions(INDICATOR)
        }
        wanted = [known[name_key(name)] for name in own if name_key(name) in known]
        return base.extended([self._load_indicator(item) for item in wanted])

    def _load_indicator(self, definition: RegisteredDefinition) -> Indicator:
        from foresto_lab.indicators import python_indicator

        return python_indicator(definition, self.trusted_code)

    def _rebuild(self, request: BacktestRequest) -> Strategy | None:
        """Return the strategy of a recorded request; None where its code is not."""
        from foresto_lab.strategies import parse_strategy

        source = request.strategy.get("source")
        if source != "python":
            catalog = self._catalog(request.indicators)
            return parse_strategy(dict(request.strategy), catalog=catalog)
        for item in self.storage.registry.definitions(STRATEGY, include_inactive=True):
            same = name_key(item.name) == name_key(request.strategy_name)
            if same and item.version == request.strategy_version and item.code:
                config = request.strategy.get("config", {})
                return self._load_strategy(item, config).strategy
        return None


def _row(name: str, version: str, source: str, **more: Any) -> dict[str, Any]:
    row = {"name": name, "version": version, "source": source, "is_active": True}
    return {**row, "tags": (), "checksum": None, "registered_at": None, **more}


def _listed(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    columns = list(_row("", "", ""))
    return pd.DataFrame(list(rows), columns=columns).set_index("name")


def _as_mapping(given: Any) -> Mapping[str, Any] | None:
    """Return the JSON that is given as itself, as text or in a file; else None."""
    if isinstance(given, Mapping):
        return given
    is_file = isinstance(given, Path) or (
        isinstance(given, str) and given.casefold().endswith(".json")
    )
    if not is_file and not (isinstance(given, str) and given.lstrip().startswith("{")):
        return None
    from foresto_lab.storage.registry_files import read_text
    from foresto_lab.strategies.parsing import read_json

    found = read_json(read_text(Path(given)) if is_file else str(given))
    if isinstance(found, Mapping):
        return found
    from foresto_lab.strategies import JsonStrategy

    return JsonStrategy.from_dict(found).to_dict()  # raises: it is no mapping


def _names_in(definition: Mapping[str, Any]) -> list[str]:
    """Return the indicators that a definition names, whatever else is wrong with it."""
    listed = definition.get("indicators")
    items = listed if isinstance(listed, (list, tuple)) else []
    named = [item.get("name") for item in items if isinstance(item, Mapping)]
    return [name for name in named if isinstance(name, str)]


def _refuse(parameters: Mapping[str, Any]) -> None:
    if parameters:
        raise InputError(
            message=f"Parameter {next(iter(parameters))!r} was given, but a strategy "
            "given so takes none. JSON has its numbers in its conditions."
        )


def _code_text(code: str | Path) -> str:
    from foresto_lab.storage.registry_files import read_text

    return read_text(code) if isinstance(code, Path) else code


def _source_of(strategy: Any) -> str:
    """Return the source of the file that a strategy's class is in."""
    try:
        module = inspect.getmodule(type(strategy))
        if module is not None and module.__name__ != "__main__":
            return inspect.getsource(module)
    except (OSError, TypeError):
        pass
    raise InputError(
        message=f"The code of {type(strategy).__name__} is in no file that could be "
        "read, so it cannot be kept. Give it: code='...' or code=Path('file.py')."
    )

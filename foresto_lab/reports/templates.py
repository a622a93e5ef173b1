"""Report templates: where they are, what they declare, and that they keep the rules.

A template is a notebook whose metadata holds ``foresto: {name, version, checksum}`` and
which has exactly one cell tagged ``parameters``, of literals only. A workspace's own
templates in ``notebooks/reports`` come before those of the package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import TemplateError, UnknownNameError
from foresto_lab.reports.parameters import Parameter, parse_parameters
from foresto_lab.workspace_files import template_folder

PARAMETERS_TAG: Final = "parameters"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SEMVER: Final = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it was read: its identity, its parameters, its notebook."""

    name: str
    version: str
    checksum: str
    path: Path
    parameters: tuple[Parameter, ...]
    notebook: Mapping[str, Any]

    @property
    def identity(self) -> dict[str, str]:
        """Name, version and checksum, as runs and pages record them."""
        return {"name": self.name, "version": self.version, "checksum": self.checksum}


def source_checksum(notebook: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a notebook's sources: cell types, texts and tags.

    Outputs, execution counts and other metadata do not enter.
    """
    return sha256_of(
        [
            {
                "cell_type": cell["cell_type"],
                "source": _source(cell),
                "tags": sorted(cell.get("metadata", {}).get("tags", [])),
            }
            for cell in notebook["cells"]
        ]
    )


def template_folders(home: Path | None = None) -> tuple[Path, ...]:
    """Return the folders that may hold templates, the nearest first."""
    own = () if home is None else (home / "notebooks" / "reports",)
    return tuple(f for f in (*own, template_folder()) if f.is_dir())


def find_templates(home: Path | None = None) -> dict[str, Path]:
    """Return the path of each template by its name, in the order of the names."""
    found: dict[str, Path] = {}
    for folder in template_folders(home):
        for path in sorted(folder.glob("*.ipynb")):
            if _NAME.fullmatch(path.stem):
                found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def load_template(name: str, home: Path | None = None) -> Template:
    """Read the template of this name and check it.

    Raises
    ------
    UnknownNameError
        There is no such template.
    TemplateError
        The notebook breaks the rules for templates.
    """
    found = find_templates(home)
    if name not in found:
        raise UnknownNameError(kind="report", given=name, allowed=tuple(found))
    return read_template(found[name])


def read_template(path: Path) -> Template:
    """Read a template's notebook from a file and check it."""
    try:
        notebook = json.loads(path.read_text("utf-8"))
        cells = notebook["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise TemplateError(
            template=path.name, reason=f"it is not a notebook ({error})."
        ) from None
    identity = notebook.get("metadata", {}).get("foresto", {})
    version = str(identity.get("version", ""))
    if not _SEMVER.fullmatch(version):
        raise TemplateError(
            template=path.name,
            reason=f"its metadata must hold foresto.version as MAJOR.MINOR.PATCH, "
            f"not {version!r}.",
        )
    return Template(
        name=path.stem,
        version=version,
        checksum=source_checksum(notebook),
        path=path,
        parameters=parse_parameters(path.stem, _parameters_source(path, cells)),
        notebook=notebook,
    )


def _parameters_source(path: Path, cells: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the one cell tagged ``parameters``."""
    tagged = [
        cell
        for cell in cells
        if PARAMETERS_TAG in cell.get("metadata", {}).get("tags", [])
    ]
    if len(tagged) != 1 or tagged[0]["cell_type"] != "code":
        raise TemplateError(
            template=path.name,
            reason=f"it must have exactly one code cell tagged {PARAMETERS_TAG!r}, "
            f"not {len(tagged)}.",
        )
    return _source(tagged[0])


def _source(cell: Mapping[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from foresto_lab.errors import RegistryError, UntrustedCodeError
from foresto_lab.registry import RegisteredDefinition, parse_definition
from foresto_lab.storage.trust import TrustedCode

ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")


def code(text: str = "x = 1\n") -> RegisteredDefinition:
    return parse_definition(
        "indicator", "mine", "1.0.0", {}, source="python", code=text
    )


@pytest.fixture
def trusted(tmp_path: Path) -> TrustedCode:
    return TrustedCode(tmp_path / "config" / "trusted")


def test_code_is_not_trusted_until_it_is(trusted: TrustedCode) -> None:
    with pytest.raises(UntrustedCodeError, match=r"registry trust 'mine@1\.0\.0'"):
        trusted.require_trusted(code())
    trusted.trust(code())
    trusted.require_trusted(code())
    assert [item.reference for item in trusted.all()] == ["mine@1.0.0"]
    assert trusted.untrust(code())
    assert not trusted.is_trusted(code())
    assert not trusted.untrust(code())
    assert trusted.all() == ()


def test_trust_is_of_the_content(trusted: TrustedCode) -> None:
    trusted.trust(code())
    assert not trusted.is_trusted(code("x = 2\n"))
    renamed = parse_definition(
        "indicator", "other", "2.0.0", {}, source="python", code="x = 1\n"
    )
    assert trusted.is_trusted(renamed)


def test_what_is_no_code_needs_no_trust(trusted: TrustedCode) -> None:
    rules = parse_definition("strategy", "Dip", "1.0.0", {}, source="json")
    trusted.require_trusted(rules)


def test_the_users_own_configuration_is_where_it_is_by_default() -> None:
    assert TrustedCode().folder.parent.name == "foresto_lab"
    assert TrustedCode().folder.is_relative_to(os.environ["XDG_CONFIG_HOME"])


@ON_POSIX
def test_only_the_user_reads_and_writes_it(trusted: TrustedCode) -> None:
    trusted.trust(code())
    (path,) = trusted.folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(trusted.folder.stat().st_mode) == 0o700


@ON_POSIX
@pytest.mark.parametrize("place", ["folder", "file"])
def test_what_others_can_write_does_not_count(trusted: TrustedCode, place: str) -> None:
    trusted.trust(code())
    (path,) = trusted.folder.iterdir()
    (path if place == "file" else trusted.folder).chmod(0o777)
    with pytest.raises(RegistryError, match="chmod go-w"):
        trusted.is_trusted(code())


def test_a_file_that_is_none_is_passed_over(trusted: TrustedCode) -> None:
    trusted.trust(code())
    (trusted.folder / "note.json").write_text("{")
    assert len(trusted.all()) == 1

from __future__ import annotations

import pytest

from foresto_lab.errors import VersionError
from foresto_lab.registry import SemanticVersion

# https://semver.org/spec/v2.0.0.html, item 11
ORDERED = [
    *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta"),
    *("1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0"),
    "2.1.1",
]
# https://regex101.com/r/vkijKf/1/, which semver.org names
VALID = [
    *("0.0.4", "1.1.2-prerelease+meta", "1.1.2+meta", "1.0.0-alpha-a.b-c"),
    *("1.0.0-0A.is.legal", "1.2.3----RC-SNAPSHOT.12.9.1--.12+788"),
]
INVALID = [
    *("1", "1.2", "1.2.3-0123", "1.2.3-0123.0123", "1.1.2+.123", "+invalid"),
    *("-invalid", "alpha", "1.2.3.DEV", "1.2-SNAPSHOT", "01.1.1", "1.01.1", "1.1.01"),
    *("1.0.0-alpha_beta", "1.0.0-alpha..", "v1.0.0", " 1.0.0", "1.0.0\n", "1.0.0\0"),
    *("", "1.0.0-" + "a" * 60, "٣.0.0", None, 1.0, (1, 0, 0)),
]


def test_versions_are_ordered_as_the_standard_says() -> None:
    assert [
        str(v) for v in sorted(map(SemanticVersion.parse, ORDERED[::-1]))
    ] == ORDERED


@pytest.mark.parametrize("text", VALID)
def test_a_version_is_written_as_it_was_read(text: str) -> None:
    assert str(SemanticVersion.parse(text)) == text


@pytest.mark.parametrize("text", INVALID)
def test_what_is_no_version_is_refused(text: object) -> None:
    with pytest.raises(VersionError, match="semantic version"):
        SemanticVersion.parse(text)


@pytest.mark.parametrize(
    ("text", "following"),
    [("1.0.0", "1.0.1"), ("1.9.9", "1.9.10"), ("2.0.0-rc.1", "2.0.0")],
)
def test_the_next_patch(text: str, following: str) -> None:
    assert str(SemanticVersion.parse(text).next_patch()) == following

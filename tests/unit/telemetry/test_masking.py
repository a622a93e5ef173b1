"""No password is written, wherever it stands; what is none is left alone."""

from __future__ import annotations

import pytest

from foresto_lab.telemetry.masking import (
    is_secret_name,
    mask_secrets,
    secrets_of_url,
)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://ann:s3cret@host:5432/lab", "postgresql://ann:***@host:5432/lab"),
        ("postgresql+psycopg://ann:p@ss@h/lab", "postgresql+psycopg://ann:***@h/lab"),
        ("to postgresql://a:x/y?z#w@h/db failed", "to postgresql://a:***@h/db failed"),
        ("://:only@h", "://:only@h"),
        ("redis://:only@h", "redis://:***@h"),
        ("a://b:c@d and e://f:g@h", "a://b:***@d and e://f:***@h"),
        ("host=h password=s3cret user=ann", "host=h password=*** user=ann"),
        ("password='s3 cret' user=ann", "password=*** user=ann"),
        ("?user=ann&password=s3cret&x=1", "?user=ann&password=***&x=1"),
        ("{'api_key': 's3cret', 'n': 1}", "{'api_key': ***, 'n': 1}"),
        ("PGPASSWORD=s3cret psql", "PGPASSWORD=*** psql"),
    ],
)
def test_a_secret_in_a_text_is_masked(text: str, masked: str) -> None:
    assert mask_secrets(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ann@host:5432/lab",
        "http://127.0.0.1:9464/metrics",
        'FATAL: password authentication failed for user "ann"',
        "mail ann@example.org at 10:30",
        "sqlite:////home/ann/data/foresto.db",
        "성장형: 55/20/10/10/5",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask_secrets(text) == text


def test_a_known_secret_is_masked_wherever_it_is_a_word() -> None:
    known = ("hunter2hunter2",)
    assert mask_secrets('near "hunter2hunter2"', known) == 'near "***"'
    assert mask_secrets("xhunter2hunter2", known) == "xhunter2hunter2"


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("postgresql://ann:long-enough@h/db", ("long-enough",)),
        ("postgresql://ann:long%40enough@h/db", ("long%40enough", "long@enough")),
        ("postgresql://ann:short@h/db", ()),
        ("postgresql://ann@h/db", ()),
        ("postgresql://[broken", ()),
    ],
)
def test_the_secrets_of_a_url(url: str, secrets: tuple[str, ...]) -> None:
    assert secrets_of_url(url) == secrets


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password", True),
        ("db_password", True),
        ("API_KEY", True),
        ("apikey", True),
        ("Authorization", True),
        ("tokens", False),
        ("passwords_changed", False),
        ("name_key", False),
    ],
)
def test_which_names_are_secret(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret

"""Settings: ``FORESTO_*`` environment variables and the workspace's ``.env``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from foresto_lab.errors import SettingsError, WorkspaceNotFoundError

CATALOG_FILE = "foresto.db"
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
TEAM_FILE = "team.txt"
"""In ``data/``: the folder is a workspace whose store is a team's database."""


class Settings(BaseSettings):
    """What can be set from outside, with the defaults of the workbench.

    Read from the environment first, then from ``.env`` in the workspace. The
    URLs are secret: their ``repr`` is masked.
    """

    model_config = SettingsConfigDict(
        env_prefix="FORESTO_", extra="ignore", frozen=True, env_ignore_empty=True
    )

    home: Path | None = Field(
        default=None, description="The workspace: holds data/, reports/, notebooks/."
    )
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL URL of a team; SQLite when left out."
    )
    redis_url: SecretStr | None = Field(
        default=None, description="Redis URL of recent candles; none when left out."
    )
    ccxt_api_key: SecretStr | None = Field(
        default=None, description="Key for a crypto exchange; candles need none."
    )
    ccxt_secret: SecretStr | None = Field(
        default=None, description="Secret that belongs to the key."
    )
    ccxt_password: SecretStr | None = Field(
        default=None, description="Passphrase, where an exchange wants one."
    )
    use_rebalancing: bool = Field(
        default=True, description="Off: a rule that is given is refused."
    )
    use_sim_store: bool = Field(
        default=True, description="Off: no run is stored and none is reused."
    )
    use_scenario_db: bool = Field(
        default=True, description="Off: the built-in scenarios, not the catalog's."
    )
    run_ttl_days: int = Field(
        default=365, ge=1, description="Days until a run expires and is not reused."
    )
    path_ttl_days: int = Field(
        default=90, ge=1, description="Days that the series of a run are kept."
    )
    language: str = Field(
        default="ko",
        pattern="^(ko|en)$",
        description="Language of reports and widgets.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        default="WARNING", description="The lowest level of log lines written."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        default="auto",
        description="auto: for people on a terminal and in a notebook, else JSON.",
    )
    log_file: Path | None = Field(
        default=None, description="A file that log lines are appended to, as JSON."
    )
    metrics_dir: Path | None = Field(
        default=None,
        description="A folder in which every process counts; off when left out.",
    )

    def ccxt_credentials(self) -> dict[str, str]:
        """Return what is set for a crypto exchange, by ccxt's names for it."""
        given = {
            "apiKey": self.ccxt_api_key,
            "secret": self.ccxt_secret,
            "password": self.ccxt_password,
        }
        return {n: value.get_secret_value() for n, value in given.items() if value}

    @field_validator("redis_url")
    @classmethod
    def _of_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(REDIS_SCHEMES):
            raise ValueError(f"it must begin with {', '.join(REDIS_SCHEMES)}")
        return value

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _in_any_case(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return value
        return value.upper() if info.field_name == "log_level" else value.lower()


def load_settings(home: Path | None = None, **overrides: Any) -> Settings:
    """Return the settings, reading ``home/.env`` where there is one.

    Raises
    ------
    SettingsError
        A value is not one that the setting can have.
    """
    env_file = (home or Path.cwd()) / ".env"
    given = {name: value for name, value in overrides.items() if value is not None}
    if home is not None:
        given["home"] = home
    try:
        return Settings(_env_file=env_file if env_file.is_file() else None, **given)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = "FORESTO_" + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(
            message=f"{name} cannot be used: {first['msg']}. "
            f"Correct it in the environment or in {env_file}."
        ) from None


def workspace_settings(
    home: str | Path | None = None, database_url: str | None = None
) -> Settings:
    """Return the settings of a workspace, with its folder as ``home``.

    Parameters
    ----------
    home : path, optional
        The workspace. Left out, ``FORESTO_HOME`` names it, or it is the nearest
        folder, here or above, that is one; with a team's database, else this folder.
    database_url : str, optional
        In place of ``FORESTO_DATABASE_URL``.

    Raises
    ------
    WorkspaceNotFoundError
        None was named and none lies here or above.
    SettingsError
        A value is not one that the setting can have, or the workspace is a team's and
        its database is not named.
    """
    folder = Path(home).expanduser().resolve() if home else _home_here(database_url)
    settings = load_settings(folder, database_url=database_url)
    if settings.database_url is None and (folder / "data" / TEAM_FILE).is_file():
        raise SettingsError(
            message=f"{folder} is the workspace of a team, and its database is not "
            "named. Set FORESTO_DATABASE_URL, in the environment or in the folder's "
            f".env; or delete {folder / 'data' / TEAM_FILE} to keep everything in the "
            "folder."
        )
    return settings


def _home_here(database_url: str | None) -> Path:
    """Return the workspace that is set, or here or above.

    A team's database needs none: then it is this folder.
    """
    settings = load_settings(database_url=database_url)
    if settings.home is not None:
        return settings.home.expanduser().resolve()
    try:
        return find_home()
    except WorkspaceNotFoundError:
        if not is_team_url(settings.database_url):
            raise
        return Path.cwd().resolve()


def is_team_url(url: SecretStr | None) -> bool:
    """Return whether a database URL is that of a team: PostgreSQL, not SQLite."""
    return url is not None and url.get_secret_value().startswith("postgres")


def find_home(start: Path | None = None) -> Path:
    """Return the nearest folder, here or above, that is a workspace.

    It holds ``data/foresto.db``, or the file that marks a team's workspace.

    Raises
    ------
    WorkspaceNotFoundError
        There is none up to the root.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if any(
            (folder / "data" / name).is_file() for name in (CATALOG_FILE, TEAM_FILE)
        ):
            return folder
    raise WorkspaceNotFoundError(path=here)

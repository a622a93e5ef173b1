"""compose.yaml and its image: what they promise, and that their commands really run.

No Docker engine is needed. The file is checked against the schema of compose files.
What a service starts is started here with the file's own arguments, and asked by the
file's own health check.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from foresto_lab.storage.postgresql.database import OLDEST_SERVER
from tests.postgresql_binaries import find_binaries
from tests.postgresql_server import new_server

ROOT = Path(__file__).resolve().parents[1]
SPECIFICATION = ROOT / "tests" / "golden" / "compose_spec"
BINARIES = Path(sys.executable).parent
SECRETS = {"POSTGRES_PASSWORD": "p$ss 'wörd'", "JUPYTER_TOKEN": "token-of-the-tests"}
VARIABLE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\})"
)
START_SECONDS = 90


# --- reading the file -------------------------------------------------------------


def interpolated(value: Any, given: Mapping[str, str]) -> Any:
    """Return a part of the file with its variables replaced, as Compose does it."""
    if isinstance(value, dict):
        return {name: interpolated(item, given) for name, item in value.items()}
    if isinstance(value, list):
        return [interpolated(item, given) for item in value]
    if not isinstance(value, str):
        return value

    def replaced(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        here = given.get(found["name"])
        if here:
            return here
        if found["kind"] == "?":
            raise KeyError(found["rest"])
        return found["rest"] if found["kind"] == "-" else ""

    return VARIABLE.sub(replaced, value)


@pytest.fixture(scope="module")
def source() -> str:
    return (ROOT / "compose.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def raw(source: str) -> dict[str, Any]:
    """Return the file as it is, its merged parts in place."""
    loaded = yaml.safe_load(source)
    assert isinstance(loaded, dict)
    return loaded


@pytest.fixture(scope="module")
def services(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the services as Compose would start them, with the defaults."""
    found: dict[str, dict[str, Any]] = interpolated(raw["services"], SECRETS)
    return found


@pytest.fixture(scope="module")
def example() -> str:
    return (ROOT / ".env.example").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def runs_on(service: Mapping[str, Any]) -> bool:
    """Return whether a service is meant to stay up, not to end with its work."""
    return bool(service["restart"] != "no")


# --- the file ---------------------------------------------------------------------


def test_the_schema_is_the_one_that_its_source_states() -> None:
    stated = json.loads((SPECIFICATION / "metadata.json").read_text(encoding="utf-8"))
    content = (SPECIFICATION / stated["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == stated["sha256"]


def test_the_file_obeys_the_compose_specification(raw: dict[str, Any]) -> None:
    import jsonschema

    schema = json.loads((SPECIFICATION / "compose-spec.json").read_text("utf-8"))
    jsonschema.validate(raw, schema)
    wrong = {**raw, "services": {**raw["services"], "odd": {"imagine": "x"}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


def test_what_stays_up_has_a_health_check_limits_and_comes_back(
    services: dict[str, dict[str, Any]],
) -> None:
    staying = {name for name, service in services.items() if runs_on(service)}
    assert staying == {"postgres", "jupyterlab", "dask-scheduler", "dask-worker"}
    for name in staying:
        check = services[name]["healthcheck"]
        assert check["test"][0] in ("CMD", "CMD-SHELL"), name
        assert {"interval", "timeout", "retries", "start_period"} <= set(check), name
        assert services[name]["restart"] == "unless-stopped", name
        limits = services[name]["deploy"]["resources"]["limits"]
        assert float(limits["cpus"]) > 0, name
        assert re.fullmatch(r"\d+g", limits["memory"]), name


def test_what_ends_with_its_work_is_not_restarted_or_asked_for_its_health(
    services: dict[str, dict[str, Any]],
) -> None:
    for service in services.values():
        if not runs_on(service):
            assert service["healthcheck"] == {"disable": True}


def test_services_wait_for_what_can_be_waited_for(
    services: dict[str, dict[str, Any]],
) -> None:
    waited = [
        (needed, how["condition"])
        for service in services.values()
        for needed, how in service.get("depends_on", {}).items()
    ]
    assert ("postgres", "service_healthy") in waited
    for needed, condition in waited:
        allowed = (
            "service_healthy"
            if runs_on(services[needed])
            else "service_completed_successfully"
        )
        assert condition == allowed, needed


def test_no_secret_is_written_in_the_file(
    source: str, raw: dict[str, Any], services: dict[str, dict[str, Any]]
) -> None:
    for service in raw["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|SECRET|KEY", name):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), name
    assert not re.search(r"://[^/\s]*:[^/\s]*@", json.dumps(services))
    assert not any(secret in source for secret in SECRETS.values())


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_nothing_starts_without_a_secret(raw: dict[str, Any], missing: str) -> None:
    for without in ({}, {missing: ""}):
        given = {name: value for name, value in SECRETS.items() if name != missing}
        with pytest.raises(KeyError, match=f"Set {missing} in .env, see .env.example"):
            interpolated(raw, given | without)


def test_the_database_url_holds_no_password(
    services: dict[str, dict[str, Any]],
) -> None:
    environment = services["jupyterlab"]["environment"]
    assert environment["FORESTO_DATABASE_URL"] == (
        "postgresql://foresto@postgres:5432/foresto"
    )
    assert environment["PGPASSWORD"] == SECRETS["POSTGRES_PASSWORD"]


def test_the_scheduler_is_given_no_secret(
    services: dict[str, dict[str, Any]],
) -> None:
    scheduler = services["dask-scheduler"]
    assert not any(secret in str(scheduler) for secret in SECRETS.values())


def test_every_variable_is_explained_with_its_default(
    source: str, example: str
) -> None:
    stated = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", example, re.MULTILINE))
    used = {
        found["name"]: found["rest"] if found["kind"] == "-" else ""
        for found in VARIABLE.finditer(source)
        if found["name"]
    }
    assert stated == used


def test_the_example_sets_only_secrets_and_leaves_them_empty(example: str) -> None:
    set_here = dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE))
    assert set_here == dict.fromkeys(SECRETS, "")


def test_git_and_the_image_leave_out_the_secrets() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ".env" in ignored
    assert not goes_to_the_builder(".env")


def test_ports_are_open_to_this_machine_only(
    services: dict[str, dict[str, Any]],
) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert sorted(ports) == [
        "127.0.0.1:5432:5432",
        "127.0.0.1:8787:8787",
        "127.0.0.1:8888:8888",
    ]


def test_every_volume_is_declared_and_used(
    raw: dict[str, Any], services: dict[str, dict[str, Any]]
) -> None:
    mounted = {
        volume.partition(":")[0]
        for service in services.values()
        for volume in service.get("volumes", [])
    }
    assert mounted == set(raw["volumes"])


def test_what_runs_from_the_image_has_no_rights(
    services: dict[str, dict[str, Any]],
) -> None:
    for name, service in services.items():
        assert service["security_opt"] == ["no-new-privileges:true"]
        if name != "postgres":
            assert service["image"] == "foresto-lab"
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]


# --- the image --------------------------------------------------------------------


def goes_to_the_builder(path: str) -> bool:
    """Return whether .dockerignore lets a file through; the last match decides."""
    lets_through = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").removeprefix("**/")
        anywhere = "**/" in line
        parts = path.split("/")
        starts = range(len(parts)) if anywhere else range(1)
        matches = any(
            fnmatch.fnmatch("/".join(parts[start:end]), pattern)
            for start in starts
            for end in range(start + 1, len(parts) + 1)
        )
        if matches:
            lets_through = line.startswith("!")
    return lets_through


def copied(dockerfile: str) -> list[str]:
    """Return what the Dockerfile copies from the repository."""
    found = re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
    return [name for line in found for name in line.split()[:-1]]


def test_the_builder_is_given_what_it_copies_and_nothing_else(dockerfile: str) -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    sent = {name for name in tracked if goes_to_the_builder(name)}
    wanted = {
        name
        for name in tracked
        for source in copied(dockerfile)
        if name == source or name.startswith(f"{source}/")
    }
    assert sent == wanted
    assert "foresto_lab/lab.py" in sent
    for private in ("data/foresto.db", "reports/x/report.html", ".venv/bin/python"):
        assert not goes_to_the_builder(private)
    assert not goes_to_the_builder("foresto_lab/__pycache__/lab.cpython-311.pyc")


def test_all_that_the_package_needs_is_locked(dockerfile: str) -> None:
    (script,) = re.findall(r"<<'NAMES'\n(.*?)\nNAMES", dockerfile, re.DOTALL)
    printed = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert len(printed) == len(project["dependencies"])
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    locked = {
        canonicalize_name(Requirement(line).name) for line in lock if "==" in line
    }
    needed = {canonicalize_name(Requirement(line).name) for line in printed}
    assert needed | {"hatchling"} <= locked
    assert "distributed" in needed
    assert dockerfile.count("--constraint requirements.lock") == 2


def test_the_image_runs_as_a_user_without_rights(dockerfile: str) -> None:
    last_stage = dockerfile.rpartition("\nFROM ")[2]
    users = re.findall(r"^USER (\S+)$", last_stage, re.MULTILINE)
    assert users == ["1000:1000"]
    assert "useradd --uid 1000 " in last_stage


def test_the_image_has_the_clients_of_the_servers_version(
    dockerfile: str, services: dict[str, dict[str, Any]]
) -> None:
    """Debian trixie's postgresql-client is that of PostgreSQL 17."""
    found = re.fullmatch(r"postgres:(\d+)-(\w+)", services["postgres"]["image"])
    assert found
    assert found[2] in re.findall(r"^ARG DEBIAN=(\w+)$", dockerfile, re.MULTILINE)
    assert (found[1], found[2]) == ("17", "trixie")
    assert int(found[1]) >= OLDEST_SERVER


def test_the_image_has_a_python_that_the_package_supports(dockerfile: str) -> None:
    (python,) = re.findall(r"^ARG PYTHON=(\S+)$", dockerfile, re.MULTILINE)
    assert python in ("3.11", "3.12", "3.13")


@pytest.mark.slow
def test_the_wheel_is_built_from_what_the_builder_is_given(
    dockerfile: str, tmp_path: Path
) -> None:
    for name in copied(dockerfile):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            left_out = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            shutil.copytree(ROOT / name, target, ignore=left_out)
        else:
            shutil.copy(ROOT / name, target)
    command = next(line for line in dockerfile.splitlines() if " pip wheel " in line)
    arguments = shlex.split(command)
    assert arguments[0] == "python"
    subprocess.run(
        [sys.executable, *arguments[1:]], cwd=tmp_path, check=True, capture_output=True
    )
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    assert wheel.name.startswith("foresto_lab-")


# --- what the services run --------------------------------------------------------


def in_place(word: str, replaced: Mapping[str, str]) -> str:
    for old, new in replaced.items():
        word = word.replace(old, new)
    return word


def command_of(
    service: Mapping[str, Any], replaced: Mapping[str, str] | None = None
) -> list[str]:
    """Return what a service starts, in this environment's programs."""
    program, *rest = (
        in_place(word, replaced or {})
        for word in [*service.get("entrypoint", []), *service["command"]]
    )
    return [str(BINARIES / program), *rest]


def health(
    service: Mapping[str, Any],
    replaced: Mapping[str, str],
    environment: Mapping[str, str],
) -> int:
    """Run a service's health check; 0 says that it is well."""
    kind, *test = service["healthcheck"]["test"]
    words = [in_place(word, replaced) for word in test]
    command = ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words
    if command[0] == "python":
        command[0] = sys.executable
    return subprocess.run(
        command, env=dict(environment), capture_output=True, check=False, timeout=30
    ).returncode


@contextmanager
def started(command: list[str], folder: Path, environment: Mapping[str, str]) -> Any:
    """Start a process, and end it and its children afterwards."""
    import psutil

    with (folder / "output.txt").open("ab") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        with suppress(psutil.NoSuchProcess):
            family = [psutil.Process(process.pid)]
            family += family[0].children(recursive=True)
            family[0].terminate()
            _, left = psutil.wait_procs(family, timeout=15)
            for straggler in left:
                straggler.kill()
        process.wait(timeout=15)


def wait_until_well(
    service: Mapping[str, Any],
    replaced: Mapping[str, str],
    environment: Mapping[str, str],
    process: subprocess.Popen[bytes],
    folder: Path,
) -> None:
    until = time.monotonic() + START_SECONDS
    while health(service, replaced, environment) != 0:
        said = (folder / "output.txt").read_text(encoding="utf-8", errors="replace")
        assert process.poll() is None, f"it ended: {said}"
        assert time.monotonic() < until, f"it did not come up: {said}"
        time.sleep(0.3)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return an environment as a container's: a home, a path, nothing of foresto."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FORESTO_")}
    return kept | {"HOME": str(tmp_path), "PATH": f"{BINARIES}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    "command",
    [
        "jupyter lab --version",
        "dask scheduler --version",
        "dask worker --version",
        "foresto --help",
        "foresto db init --help",
        "foresto init --help",
    ],
)
def test_every_program_is_there(command: str, environment: dict[str, str]) -> None:
    program, *arguments = command.split()
    done = subprocess.run(
        [BINARIES / program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_those_are_all_the_programs(services: dict[str, dict[str, Any]]) -> None:
    started = {
        name: [*service.get("entrypoint", []), *service["command"]][:2]
        for name, service in services.items()
    }
    assert started == {
        "postgres": ["postgres", "-cshared_buffers=512MB"],
        "migrate": ["foresto", "db"],
        "workspace": ["foresto", "init"],
        "jupyterlab": ["jupyter", "lab"],
        "dask-scheduler": ["dask", "scheduler"],
        "dask-worker": ["dask", "worker"],
        "foresto": ["foresto", "--help"],
    }


@pytest.mark.slow
def test_postgres_starts_with_its_settings_and_tells_its_health(
    services: dict[str, dict[str, Any]], environment: dict[str, str]
) -> None:
    binaries = find_binaries()
    if binaries is None or shutil.which("pg_isready") is None:
        pytest.skip("PostgreSQL's server and pg_isready are not both on this machine")
    service = services["postgres"]
    settings = dict(
        re.fullmatch(r"-c(\w+)=(.+)", word).groups()  # type: ignore[union-attr]
        for word in service["command"][1:]
    )
    server = new_server(**settings)
    asked = environment | {
        "PGPORT": str(server.port),
        "POSTGRES_USER": service["environment"]["POSTGRES_USER"],
        "POSTGRES_DB": service["environment"]["POSTGRES_DB"],
    }
    assert health(service, {}, asked) != 0
    try:
        server.start()
        assert health(service, {}, asked | {"PGPORT": str(server.port)}) == 0
        shown = server.execute("SELECT current_setting('shared_buffers')")
        assert shown == [("512MB",)]
    finally:
        server.remove()


@pytest.mark.slow
def test_jupyterlab_starts_answers_and_wants_its_token(
    services: dict[str, dict[str, Any]], tmp_path: Path, environment: dict[str, str]
) -> None:
    service = services["jupyterlab"]
    port = free_port()
    replaced = {"8888": port, "0.0.0.0": "127.0.0.1", "=/workspace": f"={tmp_path}"}
    command = command_of(service, replaced)
    if os.geteuid() == 0:
        command.append("--allow-root")
    environment["JUPYTER_TOKEN"] = service["environment"]["JUPYTER_TOKEN"]
    assert health(service, replaced, environment) != 0
    with started(command, tmp_path, environment) as process:
        wait_until_well(service, replaced, environment, process, tmp_path)
        address = f"http://127.0.0.1:{port}/api/contents"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(address, timeout=10)
        token = SECRETS["JUPYTER_TOKEN"]
        with urllib.request.urlopen(f"{address}?token={token}", timeout=10) as answer:
            assert "output.txt" in answer.read().decode()
    assert health(service, replaced, environment) != 0


@pytest.mark.slow
def test_dask_starts_answers_and_computes(
    services: dict[str, dict[str, Any]], tmp_path: Path, environment: dict[str, str]
) -> None:
    scheduler, worker = services["dask-scheduler"], services["dask-worker"]
    replaced = {
        "8786": free_port(),
        "8787": free_port(),
        "8788": free_port(),
        "//dask-scheduler": "//127.0.0.1",
        "0.0.0.0": "127.0.0.1",
        "/tmp/dask": str(tmp_path / "dask"),
    }
    folders = tmp_path / "scheduler", tmp_path / "worker"
    for folder in folders:
        folder.mkdir()
    with started(command_of(scheduler, replaced), folders[0], environment) as first:
        wait_until_well(scheduler, replaced, environment, first, folders[0])
        assert health(worker, replaced, environment) != 0
        with started(command_of(worker, replaced), folders[1], environment) as second:
            wait_until_well(worker, replaced, environment, second, folders[1])
            computed = subprocess.run(
                [
                    sys.executable,
                    "-c",
                    "from distributed import Client\n"
                    f"client = Client('tcp://127.0.0.1:{replaced['8786']}')\n"
                    "print(client.submit(sum, [40, 2]).result(timeout=60))",
                ],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            assert computed.stdout.strip() == "42", computed.stderr


@pytest.mark.slow
def test_an_empty_database_is_prepared_with_a_password_outside_of_the_url(
    services: dict[str, dict[str, Any]],
    database_url: str,
    tmp_path: Path,
    environment: dict[str, str],
) -> None:
    url = re.sub(r":[^:@/]+@", "@", database_url, count=1)
    (password,) = re.findall(r"//\w+:([^@]+)@", database_url)
    assert password not in url
    environment |= {
        "FORESTO_HOME": str(tmp_path),
        "FORESTO_DATABASE_URL": url,
        "PGPASSWORD": password,
    }
    for name in ("migrate", "workspace"):
        command = command_of(services[name], {"/workspace": str(tmp_path)})
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert password not in done.stdout + done.stderr
    assert (tmp_path / "notebooks/explore/scenario_explorer.ipynb").is_file()
    if shutil.which("pg_dump"):
        backup = [str(BINARIES / "foresto"), "db", "backup", str(tmp_path / "backup")]
        done = subprocess.run(
            backup, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["docker.md", "timescaledb.md"])
def test_every_foresto_command_of_a_page_exists(
    page: str, environment: dict[str, str]
) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    before = r"(?:docker compose run --rm(?: -T| --volume \S+)* |^)"
    words = before + r"foresto ((?:[a-z]+(?=[\s`]) ?)+)"
    commands = {found.strip() for found in re.findall(words, text, re.MULTILINE)}
    assert len(commands) >= 2
    for command in commands:
        done = subprocess.run(
            [BINARIES / "foresto", *command.split(), "--help"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, command
        assert f"foresto {command}" in done.stdout

# The image of JupyterLab, the foresto command and Dask: the locked dependencies without
# the developers' tools, the package as a wheel, and a user without rights.

ARG PYTHON=3.13
ARG DEBIAN=trixie

FROM python:${PYTHON}-slim-${DEBIAN} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
RUN python -m venv /opt/foresto

# What the package needs changes less often than the package: a layer of its own.
COPY pyproject.toml requirements.lock ./
RUN <<END
set -eu
python - > requirements.txt <<'NAMES'
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
print(*project["dependencies"], sep="\n")
NAMES
/opt/foresto/bin/pip install --constraint requirements.lock --requirement requirements.txt
python -m pip install --constraint requirements.lock hatchling
END

COPY README.md ./
COPY foresto_lab foresto_lab
COPY notebooks notebooks
COPY data/sample data/sample
RUN <<END
set -eu
python -m pip wheel --no-deps --no-build-isolation --wheel-dir wheels .
/opt/foresto/bin/pip install --no-deps --no-index wheels/*.whl
/opt/foresto/bin/pip check
END


FROM python:${PYTHON}-slim-${DEBIAN}

# pg_dump and pg_restore of the server's version, for `foresto db backup` and `restore`.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*

# The folders that volumes are mounted on: a new volume takes over their owner.
RUN useradd --uid 1000 --create-home foresto \
    && install --directory --owner=foresto --group=foresto /workspace /backups
COPY --from=build /opt/foresto /opt/foresto

ENV PATH=/opt/foresto/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    FORESTO_HOME=/workspace
USER 1000:1000
WORKDIR /workspace
CMD ["foresto", "--help"]

"""The production files as data, so that a check can be tried on a changed copy of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

from tests.deploy.overlay import load_overlay, merged

__all__ = ["ROOT", "Deployment", "Instruction", "Unset", "expand", "load", "variables"]

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?:(:?[-?+])([^}]*))?\}|(\w+))")
_ASSIGNMENT = re.compile(r"^#?([A-Z_][A-Z0-9_]*)=(.*)$")


class Unset(ValueError):
    """A variable that must be set is not."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of a Dockerfile, its continuations joined."""

    name: str
    rest: str


@dataclass(frozen=True)
class Deployment:
    """All files of a deployment. `compose` still holds its `${VARIABLES}`."""

    compose: dict[str, Any]
    env_example: str
    dockerfile: str
    dockerignore: str
    prometheus: dict[str, Any]
    clickhouse_server: str
    clickhouse_user: str
    datasources: dict[str, Any]
    overlay: dict[str, Any]
    """`docker-compose.secure.yml`."""
    secure_clickhouse: str
    secure_datasources: dict[str, Any]
    plain_datasources: dict[str, Any] = field(default_factory=dict)
    """Of the first file, where `datasources` are those of the second."""
    root: Path = ROOT
    secure: bool = False
    """Whether the second file is laid over the first."""

    def changed(self, **changes: Any) -> Deployment:
        """A copy that may be damaged."""
        return replace(deepcopy(self), **changes)

    def secured(self) -> Deployment:
        """With the second file over the first."""
        over = merged(self.compose, {name: value for name, value in self.overlay.items() if not name.startswith("x-")})
        return self.changed(
            compose=over, datasources=self.secure_datasources, plain_datasources=self.datasources, secure=True
        )

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        """Services by name, variables not yet filled in."""
        found: dict[str, dict[str, Any]] = self.compose["services"]
        return found

    def filled(self, *, cluster: bool = False) -> dict[str, dict[str, Any]]:
        """Services as Docker would run them, passwords invented."""
        filled: dict[str, dict[str, Any]] = expand(self.services, self.environment(cluster=cluster))
        return filled

    def environment(self, *, cluster: bool = False) -> dict[str, str]:
        """A `.env` made from the example: passwords filled in, each another; `cluster`: its block for three brokers
        switched on."""
        found = {}
        for block in re.split(r"\n\s*\n", self.env_example):
            wanted = "" if cluster and "COMPOSE_PROFILES=cluster" in block else "#"
            for name, value in assignments(block):
                if value == "":
                    found[name] = f"invented{len(found)}" * 4
                elif wanted == "":
                    found[name] = value
        return found

    @property
    def documented(self) -> dict[str, str]:
        """Variables of the example with the value shown, also those that are commented out."""
        return dict(assignments(self.env_example))

    @property
    def instructions(self) -> list[Instruction]:
        """The Dockerfile's instructions."""
        bare = re.sub(r"(?m)^\s*#.*\n", "", self.dockerfile).replace("\\\n", " ")
        lines = [line.split(maxsplit=1) for line in bare.splitlines() if line.strip()]
        return [Instruction(name.upper(), re.sub(r"\s+", " ", rest)) for name, rest in lines]

    @property
    def final_stage(self) -> list[Instruction]:
        """The instructions of the stage that is run."""
        last = max(number for number, one in enumerate(self.instructions) if one.name == "FROM")
        return self.instructions[last:]

    @property
    def import_roots(self) -> list[str]:
        """Packages that pyproject.toml ships."""
        content = tomllib.loads((self.root / "pyproject.toml").read_text("utf-8"))
        return [name.removesuffix("*") for name in content["tool"]["setuptools"]["packages"]["find"]["include"]]

    @property
    def metrics_port(self) -> str | None:
        """Port where ClickHouse shows its metrics."""
        return ElementTree.fromstring(self.clickhouse_server).findtext("prometheus/port")


def assignments(text: str) -> list[tuple[str, str]]:
    """NAME=value lines, commented out or not."""
    matches = (_ASSIGNMENT.match(line) for line in text.splitlines())
    return [(match[1], match[2]) for match in matches if match]


@cache
def load(root: Path = ROOT) -> Deployment:
    """The deployment of a checkout."""

    def text(path: str) -> str:
        return (root / path).read_text("utf-8")

    return Deployment(
        compose=yaml.safe_load(text("docker-compose.yml")),
        env_example=text(".env.example"),
        dockerfile=text("Dockerfile"),
        dockerignore=text(".dockerignore"),
        prometheus=yaml.safe_load(text("deploy/prometheus.yml")),
        clickhouse_server=text("deploy/clickhouse/server.xml"),
        clickhouse_user=text("deploy/clickhouse/grafana-user.xml"),
        datasources=yaml.safe_load(text("grafana/provisioning/datasources/datasources.yml")),
        overlay=load_overlay(text("docker-compose.secure.yml")),
        secure_clickhouse=text("deploy/secure/clickhouse.xml"),
        secure_datasources=yaml.safe_load(text("deploy/secure/datasources.yml")),
        root=root,
    )


def variables(value: object) -> dict[str, set[tuple[str, str]]]:
    """Names of the variables in all strings of a structure, each with its operators and words."""
    found: dict[str, set[tuple[str, str]]] = {}
    if isinstance(value, str):
        for match in _VARIABLE.finditer(value):
            if name := match[1] or match[4]:
                found.setdefault(name, set()).add((match[2] or "", match[3] or ""))
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            for name, uses in variables(inner).items():
                found.setdefault(name, set()).update(uses)
    return found


def expand(value: Any, environment: Mapping[str, str]) -> Any:
    """A structure with its variables filled in as Compose does. Raises Unset where `?` demands one."""
    if isinstance(value, dict):
        return {name: expand(inner, environment) for name, inner in value.items()}
    if isinstance(value, list):
        return [expand(inner, environment) for inner in value]
    if not isinstance(value, str):
        return value
    return _VARIABLE.sub(lambda match: _filled(match, environment), value)


def _filled(match: re.Match[str], environment: Mapping[str, str]) -> str:
    name, operator, word = match[1] or match[4], match[2] or "", match[3] or ""
    if name is None:  # $$
        return "$"
    given = environment.get(name)
    if given is None or (given == "" and operator.startswith(":")):
        if operator.endswith("?"):
            raise Unset(f"{name}: {word}")
        return word if operator.endswith("-") else ""
    return word if operator.endswith("+") else given

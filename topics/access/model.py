"""Roles of Kafka users, as `roles.yaml` says them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

__all__ = ["Role", "RoleError", "all_roles", "load_roles", "role_of"]

_FILE = Path(__file__).with_name("roles.yaml")
_NAME = r"^[a-z][a-z0-9-]*$"


class RoleError(ValueError):
    """The file of roles is faulty, or there is no such role; one sentence."""


class Role(BaseModel):
    """One kind of Kafka user."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, StringConstraints(pattern=_NAME, max_length=64)]
    """Also the name of its user, or what that begins with."""
    what: str
    """What it does."""
    parts: tuple[str, ...]
    """Names of producers and consumers in the topic files."""
    groups: tuple[str, ...] = ()
    """Consumer groups that it is in; a `*` at the end: all that begin so; `{user}`: the user's name."""
    looks: tuple[str, ...] = ()
    """Groups whose places it may see."""
    describes: tuple[str, ...] = ()
    """Topics of which it may know that they are there."""
    all_topics: tuple[Literal["read", "write"], ...] = ()
    """What it may do with every topic, besides what its parts say."""


@cache
def all_roles() -> Mapping[str, Role]:
    """The roles of this system by name, loaded once. Raises RoleError."""
    return load_roles(_FILE)


def load_roles(file: Path) -> Mapping[str, Role]:
    """The roles of a file by name. Raises RoleError with the first fault."""
    content: dict[str, dict[str, Any]] = yaml.safe_load(file.read_bytes())
    try:
        roles = [Role.model_validate({"name": name, "parts": [name], **given}) for name, given in content.items()]
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise RoleError(f"{file.name}: {place}: {fault['msg']}") from error
    return {role.name: role for role in roles}


def role_of(user: str) -> Role:
    """The role that a user's name says. Raises RoleError."""
    name = user.partition(".")[0]
    if name not in all_roles():
        raise RoleError(f"the user {user} has no role: call it one of {', '.join(all_roles())}, or ROLE.NAME")
    return all_roles()[name]

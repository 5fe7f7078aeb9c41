"""What the image is built from may be shipped: each package of the lock is under a licence that we allow."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageMetadata, metadata

from packaging.requirements import Requirement

from tests.deploy.deployment import ROOT

LISTED = tomllib.loads((ROOT / "requirements" / "licences.toml").read_text("utf-8"))
SAYS: Mapping[str, str] = LISTED["says"]


def packages() -> list[str]:
    """Names in the lock that this platform installs."""
    lines = re.findall(
        r"(?m)^([A-Za-z0-9][^\\\n]*==[^\\\n]*)", (ROOT / "requirements" / "base.lock").read_text("utf-8")
    )
    wanted = map(Requirement, lines)
    return sorted({one.name for one in wanted if one.marker is None or one.marker.evaluate()})


def licence(told: PackageMetadata) -> str:
    """As SPDX knows it, of an expression, a short text, or the classifiers; empty: it says nothing that we know."""
    if expression := told.get("License-Expression"):
        return expression
    text = told.get("License") or ""
    if text and identifiers(text) <= set(LISTED["allowed"]):
        return text
    classified = [one.rpartition(" :: ")[2] for one in told.get_all("Classifier") or () if one.startswith("License ::")]
    return next((SAYS[one] for one in (text, *classified) if one in SAYS), "")


def identifiers(expression: str) -> set[str]:
    """All that it names: the strictest reading of `OR`."""
    return {one for one in re.split(r"\s+(?:AND|OR|WITH)\s+|[()]", expression.strip()) if one}


def test_each_package_is_under_a_licence_that_is_allowed() -> None:
    found = {name: licence(metadata(name)) for name in packages()}
    assert len(found) > 80
    unknown = {name: said for name, said in found.items() if not identifiers(said)}
    assert unknown == {}, "read its licence, and say in requirements/licences.toml what its words mean"
    refused = {name: said for name, said in found.items() if not identifiers(said) <= set(LISTED["allowed"])}
    assert refused == {}


def test_another_licence_would_be_found() -> None:
    assert not identifiers("MIT AND AGPL-3.0-only") <= set(LISTED["allowed"])
    assert identifiers("(MIT OR Apache-2.0) AND 0BSD") == {"MIT", "Apache-2.0", "0BSD"}


def test_nothing_is_translated_that_nobody_says() -> None:
    said: set[str] = set()
    for name in packages():
        told = metadata(name)
        said |= {told.get("License") or ""} | {one.rpartition(" :: ")[2] for one in told.get_all("Classifier") or ()}
    assert SAYS.keys() - said == set()

"""Every contract has valid and invalid examples, and both engines agree on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from schemas.codec import Refused, decoder, encode
from schemas.registry import CONTRACTS
from tests.schemas.examples import FOLDER, cases, files, label, load


@pytest.mark.parametrize("contract", CONTRACTS)
def test_contract_has_examples_of_both_kinds(contract: str) -> None:
    assert len(files(contract, "valid")) >= 2
    assert len(files(contract, "invalid")) >= 3


def test_no_example_is_unreferenced() -> None:
    known = {path for kind in ("valid", "invalid") for _, path in cases(kind)}
    old = {path for path in FOLDER.rglob("*.json") if int(path.parts[-3]) < CONTRACTS[path.parts[-4]].version}
    assert set(FOLDER.rglob("*")) == known | old | {folder for folder in FOLDER.rglob("*") if folder.is_dir()}


@pytest.mark.parametrize(("contract", "path"), cases("valid"), ids=label)
def test_valid_example_is_the_same_to_both_engines(contract: str, path: Path) -> None:
    model, raw = CONTRACTS[contract], path.read_bytes()
    expected = model.model_validate_json(raw)
    fast = decoder(model)(raw)
    assert model.model_validate_json(encode(fast)) == expected
    assert decoder(model)(expected.model_dump_json().encode()) == fast


@pytest.mark.parametrize(("contract", "path"), cases("valid"), ids=label)
def test_encoding_says_its_version_and_leaves_defaults_out(contract: str, path: Path) -> None:
    model = CONTRACTS[contract]
    written = json.loads(encode(decoder(model)(path.read_bytes())))
    assert written["schema_version"] == model.version
    defaults = {name: f.get_default() for name, f in model.model_fields.items() if not f.is_required()}
    assert not [k for k, v in written.items() if k != "schema_version" and k in defaults and v == defaults[k]]


@pytest.mark.parametrize(("contract", "path"), cases("invalid"), ids=label)
def test_invalid_example_is_refused_by_both_engines_at_the_expected_place(contract: str, path: Path) -> None:
    model, example = CONTRACTS[contract], load(path)
    raw = json.dumps(example["message"]).encode()
    with pytest.raises(ValidationError) as slow:
        model.model_validate_json(raw)
    places = {".".join(map(str, error["loc"])) for error in slow.value.errors()}
    assert places == {example["expect"]}, "one fault per example, at the place it says"
    with pytest.raises(Refused) as fast:
        decoder(model)(raw)
    if fast.value.reason == "unknown_version":
        assert example["expect"] == "schema_version"
    else:
        assert fast.value.reason == "wrong_schema"
        assert fast.value.detail.startswith(f"{example['expect']}: ")

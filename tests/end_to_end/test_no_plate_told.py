"""No plate and no secret in any log, metric or health page at level info: not of what goes well, not of what fails."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from anpr.platform import open_platform
from anpr.settings import Settings, resolve
from anpr.wiring import FLOWS
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from tests.anpr.program import anpr, start, wait_until
from tests.end_to_end.city import Town, one_read
from tests.end_to_end.test_pictures import picture
from tests.schemas.examples import valid_documents
from topics.spec import all_topics

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
GOOD, BAD, SEEN, ASKED = "1LEA001", "1LEA002", "1LEA003", "1LEA004"
PLATES = (GOOD, BAD, SEEN, ASKED)
SECRETS = {
    "subscriber_key": "invented-key-of-subscribers-0123456789",
    "oidc_client_secret": "invented-secret-of-the-provider",
}
FRAME_HEADER = "frame"
REASONS = {"not_json", "wrong_schema", "refused_by_store"}
"""Ways to fail that quote, left to themselves, what they fail on."""


def spellings(plate: str) -> Iterator[str]:
    """As people, addresses and encodings write it."""
    parts = re.findall(r"\d+|\D+", plate)
    yield from (joint.join(parts) for joint in ("", "-", " ", ".", "%20", "%2D", "+"))
    yield from (plate.lower(), plate.encode().hex())
    for before in range(3):  # base64 knows three forms of a text, by where in it the text begins
        whole = base64.b64encode(bytes(before) + plate.encode()).decode()
        yield whole[-(-8 * before // 6) : 8 * (before + len(plate)) // 6]


def poison() -> Iterator[tuple[str, bytes, bytes, list[tuple[str, bytes]]]]:
    """Topic, key, value, headers: for every field of every contract a message that has a plate there."""
    for topic, spec in all_topics().items():
        for document in valid_documents(spec.contract.name)[:1]:
            for one in _with_plate(document):
                yield topic, str(one.get(spec.key.field)).encode(), json.dumps(one).encode(), []
        yield topic, BAD.encode(), f'{{"plate": "{BAD}", "plate_raw": "{BAD}'.encode(), []
        yield topic, BAD.encode(), BAD.encode(), [("dead_letter", f'{{"detail": "{BAD}"}}'.encode())]


def _with_plate(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    # of an unknown camera the name is told, as whoever mends it must know
    for name in sorted(document.keys() - {"camera_id"}):
        yield {**document, name: BAD}
        yield {**document, name: [{BAD: BAD}]}
    yield {**document, BAD: BAD}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return resolve({}, data_dir=tmp_path / "data", log_level="info", **SECRETS)


def test_no_log_tells_a_plate_or_a_secret(settings: Settings, tmp_path: Path) -> None:
    with open_platform(settings, workers=tuple(FLOWS)) as platform:
        town = Town(platform)
        town.register()
        api = _serve(settings)
        try:
            town.send(one_read(GOOD, camera) for camera in ("cam-00", "cam-01"))
            _send_picture(town)
            _send_poison(platform.settings.kafka())
            town.send([one_read(GOOD)])
            assert town.drain() == [], "no worker ended over it"
            wait_until(lambda: _reasons(town) >= REASONS, what="letters in the store")
            assert town.rows("SELECT count() FROM passages_unpacked WHERE plate = {plate:String}", plate=GOOD)[0][0]
            details = [detail for (detail,) in town.rows("SELECT detail FROM dead_letters FINAL")]
            pages = list(_pages(platform.ports, _ask(settings)))
            told_secrets = _secrets(settings)
        finally:
            api.terminate()
            api.wait(30)
        town.close()
    logs = {path.name: path.read_text(errors="replace") for path in _logs(tmp_path)}
    assert {f"{name}.log" for name in FLOWS} <= logs.keys()
    assert all(logs[f"{name}.log"] for name in FLOWS), "each said something"
    found = {
        (name, word)
        for name, text in [*logs.items(), *(("page", page) for page in pages), *(("detail", one) for one in details)]
        for word in (*(spelling for plate in PLATES for spelling in spellings(plate)), *told_secrets)
        if word in text
    }
    assert found == set()


def _serve(settings: Settings) -> Any:
    process = start(settings.data_dir, "serve", "--port", "0", "--ready-file", str(settings.data_dir / "api.ready"))
    wait_until(lambda: (settings.data_dir / "api.ready").exists() or process.poll() is not None, what="the API runs")
    assert process.poll() is None
    return process


def _send_poison(kafka: KafkaConfig) -> None:
    output = KafkaOutput(kafka)
    for topic, key, value, headers in poison():
        output.produce(topic, key, value, tuple(headers))
    output.flush()


def _send_picture(town: Town) -> None:
    header = {"camera_id": "cam-00", "frame_id": "frame-1"}
    document = valid_documents("frame")[0] | header
    content = picture(SEEN, "1-LEA-003")
    town.send_raw("frames", b"cam-00", content, headers=[(FRAME_HEADER, json.dumps(document).encode())])


def _reasons(town: Town) -> set[str]:
    return {reason for (reason,) in town.rows("SELECT DISTINCT reason FROM dead_letters FINAL")}


def _ask(settings: Settings) -> int:
    """Ask the API and a command for plates, with and without the right to; returns the port of the API's pages."""
    ready = json.loads((settings.data_dir / "api.ready").read_text())
    for path in (f"/v1/searches?plate={quote(ASKED)}", f"/v1/{ASKED}", f"/v1/cases/{ASKED}", f"/search?q={ASKED}"):
        _get(f"http://127.0.0.1:{ready['port']}{path}")
    done = anpr(settings.data_dir, "search", ASKED, "--reason", "trying the search", "--json")
    assert done.code == 0, done.err
    assert ASKED not in done.err
    return int(ready["port"])


def _get(address: str) -> str:
    try:
        with urlopen(Request(address, headers={"Authorization": f"Bearer {ASKED}"}), timeout=10) as answer:
            return str(answer.read().decode(errors="replace"))
    except HTTPError as refused:
        return refused.read().decode(errors="replace")


def _pages(ports: dict[str, int], api: int) -> Iterator[str]:
    for port in (*ports.values(), api):
        for page in ("metrics", "health"):
            yield _get(f"http://127.0.0.1:{port}/{page}")


def _secrets(settings: Settings) -> list[str]:
    tokens = [path.read_text().strip() for path in settings.data_dir.glob("*.token")]
    assert tokens
    return [*SECRETS.values(), *tokens]


def _logs(folder: Path) -> Iterator[Path]:
    yield from (settings_log for settings_log in (folder / "data").rglob("*.log"))
    yield from folder.glob("err.*")
    yield from folder.glob("out.*")

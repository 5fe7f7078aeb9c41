"""`anpr edge`: a device's commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from anpr.edge.spool import Spool
from tests.anpr.program import anpr

pytestmark = pytest.mark.slow
LINE = json.dumps({"camera_id": "gate-1", "plate_raw": "1ABC234"})


def test_reads_are_put_into_the_spool_and_shown(tmp_path: Path) -> None:
    spool = str(tmp_path / "spool")
    done = anpr(tmp_path / "data", "edge", "put", "--json", stdin=f"{LINE}\n\n{LINE}\n", edge_spool=spool)
    assert done.json == {"taken": 2, "not_taken": 0}
    state = anpr(tmp_path / "data", "edge", "status", "--json", "--spool", spool).json
    assert (state["spooled"], state["full"], state["uploaded"]) == (2, False, 0)
    shown = anpr(tmp_path / "data", "edge", "status", edge_spool=spool)
    assert "waiting" in shown.out
    assert "1ABC234" not in shown.out


def test_a_full_spool_says_so_and_says_what_was_not_taken(tmp_path: Path) -> None:
    settings = {"edge_spool": str(tmp_path / "spool"), "edge_spool_mb": "0.1"}
    done = anpr(tmp_path / "data", "edge", "put", "--json", stdin=f"{LINE}\n" * 2_000, **settings)
    assert done.code == 3
    assert done.json["taken"] + done.json["not_taken"] == 2_000
    assert 0 < done.json["taken"] < 2_000
    assert f"the last {done.json['not_taken']} were not" in done.err
    assert anpr(tmp_path / "data", "edge", "status", "--json", **settings).json["turned_away"] > 0


def test_refused_items_are_shown_and_let_go(tmp_path: Path) -> None:
    from anpr.edge.items import Item, Refused

    spool = Spool(tmp_path / "spool")
    spool.put([Item("read", LINE.encode())])
    batch = spool.next_batch(1, 1_000)
    assert batch is not None
    spool.done(batch, [Refused(0, "camera_not_yours", "this token may not upload for its camera")])
    settings = {"edge_spool": str(tmp_path / "spool")}
    shown = anpr(tmp_path / "data", "edge", "refused", **settings)
    assert "camera_not_yours" in shown.out
    assert anpr(tmp_path / "data", "edge", "refused", "--again", "--json", **settings).json["put_back"] == 1
    assert spool.state().spooled == 1


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (("run",), {}, "ANPR_EDGE_URL"),
        (("run", "--url", "http://door.example"), {"edge_token": "x"}, "https"),
        (("run", "--url", "https://door.example"), {}, "ANPR_EDGE_TOKEN"),
        (("status",), {"edge_spool": "/proc/none"}, "cannot be used"),
        (("refused", "--again", "--drop"), {}, "not both"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...], settings: dict[str, str], said: str
) -> None:
    given = {"edge_spool": str(tmp_path / "spool"), **settings}
    anpr(tmp_path / "data", "edge", *words, **given).assert_clear(said)


def test_one_program_uploads_a_spool(tmp_path: Path) -> None:
    import fcntl

    spool = tmp_path / "spool"
    Spool(spool).close()
    with (spool / "uploading").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        settings = {"edge_spool": str(spool), "edge_token": "x", "edge_url": "https://door.example"}
        anpr(tmp_path / "data", "edge", "run", **settings).assert_clear("another anpr edge run")

"""`anpr hotlist` from outside, on a platform that runs: lists change, are looked back for, and all of it is audited."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.platform import Platform, open_platform
from anpr.registering import register
from anpr.settings import resolve
from pipeline.runtime.output import KafkaOutput
from schemas.camera import Camera
from schemas.codec import encode
from schemas.hit import Hit
from sinks.clickhouse.client import connect
from sinks.clickhouse.queries.passed_since import hits_of_entries
from tests.anpr.program import Ran, anpr, wait_until
from tests.pipeline.builders import passage
from tests.sinks import audited
from tests.sinks.queries.facts import some_plate

pytestmark = pytest.mark.slow

MANAGER = "M. Lists"
Hotlist = Callable[..., Ran]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform without the reader of pictures; whoever starts it owns its store."""
    settings = resolve({}, data_dir=tmp_path_factory.mktemp("lists") / "data", officer=MANAGER)
    with open_platform(settings, workers=("match", "lookback", "store")) as running:
        register(running.settings.kafka(), [Camera(camera_id="cam-1", name="Rue Neuve", kind="fixed")])
        yield running


@pytest.fixture(scope="module")
def client(platform: Platform) -> Iterator[Client]:
    """Its store."""
    own = connect(platform.settings.dsn())
    yield own
    own.close()


@pytest.fixture
def hotlist(platform: Platform) -> Hotlist:
    """Runs `anpr hotlist` beside it."""

    def run(*words: str, by: str = MANAGER) -> Ran:
        return anpr(platform.settings.data_dir, "hotlist", *words, officer=by)

    return run


def drive(platform: Platform, client: Client, *plates: str) -> None:
    """Let these pass an hour ago, and wait until it is stored."""
    moment = datetime.now(UTC) - timedelta(hours=1)
    moments = dict.fromkeys(("captured_at", "last_captured_at", "best_captured_at", "received_at"), moment)
    output = KafkaOutput(platform.settings.kafka())
    for plate in plates:
        seen = passage(plate, passage_id=uuid.uuid4(), **moments)
        output.produce("passages", plate.encode(), encode(seen), ())
    output.flush()
    query = "SELECT uniqExact(plate) FROM passages WHERE plate IN {plates:Array(String)}"
    wait_until(
        lambda: client.query(query, parameters={"plates": list(plates)}).result_rows == [(len(set(plates)),)],
        what="passages are stored",
    )


def standing_hits(client: Client, entry_id: str) -> list[Hit]:
    """Hits of an entry that hold."""
    return list(hits_of_entries(client, datetime.now(UTC) - timedelta(hours=24), [entry_id]))


def add(hotlist: Hotlist, plate: str, *more: str) -> Ran:
    """List a plate, with what must be said."""
    return hotlist(
        "add", plate, "--kind", "stolen_vehicle", "--owner", "federal", "--reason", "Stolen in Ixelles", *more
    )


def test_a_new_entry_finds_what_passed_before_and_its_removal_is_told(
    platform: Platform, client: Client, hotlist: Hotlist
) -> None:
    plate = some_plate()[:7]
    drive(platform, client, plate, some_plate()[:7])
    done = add(hotlist, f"{plate[0]}-{plate[1:4]}-{plate[4:]}", "--dangerous", "--json")
    assert done.code == 0, done.err
    entry = done.json["entry"]
    assert (entry["plate"], entry["dangerous"], entry["priority"]) == (plate, True, 10)
    wait_until(lambda: standing_hits(client, entry["entry_id"]), what="a hit on what passed before")
    (hit,) = standing_hits(client, entry["entry_id"])
    assert (hit.plate, hit.retroactive, hit.match, hit.dangerous) == (plate, True, "exact", True)
    shown = hotlist("show", plate).out
    assert "DANGEROUS" in shown
    assert "found afterwards" in shown
    gone = hotlist("remove", plate, "--reason", "typed wrongly", "--in-error", "--json")
    assert gone.json == {"removed": [entry["entry_id"]]}
    wait_until(lambda: not standing_hits(client, entry["entry_id"]), what="its hits are taken back")
    assert "Nothing is listed under this name" in hotlist("show", plate).out


def test_a_live_hit_follows_within_seconds_of_the_change(platform: Platform, client: Client, hotlist: Hotlist) -> None:
    plate = some_plate()[:7]
    entry_id = add(hotlist, plate, "--json").json["entry"]["entry_id"]
    drive(platform, client, plate)
    wait_until(lambda: standing_hits(client, entry_id), what="a hit")


def test_a_file_is_read_compared_published_and_recorded(hotlist: Hotlist, client: Client, tmp_path: Path) -> None:
    zone, plates = f"Z-{uuid.uuid4().hex[:8]}", [some_plate()[:7] for _ in range(3)]
    anpr_list = tmp_path / "list.csv"
    rows = [f"{plate};surveillance;Seen near the scene;{zone}" for plate in plates]
    anpr_list.write_bytes(
        ("\ufeff" + "\r\n".join(["Plate;Kind;Reason;Owner", *rows, "*;surveillance;x;federal"])).encode()
    )
    tried = hotlist("import", str(anpr_list), "--dry-run", "--json")
    assert tried.code == 1
    assert (tried.json["new"], tried.json["published"]) == (3, False)
    assert tried.json["refused_lines"] == [{"line": 5, "why": "plate: wildcards alone would match everybody"}]
    assert hotlist("export", str(tmp_path / "none.csv"), "--owner", zone, "--json").json["entries"] == 0
    done = hotlist("import", str(anpr_list), "--refused", str(tmp_path / "refused.csv"), "--json")
    assert (done.code, done.json["new"], done.json["published"]) == (1, 3, True)
    assert "5,plate" in (tmp_path / "refused.csv").read_text()
    wait_until(lambda: hotlist("show", "--json").json["lists"], what="the lists are stored")
    wait_until(
        lambda: any(one["owner"] == zone and one["entries"] == 3 for one in hotlist("show", "--json").json["lists"]),
        what="all entries are stored",
    )
    again = hotlist("import", str(anpr_list), "--json")
    assert (again.json["new"], again.json["unchanged"]) == (0, 3)
    actions = [json.loads(row["record"])["about"] for row in audited.rows(client) if row["action"] == "list_changed"]
    imported = [one for one in actions if one.get("sha256") == done.json["sha256"]]
    assert [(one["new"], one["unchanged"], one["refused"]) for one in imported] == [(3, 0, 1), (0, 3, 1)]
    assert audited.verified(client).intact


def test_a_whole_list_is_replaced_with_care(hotlist: Hotlist, tmp_path: Path) -> None:
    zone = f"Z-{uuid.uuid4().hex[:8]}"
    words = ("--owner", zone, "--kind", "surveillance", "--reason", "Seen near the scene")
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    plates = [some_plate()[:7] for _ in range(30)]
    first.write_text("".join(json.dumps({"plate": plate}) + "\n" for plate in plates))
    second.write_text("".join(json.dumps({"plate": plate}) + "\n" for plate in plates[:5]))
    assert hotlist("import", str(first), *words, "--json").json["new"] == 30
    wait_until(lambda: _count(hotlist, zone) == 30, what="the list is stored")
    hotlist("import", str(second), "--replace").assert_clear("--owner and --kind")
    hotlist("import", str(second), *words, "--replace").assert_clear("25 of 30 entries", "--force")
    shown = hotlist("diff", str(second), *words, "--replace", "--json").json
    assert (shown["unchanged"], shown["removed"]) == (5, 25)
    done = hotlist("import", str(second), *words, "--replace", "--force", "--json")
    assert (done.code, done.json["removed"]) == (0, 25)
    wait_until(lambda: _count(hotlist, zone) == 5, what="the rest is gone")


def _count(hotlist: Hotlist, zone: str) -> int:
    return sum(one["entries"] for one in hotlist("show", "--json").json["lists"] if one["owner"] == zone)


def test_what_is_exported_comes_in_again_as_it_was(hotlist: Hotlist, client: Client, tmp_path: Path) -> None:
    zone = f"Z-{uuid.uuid4().hex[:8]}"
    more = ("--owner", zone, "--hours", "Fr,Sa 22:00-06:00", "--circle", "50.8 4.3 900", "--vehicle", 'VW "Golf"; grey')
    words = ("--kind", "wanted_person", "--reason", "Wanted, éà", "--until", "31/12/2026", "--instruction", "stop")
    assert hotlist("add", some_plate()[:7], *words, *more).code == 0
    for name in ("out.csv", "out.jsonl"):
        made = hotlist("export", str(tmp_path / name), "--owner", zone, "--json").json
        assert made["entries"] == 1
        compared = hotlist("diff", str(tmp_path / name), "--json").json
        assert (compared["unchanged"], compared["new"], compared["changed"]) == (1, 0, 0)
        exported = [r for r in audited.rows(client) if r["action"] == "list_exported" and made["sha256"] in r["record"]]
        assert len(exported) == 1
    hotlist("export", str(tmp_path / "out.csv")).assert_clear("such a file already")
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600


def test_only_a_hotlist_manager_and_only_of_the_own_zone(hotlist: Hotlist, platform: Platform) -> None:
    add_by = ("add", some_plate()[:7], "--kind", "surveillance", "--reason", "Seen near the scene")
    hotlist(*add_by, "--owner", "5339", by="A. Peeters").assert_clear("not registered as hotlist_manager")
    registered = anpr(
        platform.settings.data_dir,
        *("officers", "add", "A. Peeters", "--role", "hotlist_manager", "--zone", "5339"),
        officer=MANAGER,
    )
    assert registered.code == 0, registered.err
    hotlist(*add_by, "--owner", "federal", by="A. Peeters").assert_clear("entries of federal are not yours")
    assert hotlist(*add_by, "--owner", "5339", by="A. Peeters").code == 0
    hotlist(*add_by, "--owner", "5340", "--id", f"5339:surveillance:{add_by[1]}").assert_clear("entry_id is taken")
    hotlist("show", by="Nobody").assert_clear("not registered at all")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "*", "--kind", "surveillance", "--owner", "a", "--reason", "x"), "would match everybody"),
        (("add", "1ABC234", "--kind", "borrowed", "--owner", "a", "--reason", "x"), "list_kind"),
        (("remove",), "name entries, or give --expired"),
        (("remove", "1ABC234"), "give --reason"),
        (("remove", "9ZZZ999", "--reason", "found"), "nothing is listed as 9ZZZ999"),
        (("import", "/nowhere.csv"), "cannot be read"),
        (("export", "list.txt"), ".csv or .jsonl"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_a_sentence(words: tuple[str, ...], said: str, hotlist: Hotlist) -> None:
    done = hotlist(*words)
    done.assert_clear(said)
    assert done.code == 2


def test_every_hit_on_the_topic_fits_the_contract(client: Client) -> None:
    rows = client.query("SELECT count() FROM dead_letters WHERE source_topic IN ('hits', 'hotlist')").result_rows
    assert rows == [(0,)]

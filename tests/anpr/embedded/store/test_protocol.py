"""Parameters, compression, folder lock and guard, without an engine."""

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import pytest
from backports import zstd

from anpr.embedded.store.compression import choose_encoding, compress_answer, decompress_body
from anpr.embedded.store.errors import StoreError, StoreUnavailable, engine_error
from anpr.embedded.store.folder import FolderLock
from anpr.embedded.store.guard import Guard
from anpr.embedded.store.protocol import Request, parse_request

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "zstd": zstd.compress,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}


def parse(url: list[tuple[str, str]], headers: dict[str, str] | None = None, body: bytes = b"") -> Request:
    return parse_request("POST", url, headers or {}, body, {})


def test_parameters_are_sorted_into_their_kinds() -> None:
    request = parse([("query", "SELECT 1"), ("param_plate", "B1"), ("max_threads", "1"), ("session_id", "x")])
    assert (request.params, request.settings) == ({"plate": "B1"}, {"max_threads": "1"})
    assert (request.database, request.default_format) == ("default", "TabSeparated")


def test_query_parameter_and_body_are_one_text() -> None:
    assert parse([("query", "INSERT INTO t FORMAT TSV")], body=b"1").sql(b"1") == b"INSERT INTO t FORMAT TSV\n1"


@pytest.mark.parametrize(
    "name", ["max_threads = 1, x", "a;b", "", "param_", "param_a'b", "1a", "a b", "пр", "max_threads\n"]
)
def test_illegal_names_are_refused(name: str) -> None:
    with pytest.raises(StoreError) as caught:
        parse([(name, "1")])
    assert caught.value.status == 400


@pytest.mark.parametrize("query_id", ["a\r\nX-Evil: 1", "a b", "x" * 201])
def test_query_ids_that_could_break_a_header_are_refused(query_id: str) -> None:
    with pytest.raises(StoreError):
        parse([("query_id", query_id)])


def test_the_answer_is_compressed_only_when_asked() -> None:
    headers = {"Accept-Encoding": "gzip, zstd"}
    assert parse([], headers).accept_encoding == ""
    assert parse([("enable_http_compression", "1")], headers).accept_encoding == "zstd"


@pytest.mark.parametrize("encoding", COMPRESS)
@pytest.mark.parametrize("parts", [[b"a" * 100_000], [b"one", b"two"]])
def test_bodies_of_one_or_more_frames(encoding: str, parts: list[bytes]) -> None:
    if len(parts) > 1 and encoding == "deflate":
        parts = [b"".join(parts)]
    body = b"".join(COMPRESS[encoding](part) for part in parts)
    assert decompress_body(body, encoding, limit=100_000) == b"".join(parts)


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_bomb_is_refused(encoding: str) -> None:
    with pytest.raises(StoreError) as caught:
        decompress_body(COMPRESS[encoding](b"a" * 1_000_000), encoding, limit=999_999)
    assert caught.value.status == 413


@pytest.mark.parametrize("encoding", COMPRESS)
def test_cut_and_damaged_bodies_are_refused(encoding: str) -> None:
    whole = COMPRESS[encoding](bytes(range(256)) * 10)
    for body in (whole[:-5], b"no such data"):
        with pytest.raises(StoreError) as caught:
            decompress_body(body, encoding, limit=10_000)
        assert caught.value.status == 400


def test_unknown_encodings_are_refused() -> None:
    with pytest.raises(StoreError) as caught:
        decompress_body(b"x", "br", limit=1)
    assert caught.value.status == 501


@pytest.mark.parametrize("encoding", COMPRESS)
def test_answers_come_back_the_same(encoding: str) -> None:
    data = b"plate" * 1000
    packed, used = compress_answer(data, encoding)
    assert (decompress_body(packed, used, limit=len(data)), used) == (data, encoding)


def test_encoding_preference() -> None:
    assert choose_encoding("gzip;q=1, LZ4, zstd") == "lz4"
    assert choose_encoding("br") == ""


def test_chdb_errors_lose_prefix_and_repetition() -> None:
    err = engine_error(RuntimeError("Streaming: Code: 27. DB::Exception: Code: 27. DB::Exception: no (X)"))
    assert (err.code, err.status, err.text) == (27, 400, "Code: 27. DB::Exception: no (X)")
    assert engine_error(RuntimeError("odd")).status == 500


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "a")
    with pytest.raises(StoreUnavailable, match=r"in use by process \d+: stop that process"):
        FolderLock(tmp_path / "a")
    lock.release()
    FolderLock(tmp_path / "a").release()


@pytest.mark.parametrize(
    ("token", "headers", "allowed"),
    [
        (None, {"Host": "127.0.0.1:8123"}, True),
        (None, {"Host": "[::1]:8123"}, True),
        (None, {"Host": "localhost"}, True),
        (None, {"Host": "rebound.example:8123"}, False),
        (None, {"Host": "127.0.0.1:8123", "Origin": "http://page.example"}, False),
        ("s", {"Host": "store:8123", "X-ClickHouse-User": "default", "X-ClickHouse-Key": "s"}, True),
        ("s", {"Authorization": "Basic ZGVmYXVsdDpz"}, True),
        ("s", {"Authorization": "Bearer s"}, True),
        ("s", {"Authorization": "Basic ZGVmYXVsdDp0"}, False),
        ("s", {"Authorization": "Basic !"}, False),
        ("s", {}, False),
    ],
)
def test_guard(token: str | None, headers: dict[str, str], allowed: bool) -> None:
    if allowed:
        Guard(token).check(headers)
        return
    with pytest.raises(StoreError) as caught:
        Guard(token).check(headers)
    assert caught.value.status == 403

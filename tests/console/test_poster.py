"""One attempt: what may be asked, what each answer means, and that no target takes longer than it may."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import pytest

from console.webhooks.poster import Answer, Poster
from console.webhooks.target import TargetRefused, check_target
from tests.console.targets import Target, hanging, target, trickling


@pytest.fixture(scope="module")
def poster() -> Iterator[Poster]:
    """One that waits for half a second."""
    made = Poster(total_s=0.5)
    yield made
    made.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://dispatch.example/hits",
        "https://10.1.2.3:8443/hits?station=4",
        "https://[fd00::1]/hits",
        "http://127.0.0.1:9000/",
        "http://localhost/",
        "http://[::1]:9000/",
    ],
)
def test_what_may_be_asked(url: str) -> None:
    check_target(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "begins with https://"),
        ("dispatch.example/hits", "begins with https://"),
        ("ftp://dispatch.example/", "begins with https://"),
        ("file:///etc/passwd", "begins with https://"),
        ("https:///hits", "begins with https://"),
        ("http://dispatch.example/", "unless it is on this machine"),
        ("http://10.1.2.3/", "unless it is on this machine"),
        ("http://127.0.0.1.example/", "unless it is on this machine"),
        ("https://169.254.169.254/latest/meta-data", "no webhook is at such an address"),
        ("https://[::ffff:169.254.169.254]/", "no webhook is at such an address"),
        ("https://[fe80::1]/", "no webhook is at such an address"),
        ("https://0.0.0.0/", "no webhook is at such an address"),
        ("https://224.0.0.1/", "no webhook is at such an address"),
        ("https://user:secret@dispatch.example/", "holds no password"),
        ("https://dispatch.example/#top", "holds no password and no #"),
        ("https://dispatch.example:port/", "this is no address"),
        ("https://dispatch.example/" + "x" * 2000, "2000 characters at most"),
    ],
)
def test_what_may_not_be_asked_is_neither_registered_nor_sent_to(url: str, said: str, poster: Poster) -> None:
    with pytest.raises(TargetRefused, match=said):
        check_target(url)
    assert poster.post(url, {}, b"{}").outcome == "refused"


def test_without_tls_elsewhere_only_where_somebody_said_so() -> None:
    check_target("http://10.1.2.3/", insecure=True)
    with pytest.raises(TargetRefused):
        check_target("http://169.254.169.254/", insecure=True)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *[(status, "delivered") for status in (200, 201, 202, 204)],
        *[(status, "unavailable") for status in (408, 425, 429, 500, 502, 503, 504)],
        *[(status, "refused") for status in (400, 401, 403, 404, 405, 413, 422, 301, 302, 307, 308)],
        (410, "gone"),
    ],
)
def test_what_a_status_means(status: int, outcome: str, poster: Poster) -> None:
    headers = {"Location": "http://127.0.0.1:9/"} if 300 <= status < 400 else {}
    with target(Target(answers=lambda _: (status, headers))) as here:
        answer = poster.post(here.url, {"webhook-id": "msg_1"}, b'{"a":1}')
        assert (answer.outcome, str(status) in answer.detail) == (outcome, True)
        assert [one.body for one in here.came] == [b'{"a":1}'], "asked once, and nobody else"


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("99999999", 3600.0), ("-5", 0.0), ("Wed, 25 Nov 2026 12:00:00 GMT", 0.0)]
)
def test_when_a_target_wants_to_be_asked_again(header: str, seconds: float, poster: Poster) -> None:
    with target(Target(answers=lambda _: (503, {"Retry-After": header}))) as here:
        assert poster.post(here.url, {}, b"{}").retry_after_s == seconds


def _timed(poster: Poster, url: str) -> tuple[Answer, float]:
    begun = monotonic()
    return poster.post(url, {}, b"{}"), monotonic() - begun


def test_a_target_that_hangs_or_trickles_is_given_up_in_time(poster: Poster) -> None:
    for bad in (hanging(), trickling(), trickling(b"")):
        with bad as url:
            answer, took_s = _timed(poster, url)
            assert (answer.outcome, answer.detail) == ("unavailable", "no answer within 0.5 s")
            assert took_s < 1.5


def test_a_target_that_says_yes_and_then_writes_for_ever_has_said_yes(poster: Poster) -> None:
    with trickling(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n") as url:
        answer, took_s = _timed(poster, url)
        assert (answer.outcome, took_s < 1.5) == ("delivered", True)


def test_nobody_there_and_nonsense_are_told_without_a_word_of_the_target(poster: Poster) -> None:
    with hanging() as url:
        nobody = url
    assert poster.post(nobody, {}, b"{}").detail == "no answer: ConnectError"
    with trickling(b"1ABC234 is no HTTP\r\n\r\n") as url:
        assert poster.post(url, {}, b"{}").detail == "no answer: RemoteProtocolError"

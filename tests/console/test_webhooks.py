"""Webhooks from the process that people run: signed, retried, in order, one not waiting for the other."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from schemas.webhook import WebhookUnverified, verify_webhook
from tests.console.hits import hit, tell_hits
from tests.console.targets import Target, hanging, target
from tests.console.world import World, monotonic, now, until
from tests.sinks import audited

pytestmark = pytest.mark.slow


def test_a_delivery_is_the_hit_as_it_lies_in_the_log_and_signed(world: World) -> None:
    with target() as here:
        subscriber = world.add(webhook_url=here.url)
        told = hit(101)
        tell_hits(world.bootstrap, told)
        until(lambda: here.came, "a delivery")
        (one,) = here.came
        assert json.loads(one.body) == json.loads(told.model_dump_json())
        assert one.headers["Content-Type"] == "application/json"
        assert verify_webhook(world.secret(subscriber), one.headers, one.body, now()) == one.id
        with pytest.raises(WebhookUnverified, match="no signature is of this secret"):
            verify_webhook(world.secret(world.add()), one.headers, one.body, now())
        with pytest.raises(WebhookUnverified, match="no signature is of this secret"):
            verify_webhook(world.secret(subscriber), one.headers, one.body + b" ", now())
        assert world.audited(subscriber, "subscriber_connected")[0]["way"] == "webhook"
    world.register.end(subscriber.name)


def test_who_was_added_is_told_nothing_from_before_and_all_since_in_the_order_of_a_plate(world: World) -> None:
    tell_hits(world.bootstrap, hit(110), stamp_ms=int((now() - timedelta(hours=1)).timestamp() * 1000))
    with target() as here:
        subscriber = world.add(webhook_url=here.url)
        tell_hits(world.bootstrap, *(hit(111, revision=n) for n in range(1, 31)))
        until(lambda: len(here.came) == 30, "thirty deliveries")
        assert [one.hit.revision for one in here.came] == list(range(1, 31))
        assert here.numbers() == [111] * 30
        assert len({one.id for one in here.came}) == 30
    world.register.end(subscriber.name)


def test_its_rights_decide_what_it_is_sent_and_a_camera_that_nobody_knows_widens_none(world: World) -> None:
    with target() as here:
        subscriber = world.add(webhook_url=here.url, zones=("BRU-NORTH",), kinds=("stolen_vehicle",))
        tell_hits(
            world.bootstrap,
            hit(120, camera_id="south-1"),
            hit(121, camera_id="nobody-knows-it"),
            hit(122, list_kind="no_insurance"),
            hit(123, camera_id="south-1", owner="BRU-NORTH"),
            hit(124, camera_id="nobody-knows-it", owner="BRU-NORTH"),
            hit(125, captured_at=now() + timedelta(days=1)),
            hit(126),
        )
        until(lambda: {123, 124, 125, 126} <= set(here.numbers()), "its four hits")
        assert set(here.numbers()) == {123, 124, 125, 126}
    world.register.end(subscriber.name)


def test_a_failure_is_tried_again_and_keeps_its_id_and_the_order(world: World) -> None:
    with target(Target(answers=lambda n: 500 if n == 1 else (429, {"Retry-After": "1"}) if n == 2 else 200)) as here:
        subscriber = world.add(webhook_url=here.url)
        tell_hits(world.bootstrap, hit(130, revision=1), hit(130, revision=2))
        until(lambda: len(here.came) == 4, "two failures, two deliveries")
        assert [one.hit.revision for one in here.came] == [1, 1, 1, 2]
        assert len({one.id for one in here.came[:3]}) == 1
        assert here.came[2].at - here.came[1].at >= 1.0
    world.register.end(subscriber.name)


def test_a_target_that_hangs_holds_up_nobody_else(world: World) -> None:
    with hanging() as stuck, target() as here:
        held_up = world.add(webhook_url=stuck)
        other = world.add(webhook_url=here.url)
        told = {}
        for number in range(140, 170):
            tell_hits(world.bootstrap, hit(number))
            told[number] = monotonic()
            until(lambda n=number: n in here.numbers(), "the other's delivery")
        took = sorted(one.at - told[one.hit.hit_id.int] for one in here.came)
        assert took[-1] < 2.0, took
        until(lambda: f"webhook {held_up.name}: no answer within 10 s" in world.said(), "the attempt to be given up")
    world.register.end(held_up.name)
    world.register.end(other.name)


def test_what_a_target_missed_over_a_restart_of_both_comes_in_the_end_once(world: World) -> None:
    with target() as here:
        subscriber = world.add(webhook_url=here.url)
        tell_hits(world.bootstrap, hit(180))
        until(lambda: here.numbers() == [180], "the first")
        until(lambda: world.lag(subscriber) == 0, "the place to be kept")
    tell_hits(world.bootstrap, hit(181))
    until(lambda: f"webhook {subscriber.name}: no answer: ConnectError" in world.said(), "an attempt in vain")
    world.kill()
    tell_hits(world.bootstrap, hit(182))
    world.serve()
    with target(here):
        until(lambda: len(here.came) >= 3, "the rest")
        assert sorted(here.numbers()) == [180, 181, 182]
    world.register.end(subscriber.name)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(404, "webhook_refused"), ((302, {"Location": "http://127.0.0.1:9/"}), "webhook_refused")],
    ids=["404", "redirect"],
)
def test_what_is_refused_becomes_a_dead_letter_that_is_sent_again_when_asked(
    answer: int | tuple[int, dict[str, str]], reason: str, world: World
) -> None:
    with target(Target(answers=lambda n: answer if n in (1, 3) else 200)) as here:
        subscriber = world.add(webhook_url=here.url)
        tell_hits(world.bootstrap, hit(190), hit(190, revision=2))
        until(lambda: len(here.came) == 2, "both attempts")
        listed = world.run("subscribers", "dead-letters", subscriber.name, "--json").json["letters"]
        assert [one["reason"] for one in listed] == [reason]
        assert "1ABC190" not in json.dumps(listed)
        again = world.run("subscribers", "dead-letters", subscriber.name, "--replay", "--json")
        assert again.json == {"delivered": 0, "kept": 1}, again.err
        assert world.run("subscribers", "dead-letters", subscriber.name, "--replay", "--json").json == {
            "delivered": 1,
            "kept": 0,
        }
        assert world.run("subscribers", "dead-letters", subscriber.name, "--json").json == {"letters": []}
        assert [one.hit.revision for one in here.came] == [1, 2, 1, 1]
        assert {here.came[n].id for n in (0, 2, 3)} == {here.came[0].id}
        assert verify_webhook(world.secret(subscriber), here.came[3].headers, here.came[3].body, now())
        assert [one["way"] for one in world.audited(subscriber, "subscriber_delivered")] == ["replay"]
    world.register.end(subscriber.name)


def test_a_target_that_is_gone_is_sent_nothing_more_and_that_is_audited(world: World) -> None:
    with target(Target(answers=lambda _: 410)) as here:
        subscriber = world.add(webhook_url=here.url)
        tell_hits(world.bootstrap, hit(200), hit(200, revision=2))
        until(lambda: world.audited(subscriber, "webhook_disabled"), "the webhook to be off")
        tell_hits(world.bootstrap, hit(200, revision=3))
        listed = world.run("subscribers", "dead-letters", subscriber.name, "--json").json["letters"]
        assert [one["reason"] for one in listed] == ["webhook_gone"]
        assert len(here.came) == 1
        assert world.register.find(subscriber.name).valid(now())
        refused = world.run("subscribers", "dead-letters", subscriber.name, "--replay")
        refused.assert_clear("has no webhook any more")
    assert audited.verified(world.client).intact


def test_after_a_rotation_both_secrets_verify_and_the_end_of_a_subscriber_is_the_end(world: World) -> None:
    with target() as here:
        subscriber = world.add(webhook_url=here.url)
        rotated = world.register.rotate(subscriber.name)
        until(
            lambda: 2 in [one["generation"] for one in world.audited(subscriber, "subscriber_connected")],
            "the sender of the new generation",
        )
        tell_hits(world.bootstrap, hit(210))
        until(lambda: here.came, "a delivery")
        for secret in (world.secret(subscriber), world.secret(rotated)):
            assert verify_webhook(secret, here.came[0].headers, here.came[0].body, now())
        world.register.end(subscriber.name)
        until(lambda: world.audited(subscriber, "subscriber_delivered"), "its sender to end")
        tell_hits(world.bootstrap, hit(211))
        with target() as witness:
            other = world.add(webhook_url=witness.url)
            tell_hits(world.bootstrap, hit(212))
            until(lambda: 212 in witness.numbers(), "the other's delivery")
            world.register.end(other.name)
        assert here.numbers() == [210]

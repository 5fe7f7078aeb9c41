"""`anpr replay play`: a file → topics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from anpr.cli.app import settings_of
from anpr.cli.console import OUT, complain, print_json, progress_bar, say
from anpr.cli.replay.desk import FASTEST, Json, Speed, group
from anpr.platform import Platform, open_platform
from anpr.replay.choice import chosen_topics
from anpr.replay.faults import ReplayRefused
from anpr.replay.held import Held, decided_notices, what_is_held
from anpr.replay.pace import speed_of
from anpr.replay.play import Played, PlayPlan, play
from anpr.replay.stopping import asked_to_stop, end_on_sigterm
from anpr.wiring import FLOWS
from anpr.working_off import tending, work_off
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import admin_client
from replay.recording.reader import Recording
from sinks.clickhouse.client import connect

DRAIN_WHEN_STOPPED_S = 60.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is played, and how."""

    recording: Recording
    plan: PlayPlan
    into_used: bool
    wait: bool
    timeout_s: float


@group.command("play")
def play_recording(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A recording.")],
    speed: Speed = "1",
    topics: Annotated[str | None, typer.Option(help="Only these, by commas; unless said, what nothing makes.")] = None,
    from_message: Annotated[int, typer.Option(min=0, help="Go on from this message of the file.")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be played, send nothing.")] = False,
    into_used: Annotated[bool, typer.Option("--into-used", help="Even where other passages are in the way.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Until all that follows is stored, on any platform.")] = False,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for that.")] = 3600,
    json: Json = False,
) -> None:
    """Put the messages of a recording into their topics. Their ids are as they were: again changes nothing.

    Without a broker of yours, all parts are started in the data folder and what follows is waited for.

    [bold]anpr replay play day.parquet --speed max[/bold]
    """
    end_on_sigterm()
    recording = Recording(file)
    chosen = chosen_topics(recording.info, topics.split(",") if topics is not None else None)
    plan = PlayPlan(chosen, speed_of(speed, ReplayRefused, most=FASTEST), from_message)
    if from_message > len(recording):
        raise ReplayRefused(f"--from-message {from_message:,}: the recording has {len(recording):,} messages")
    if dry_run:
        _show_plan(recording, plan, json=json)
        return
    asked = _Asked(recording, plan, into_used, wait, timeout)
    with open_platform(settings_of(context), workers=tuple(FLOWS), say=say) as platform:
        played, held = _run(platform, asked)
    _report(recording, played, held, json=json)
    if not played.complete:
        raise typer.Exit(130)


def _run(platform: Platform, asked: _Asked) -> tuple[Played, Held | None]:
    _check_broker_has(platform, asked.plan)
    held, tend = _look(platform, asked), tending(platform, say)
    with asked_to_stop() as stop, progress_bar() as progress:
        played = play(platform.settings.kafka(), asked.recording, asked.plan, SystemClock(), stop, tend, progress)
        if asked.wait or platform.workers:
            if not played.complete:
                say("stopped; what was sent is worked off before all ends (Ctrl-C again: at once)")
            timeout_s = asked.timeout_s if played.complete else min(asked.timeout_s, DRAIN_WHEN_STOPPED_S)
            work_off(platform, FLOWS, timeout_s, tend, progress)
    return played, held


def _check_broker_has(platform: Platform, plan: PlayPlan) -> None:
    known = admin_client(platform.settings.kafka()).list_topics(timeout=30).topics
    missing = [topic for topic in plan.topics if topic not in known]
    if missing:
        raise ReplayRefused(f"the broker has no topic {', '.join(missing)}: run `anpr topics create` first")


def _look(platform: Platform, asked: _Asked) -> Held | None:
    """Say what the store holds before anything is sent. Raises ReplayRefused where the two could not be told apart."""
    if platform.settings.store_dsn is None:
        return None
    held = what_is_held(connect(platform.settings.dsn()), asked.recording)
    simulated = asked.recording.info.simulated is not None
    if held.mixed:
        why = (
            f"the store holds passages at the cameras and in the time of this recording that do not come from it "
            f"({held.foreign:,} of {held.sampled:,} looked at): afterwards nobody could tell them apart"
        )
    elif simulated and held.elsewhere:
        why = (
            f"the recording is of a simulation, and the store holds {held.elsewhere:,} rows of other passages: "
            "invented vehicles would stand among them"
        )
    elif decided := _decided_and_forgotten(platform, asked.recording):
        why = (
            f"{decided:,} notices of this time were decided by somebody, and workers that begin now do not know it: "
            "they would tell them anew as if nobody had"
        )
    else:
        say(_told(held))
        return held
    if not asked.into_used:
        raise ReplayRefused(f"{why}; take another store, or say --into-used")
    say(why)
    return held


def _decided_and_forgotten(platform: Platform, recording: Recording) -> int:
    """Notices whose decisions only workers of another broker remember."""
    if not platform.workers or platform.settings.lez_dsn is None:
        return 0
    return decided_notices(connect(platform.settings.lez()), recording)


def _told(held: Held) -> str:
    if held.empty:
        return "the store holds no passage yet"
    here = f"{held.here:,} rows of passages of this recording, which stay as they are" if held.here else ""
    elsewhere = f"{held.elsewhere:,} rows of other cameras or times, which are not touched" if held.elsewhere else ""
    return "the store holds " + ", and ".join(part for part in (here, elsewhere) if part)


def _show_plan(recording: Recording, plan: PlayPlan, *, json: bool) -> None:
    counts = {topic.topic: topic.messages for topic in recording.info.topics}
    left_out = sorted(topic for topic, n in counts.items() if n and topic not in plan.topics)
    if json:
        print_json({"would_play": {topic: counts[topic] for topic in plan.topics}, "left_out": left_out})
        return
    for topic in plan.topics:
        OUT.print(f"{topic}: {counts[topic]:,} messages")
    for topic in left_out:
        OUT.print(f"[dim]{topic}: left out, as workers make it from the others; --topics names it all the same[/dim]")


def _report(recording: Recording, played: Played, held: Held | None, *, json: bool) -> None:
    sent = sum(played.messages.values())
    if json:
        print_json(_figures(played, held, sent))
    elif played.complete:
        behind = f", at most {played.most_behind_s:.1f} s behind its time" if played.most_behind_s > 0.1 else ""
        counts = ", ".join(f"{n:,} {topic}" for topic, n in sorted(played.messages.items()))
        OUT.print(f"{sent:,} messages played in {played.seconds:.1f} s{behind}: {counts}")
        if played.upgraded:
            OUT.print(f"{played.upgraded:,} of them were of an older version of their contract")
    if not played.complete:
        complain(
            f"stopped after message {played.next_message:,} of {len(recording):,}, all before it are with the broker: "
            f"--from-message {played.next_message} goes on"
        )


def _figures(played: Played, held: Held | None, sent: int) -> dict[str, Any]:
    return {
        "complete": played.complete,
        "messages": sent,
        "topics": dict(sorted(played.messages.items())),
        "upgraded": played.upgraded,
        "next_message": played.next_message,
        "seconds": played.seconds,
        "messages_per_s": round(sent / played.seconds) if played.seconds else None,
        "most_behind_s": played.most_behind_s,
        "store": None if held is None else {"rows_here": held.here, "rows_elsewhere": held.elsewhere},
    }

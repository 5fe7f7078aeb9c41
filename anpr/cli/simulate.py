"""`anpr simulate`."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from anpr.cli.app import app, settings_of
from anpr.cli.console import ERR, OUT, complain, print_json, progress_bar, say
from anpr.platform import open_platform
from anpr.replay.pace import speed_of
from anpr.replay.stopping import asked_to_stop, end_on_sigterm
from anpr.settings import Settings
from anpr.simulate.plan import Simulated, SimulatePlan, SimulationRefused, start_of
from anpr.simulate.run import Ran, run_simulation
from anpr.simulate.targets import FileTarget, KafkaTarget, StreamTarget
from anpr.wiring import FLOWS
from anpr.working_off import tending, work_off
from pipeline.runtime.clock import SystemClock
from replay.city_map import city_map
from replay.placing import build_large_city
from replay.scenarios.asked import Asked, asked_for

DRAIN_S, DRAIN_WHEN_STOPPED_S = 3600.0, 60.0
FASTEST = 100_000


@app.command()
def simulate(
    context: typer.Context,
    cameras: Annotated[
        int, typer.Option(min=24, max=20_000, help="Up to 2,000 it is Brussels, beyond that Belgium.")
    ] = 450,
    seconds: Annotated[float, typer.Option(min=1, max=31 * 86_400, help="Of event time.")] = 60,
    rate: Annotated[
        float, typer.Option(min=0, max=200_000, help="Reads a second, the mean of a week; 0: as many as in reality.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Another one is another city and traffic.")] = 7,
    start: Annotated[
        datetime | None, typer.Option(help="First moment (UTC unless said otherwise); default: the run ends now.")
    ] = None,
    speed: Annotated[str, typer.Option(help="1: real time; 10: ten times as fast; max: as fast as it goes.")] = "1",
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            help="stolen_car, escape, convoy, cloned_plate, lez_offender, silent_camera, by commas; all; a .yaml file."
        ),
    ] = None,
    truth: Annotated[Path | None, typer.Option(help="Write here what really passed.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Into this recording instead of topics; - for JSON lines on standard output.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--map", help="Only draw roads and cameras into this SVG file.")
    ] = None,
    flat: Annotated[bool, typer.Option("--flat", help="No rush hours: always the rate.")] = False,
    vehicles: Annotated[bool, typer.Option(help="Also send the vehicle register of the fleet.")] = True,
    json: Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")] = False,
) -> None:
    """Traffic of a city or a country, with scenarios to find: cameras, patrols, lists and reads, in order of arrival.

    Without a broker of yours, all parts are started in the data folder and what follows is waited for.

    [bold]anpr simulate --seconds 600 --speed max --scenario all --truth truth.jsonl[/bold]
    """
    end_on_sigterm()
    if picture is not None:
        _draw(cameras, seed, picture)
        return
    asked = tuple(one for text in scenario or () for one in _asked(text))
    pace = speed_of(speed, SimulationRefused, most=FASTEST) if out is None else None
    began = start.replace(tzinfo=start.tzinfo or UTC) if start else None
    first = began if began and out is not None else start_of(began, seconds, pace, datetime.now(UTC))
    plan = SimulatePlan(cameras, seconds, seed, first, rate, pace, asked, truth, flat)
    _check_files(truth, out)
    with _file_faults():
        if out is None:
            ran = _to_topics(settings_of(context), plan, vehicles=vehicles)
        else:
            ran = _to_file(plan, out, vehicles=vehicles)
    _report(ran, json=json and str(out) != "-", quiet=str(out) == "-")
    if not ran.complete:
        raise typer.Exit(130)


def _draw(cameras: int, seed: int, picture: Path) -> None:
    if not picture.resolve().parent.is_dir():
        raise SimulationRefused(f"there is no folder {picture.parent} for {picture.name}")
    part = picture.with_name(f".{picture.name}.part")
    try:
        part.write_text(city_map(build_large_city(seed, cameras)), encoding="utf-8")
        part.replace(picture)
    finally:
        part.unlink(missing_ok=True)
    OUT.print(f"drawn into {picture}")


def _asked(text: str) -> tuple[Asked, ...]:
    with _file_faults():
        return asked_for(text)


@contextlib.contextmanager
def _file_faults() -> Iterator[None]:
    """Files that cannot be read or written are told in a sentence."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its end
        complain("who read standard output has gone")
        raise typer.Exit(1) from None
    except OSError as error:
        if error.filename is None:
            raise
        raise SimulationRefused(f"{error.filename}: {error.strerror}") from error


def _check_files(*files: Path | None) -> None:
    for file in files:
        if file is None or str(file) == "-":
            continue
        if not file.resolve().parent.is_dir():
            raise SimulationRefused(f"there is no folder {file.parent} for {file.name}")
        if file.exists():
            raise SimulationRefused(f"{file} is there already: name another file, or remove it")


def _built(plan: SimulatePlan) -> Simulated:
    say(f"building {plan.cameras:,} cameras and their traffic")
    simulated = Simulated(plan)
    traffic = simulated.traffic
    say(f"{traffic.fleet.count:,} vehicles, {traffic.plan.reads_per_s:,.0f} reads a second on average")
    return simulated


def _to_topics(settings: Settings, plan: SimulatePlan, *, vehicles: bool) -> Ran:
    simulated = _built(plan)
    with open_platform(settings, workers=tuple(FLOWS), say=say) as platform:
        tend = tending(platform, say)
        with asked_to_stop() as stop, progress_bar() as progress:
            target = KafkaTarget(platform.settings.kafka(), tend)
            ran = run_simulation(simulated, target, SystemClock(), stop, progress, vehicles=vehicles)
            if platform.workers:
                if not ran.complete:
                    say("stopped; what was sent is worked off before all ends (Ctrl-C again: at once)")
                # The broker of this command ends with it: until all that follows is stored.
                work_off(platform, FLOWS, DRAIN_S if ran.complete else DRAIN_WHEN_STOPPED_S, tend, progress)
    return ran


def _to_file(plan: SimulatePlan, out: Path, vehicles: bool) -> Ran:
    simulated = _built(plan)
    with asked_to_stop() as stop, _quiet_bar(out) as progress:
        if str(out) == "-":
            target = StreamTarget(sys.stdout.buffer)
            return run_simulation(simulated, target, SystemClock(), stop, progress, vehicles=False)
        with FileTarget(out, plan.seed, simulated.parameters) as file:
            ran = run_simulation(simulated, file, SystemClock(), stop, progress, vehicles=vehicles)
            file.finish()
    return ran


def _quiet_bar(out: Path) -> contextlib.AbstractContextManager[Callable[[str, int, int], None]]:
    if str(out) == "-" and not ERR.is_terminal:
        return contextlib.nullcontext(lambda _what, _done, _of: None)
    return progress_bar()


def _report(ran: Ran, *, json: bool, quiet: bool) -> None:
    if not ran.complete:
        complain(f"stopped after {ran.seconds:,.0f} seconds of traffic")
    if json:
        print_json(asdict(ran))
    elif not quiet:
        _show(ran)


def _show(ran: Ran) -> None:
    tally = ran.tally
    OUT.print(
        f"{ran.seconds:,.0f} s of traffic in {ran.took_s:,.1f} s: {tally['reads']:,} reads of {tally['passages']:,} "
        f"passages, {tally['duplicates']:,} sent twice; {ran.sent.get('patrols', 0):,} patrol positions"
    )
    OUT.print(
        f"to come of it: {tally['listed_right']:,} hits or more ({tally['listed']:,} passages of listed vehicles), "
        f"{tally['in_lez']:,} LEZ verdicts"
    )
    if ran.scenarios:
        table = Table("scenario", "begins", "plates", "cameras", "what", box=None)
        for one in ran.scenarios:
            plates = ", ".join(one["plates"][:3]) + (" …" if len(one["plates"]) > 3 else "")
            table.add_row(one["kind"], one["begins"][11:19], plates, str(len(one["camera_ids"])), one["detail"])
        OUT.print(table)
    if ran.truth_passages is not None:
        OUT.print(f"truth: {ran.truth_passages:,} passages and {len(ran.scenarios)} scenarios")

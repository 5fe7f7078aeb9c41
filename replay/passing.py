"""Vehicles that pass one camera over successive frames, with truth: boxes and texts for each frame, or pictures.

The camera looks along the road: a plate that comes closer grows and moves down and outwards in its lane. Passings come
in scenes (one vehicle, two side by side, a fleet whose plates differ in one character, a jam, a vehicle that comes
back), one after the other, seconds apart, so that what belongs together is known.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from replay.misread import Transcription, garble, transcribe
from replay.observation import RenderRequest, VisibleVehicle
from replay.plates import Plate, PlatePress
from replay.seeds import fact_id, stream
from schemas.read import Box, Direction, Read

__all__ = ["LOOKS", "Look", "Moment", "Passing", "Scene", "draw_scenes", "moments", "reads_of", "render_request"]

Kind = Literal["single", "pair", "fleet", "jam", "return", "hard_cut"]
LOOKS: dict[Kind, float] = {"single": 0.5, "pair": 0.15, "fleet": 0.15, "jam": 0.05, "return": 0.1, "hard_cut": 0.05}
"""Kind of scene → share."""
WIDTH, HEIGHT = 1280, 720
HORIZON_Y = 0.36
FAR, CLOSE = 0.55, 0.88
"""Where the plate enters and leaves the part of the picture in which it can be read, share of the height."""
PLATE_SHARE = 0.26
"""Width of a plate, share of the distance below the horizon."""
LANE_SHARE = 0.66
"""Of a lane's middle from the road's: lanes are five plates apart, a little closer than in truth."""
SCENE_GAP_S = 6.0
"""Longer than the stage's gap: what one scene left is over."""
MISREAD_RATE, STRONG_RATE, MISSED_RATE = 0.12, 0.03, 0.08
"""Share of reads with a confused character or two; of those with more; of frames in which a plate is not read."""


@dataclass(frozen=True, slots=True)
class Passing:
    """One vehicle past the camera once, in truth."""

    number: int
    plate: Plate
    lane: int
    """0 left of the middle, 1 right of it."""
    starts_s: float
    lasts_s: float
    stands_s: float = 0.0
    """Stands still for so long, half-way."""
    direction: Direction = "approaching"

    @property
    def ends_s(self) -> float:
        """When it is out of sight."""
        return self.starts_s + self.lasts_s + self.stands_s

    def progress(self, at_s: float) -> float | None:
        """Share of its way through the picture; None: not in sight."""
        if not self.starts_s <= at_s <= self.ends_s:
            return None
        gone = at_s - self.starts_s
        half = self.lasts_s / 2
        moving = min(gone, half) + max(0.0, gone - half - self.stands_s)
        return moving / self.lasts_s


@dataclass(frozen=True, slots=True)
class Look:
    """One vehicle in one frame, in truth."""

    passing: Passing
    box: Box
    center: tuple[float, float]
    """Middle of the plate, shares of the picture."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame."""

    sequence: int
    captured_at: datetime
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """Passings that meet, and when the last one is over."""

    kind: Kind
    passings: tuple[Passing, ...]

    @property
    def ends_s(self) -> float:
        """When all are out of sight."""
        return max(passing.ends_s for passing in self.passings)


def draw_scenes(passings: int, seed: int, *, jam_s: float = 60.0) -> list[Scene]:
    """Scenes with at least so many passings, one after the other from second 0."""
    rng = stream(seed, "passing")
    press = PlatePress(rng)
    scenes: list[Scene] = []
    number, at_s = 0, 0.0
    while number < passings:
        kind: Kind = rng.choices(list(LOOKS), list(LOOKS.values()))[0]
        scene = _scene(kind, number, at_s, jam_s, press, rng)
        scenes.append(scene)
        number += len(scene.passings)
        at_s = scene.ends_s + SCENE_GAP_S
    return scenes


def _scene(kind: Kind, number: int, at_s: float, jam_s: float, press: PlatePress, rng: random.Random) -> Scene:
    plate, lane = press.press("BE", "car"), rng.randrange(2)
    direction: Direction = rng.choice(("approaching", "departing"))
    first = Passing(number, plate, lane, at_s, rng.uniform(1.2, 3.0), direction=direction)
    match kind:
        case "pair":
            other = _beside(first, press.press("BE", "car"), rng)
        case "fleet":
            other = _beside(first, _sister(plate, rng), rng)
        case "return":
            other = replace(first, number=number + 1, starts_s=first.ends_s + 60.0)
        case "hard_cut":
            # The next vehicle at the same place: a lorry was cut out of the recording, or the road is fast.
            other = replace(first, number=number + 1, plate=press.press("BE", "car"), starts_s=first.ends_s + 0.4)
        case "jam":
            return Scene(kind, (replace(first, stands_s=jam_s),))
        case _:
            return Scene(kind, (first,))
    return Scene(kind, (first, other))


def _beside(first: Passing, plate: Plate, rng: random.Random) -> Passing:
    return replace(
        first,
        number=first.number + 1,
        plate=plate,
        lane=1 - first.lane,
        starts_s=first.starts_s + rng.uniform(0, 0.6),
        lasts_s=first.lasts_s * rng.uniform(0.9, 1.1),
    )


def _sister(plate: Plate, rng: random.Random) -> Plate:
    """The next plate of a fleet: its last character is another one of the same kind."""
    last = plate.display[-1]
    others = "0123456789" if last.isdigit() else "ABCDEFGHJKLMNPRSTVXY"
    return replace(plate, display=plate.display[:-1] + rng.choice(others.replace(last, "")))


def moments(scenes: list[Scene], start: datetime, fps: float) -> Iterator[Moment]:
    """Every frame of every scene, in order; the empty street between scenes gives one frame at the end of each."""
    sequence = 0
    for scene in scenes:
        frame, last = int(scene.passings[0].starts_s * fps), int(scene.ends_s * fps) + 1
        while frame <= last:
            looks = tuple(look for passing in scene.passings if (look := _look(passing, frame / fps)) is not None)
            if looks or frame == last:
                yield Moment(sequence, start + timedelta(seconds=frame / fps), looks)
                sequence += 1
            frame += 1


def _look(passing: Passing, at_s: float) -> Look | None:
    progress = passing.progress(at_s)
    if progress is None:
        return None
    near = progress if passing.direction == "approaching" else 1 - progress
    # Steady on the road is not steady in the picture: distance below the horizon goes as 1 / distance on the road.
    far_d, close_d = 1 / (FAR - HORIZON_Y), 1 / (CLOSE - HORIZON_Y)
    below = 1 / (far_d + (close_d - far_d) * near)
    x = 0.5 + (-1 if passing.lane == 0 else 1) * LANE_SHARE * below
    y = HORIZON_Y + below
    width = max(int(PLATE_SHARE * below * WIDTH), 12)
    height = max(width * 110 // 520, 4)
    box = Box(x=max(int(x * WIDTH - width / 2), 0), y=max(int(y * HEIGHT - height / 2), 0), w=width, h=height)
    return Look(passing, box, (x, y))


def reads_of(
    moment: Moment, camera_id: str, rng: random.Random, *, boxes: bool = True, misread_rate: float = MISREAD_RATE
) -> list[tuple[Read, Passing]]:
    """What a reader makes of a frame, each read with its truth: misreads, boxes that jitter, plates missed."""
    found = []
    for place, look in enumerate(moment.looks):
        if rng.random() < MISSED_RATE:
            continue
        text = _transcribed(look.passing.plate.text, misread_rate, rng)
        found.append((_read(moment, place, look, text, camera_id, rng, boxes=boxes), look.passing))
    rng.shuffle(found)
    return found


def _transcribed(plate: str, misread_rate: float, rng: random.Random) -> Transcription:
    """Now and then a read so bad that only its place tells whose it is: two or three characters are wrong."""
    if rng.random() >= STRONG_RATE * misread_rate / MISREAD_RATE:
        return transcribe(plate, misread_rate, rng)
    text = garble(garble(plate, rng), rng)
    confidence = round(rng.uniform(0.3, 0.6), 3)
    return Transcription(text, confidence, ())


def _read(
    moment: Moment, place: int, look: Look, text: Transcription, camera_id: str, rng: random.Random, *, boxes: bool
) -> Read:
    frame_id = fact_id("frame", camera_id, moment.sequence)
    return Read(
        read_id=fact_id("read", frame_id, place),
        camera_id=camera_id,
        captured_at=moment.captured_at,
        received_at=moment.captured_at + timedelta(milliseconds=80),
        plate_raw=text.text,
        confidence=text.confidence,
        candidates=text.candidates,
        box=_jittered(look.box, rng) if boxes else None,
        frame_id=frame_id if boxes else None,
        reader="sim-passing/1",
    )


def _jittered(box: Box, rng: random.Random) -> Box:
    """A detector's box is off by a twelfth of its height, and a little larger or smaller."""
    off = max(box.h / 6, 1.0)
    scale = rng.uniform(0.93, 1.07)
    return Box(
        x=max(int(box.x + rng.uniform(-off, off)), 0),
        y=max(int(box.y + rng.uniform(-off, off)), 0),
        w=max(int(box.w * scale), 1),
        h=max(int(box.h * scale), 1),
    )


def render_request(moment: Moment, camera_id: str) -> RenderRequest:
    """The frame as an order for a picture, by day; what is near is drawn over what is far."""
    vehicles = tuple(sorted((_visible(look) for look in moment.looks), key=lambda one: one.center_y))
    return RenderRequest(camera_id, moment.captured_at, moment.captured_at, moment.sequence, "day", vehicles, 0.6)


def _visible(look: Look) -> VisibleVehicle:
    plate = look.passing.plate
    return VisibleVehicle(
        plate=plate.text,
        display=plate.display,
        country=plate.country,
        colour=("grey", "black", "white", "blue", "red", "green")[look.passing.number % 6],
        vehicle_class="car",
        direction=look.passing.direction,
        plate_width_px=look.box.w,
        center_x=look.center[0],
        center_y=look.center[1],
        yaw=0.0,
        roll_deg=0.0,
    )

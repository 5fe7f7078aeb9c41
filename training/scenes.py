"""Training pictures: crops of annotated frames, of rendered street scenes, and plates pasted into either."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import numpy.typing as npt

from replay.observation import RenderRequest, VisibleVehicle
from replay.plate_art import STYLES, plate_picture
from replay.render import render_picture
from training.network import STRIDE

Array = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]
CROP_PX = 256
PLATES = 500  # drawn plates to paste; drawing one takes longer than the rest of a crop
LOOSE = 0.14  # the annotated boxes stand off the plate by this share of its height, above and below
SMALLEST_PX = 5.0  # lower plates are neither taught nor held against the network
LETTERS, DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "0123456789"


@dataclass(frozen=True, slots=True)
class Scene:
    """A grey frame (H, W) and the boxes of its plates (n, 4): left, top, right, bottom."""

    name: str
    grey: Grey
    boxes: Array
    halves: tuple[Grey, ...]
    """The frame at full, half and quarter size."""

    @classmethod
    def of(cls, name: str, grey: Grey, boxes: Array) -> "Scene":
        """With its smaller copies."""
        half = np.asarray(cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        quarter = np.asarray(cv2.resize(half, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        return cls(name, grey, boxes, (grey, half, quarter))


def annotated(folder: Path) -> list[Scene]:
    """The frames of a folder with `images` and `annots` (Pascal VOC), in ride order."""
    files = sorted((folder / "annots").glob("*.xml"), key=lambda p: ride_second(p.stem))
    if not files:
        raise SystemExit(f"No annotations in {folder}/annots")
    return [_annotated(file, folder / "images" / f"{file.stem}.jpg") for file in files]


def ride_second(name: str) -> tuple[str, int]:
    """The ride and the second in it, from a name such as `dayride.mp4#t=1054.jpg`."""
    ride, _, second = name.partition("#t=")
    return ride, int(second.split(".")[0])


def _annotated(xml: Path, picture: Path) -> Scene:
    grey = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise SystemExit(f"No picture {picture}")
    boxes = [
        [float(box.findtext(side, "nan")) for side in ("xmin", "ymin", "xmax", "ymax")]
        for box in ElementTree.parse(xml).getroot().iter("bndbox")
    ]
    return Scene.of(xml.stem, np.asarray(grey, np.uint8), np.array(boxes, np.float32).reshape(-1, 4))


def rendered(count: int, rng: random.Random) -> list[Scene]:
    """Scenes of the simulator, with the boxes of their plates."""
    return [_rendered(number, rng) for number in range(count)]


def _rendered(number: int, rng: random.Random) -> Scene:
    vehicles = tuple(_vehicle(rng, place) for place in (0.25, 0.75)[: rng.randrange(3)])
    request = RenderRequest(
        camera_id=f"training-{number % 12}",
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        sequence=number,
        light=rng.choice(("day", "dusk", "night")),
        visible=vehicles,
        blur_px=rng.uniform(0, 3),
    )
    grey = cv2.cvtColor(render_picture(request, number), cv2.COLOR_BGR2GRAY)
    return Scene.of(f"rendered-{number}", np.asarray(grey, np.uint8), _loose([_vehicle_box(v) for v in vehicles]))


def _vehicle(rng: random.Random, place: float) -> VisibleVehicle:
    text, country = plate_text(rng), rng.choice(list(STYLES))
    return VisibleVehicle(
        plate=text,
        display=text,
        country=country,
        colour=rng.choice(("grey", "black", "white", "blue", "red", "green")),
        vehicle_class=rng.choice(("car", "van", "truck", "bus", "motorcycle")),
        direction=rng.choice(("approaching", "departing")),
        plate_width_px=rng.randrange(60, 260),
        center_x=place + rng.uniform(-0.08, 0.08),
        center_y=rng.uniform(0.4, 0.85),
        yaw=rng.uniform(-0.12, 0.12),
        roll_deg=rng.uniform(-3, 3),
    )


def _vehicle_box(v: VisibleVehicle) -> list[float]:
    """Left, top, right, bottom of a rendered plate."""
    w, h = v.plate_width_px * (1 - abs(v.yaw) / 2) / 2, v.plate_width_px * 11 / 52 / 2
    angle = abs(np.radians(v.roll_deg))
    half = np.array([w * np.cos(angle) + h * np.sin(angle), w * np.sin(angle) + h * np.cos(angle)])
    middle = np.array([v.center_x * 1280, v.center_y * 720])
    return [*(middle - half), *(middle + half)]


def _loose(boxes: Sequence[Sequence[float]]) -> Array:
    """Boxes as an annotator would draw them: with some room above and below."""
    out = np.array(boxes, np.float32).reshape(-1, 4)
    room = (out[:, 3] - out[:, 1]) * LOOSE
    out[:, 1] -= room
    out[:, 3] += room
    return out


def plate_text(rng: random.Random) -> str:
    """Something that looks like a number, of no country's rules."""
    groups = [(LETTERS, DIGITS)[i % 2] for i in range(rng.randrange(2), 4)]
    return rng.choice(" -").join("".join(rng.choices(g, k=rng.randrange(1, 5))) for g in groups)[:11]


def pasted_plate(rng: random.Random) -> Grey:
    """A drawn plate, grey: any country, at times on two lines, at times light on dark."""
    country = rng.choice([*STYLES, "", "", ""])
    plate = plate_picture(plate_text(rng)[: rng.randrange(4, 11)], country, rear=rng.random() < 0.5)
    grey = np.asarray(cv2.cvtColor(plate, cv2.COLOR_BGR2GRAY), np.uint8)
    if rng.random() < 0.15:
        grey = _two_lines(rng)
    if rng.random() < 0.08:
        grey = np.asarray(255 - grey, np.uint8)
    half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.uint8)


def _two_lines(rng: random.Random) -> Grey:
    """The texts of two drawn plates without their bands, one above the other."""
    halves = []
    for length in (rng.randrange(2, 4), rng.randrange(2, 6)):
        line = plate_picture("".join(rng.choices(LETTERS + DIGITS, k=length)), "", rear=False)
        halves.append(cv2.cvtColor(line, cv2.COLOR_BGR2GRAY)[22:-22, 250:-250])
    stacked = np.vstack(halves)
    return np.asarray(cv2.copyMakeBorder(stacked, 14, 14, 14, 14, cv2.BORDER_CONSTANT, value=(30,)), np.uint8)


@dataclass(frozen=True, slots=True)
class View:
    """A place in a scene, px, and a scale to look at it."""

    scene: Scene
    middle: tuple[float, float]
    scale: float


class Sampler:
    """Draws augmented crops, endlessly. The same seed gives the same crops.

    mistakes: where the network saw plates that are none; once there are any, a third of the crops show them.
    """

    def __init__(self, real: Sequence[Scene], drawn: Sequence[Scene], seed: int) -> None:
        self._real, self._drawn, self._rng = real, drawn, random.Random(seed)
        self._plates = [pasted_plate(self._rng) for _ in range(PLATES)]
        self.mistakes: list[View] = []

    def batch(self, size: int) -> tuple[Array, Array, Array]:
        """Pictures (n, 1, s, s) in 0…1, truth (n, 5, s/8, s/8) and weight (n, s/8, s/8); see `network.loss`."""
        samples = [self._sample() for _ in range(size)]
        pictures = np.stack([s[0] for s in samples])[:, None].astype(np.float32) / 255
        return pictures, np.stack([s[1] for s in samples]), np.stack([s[2] for s in samples])

    def _sample(self) -> tuple[Grey, Array, Array]:
        rng = self._rng
        if self.mistakes and rng.random() < 0.33:
            view = _nearby(rng.choice(self.mistakes), rng)
        else:
            view = _view(rng.choice(self._real if rng.random() < 0.88 else self._drawn), rng)
        crop, quads = _cropped(view, rng)
        if rng.random() < 0.3:
            quads = _with_pasted(crop, quads, self._plates, rng)
        return (_degraded(crop, rng), *_targets(quads))


def _nearby(view: View, rng: random.Random) -> View:
    return View(view.scene, view.middle, view.scale * float(np.exp(rng.uniform(-0.4, 0.4))))


def _cropped(view: View, rng: random.Random) -> tuple[Grey, Array]:
    """A crop turned, scaled and sheared at random, and the boxes of its plates (n, 4) in it."""
    scene, scale, middle = view.scene, view.scale, np.array(view.middle)
    angle, shear = np.radians(rng.gauss(0, 2.5)), rng.gauss(0, 0.03)
    stretch, mirror = rng.uniform(0.85, 1.15), rng.choice((-1, 1))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.array([[mirror * stretch, 0], [shear, 1 / stretch]]) * scale
    at = np.array([rng.uniform(0.15, 0.85), rng.uniform(0.15, 0.85)]) * CROP_PX
    matrix = np.hstack([linear, (at - linear @ middle)[:, None]])
    border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    source, matrix_there = _shrunk(scene, scale), matrix.copy()
    matrix_there[:, :2] *= scene.grey.shape[1] / source.shape[1]
    crop = cv2.warpAffine(source, matrix_there, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(crop, np.uint8), _moved(scene.boxes, matrix)


def _shrunk(scene: Scene, scale: float) -> Grey:
    """The frame as the detector would shrink it: without this, small plates would be full of aliases."""
    return scene.halves[min(len(scene.halves) - 1, max(0, round(-np.log2(scale))))]


def _view(scene: Scene, rng: random.Random) -> View:
    """Where to look, and how large: near a plate mostly, anywhere else at the scale of the frame."""
    if len(scene.boxes) and rng.random() < 0.65:
        x0, y0, x1, y1 = rng.choice(scene.boxes.tolist())
        height = np.exp(rng.uniform(np.log(6), np.log(62)))
        return View(scene, ((x0 + x1) / 2, (y0 + y1) / 2), float(np.clip(height / (y1 - y0), 0.2, 3.0)))
    h, w = scene.grey.shape
    scale = float(np.exp(rng.uniform(np.log(0.35), np.log(1.3))))
    return View(scene, (rng.uniform(0, w), rng.uniform(0, h)), scale)


def _moved(boxes: Array, matrix: npt.NDArray[np.float64]) -> Array:
    """The upright boxes around moved boxes. Small turns widen them less than the corners do: text fills no corner."""
    middle = np.stack([boxes[:, ::2].mean(1), boxes[:, 1::2].mean(1)], 1) @ matrix[:, :2].T + matrix[:, 2]
    size = np.stack([boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]], 1) / 2
    half = size @ np.abs(matrix[:, :2]).T
    return np.hstack([middle - half, middle + half]).astype(np.float32)


def _with_pasted(crop: Grey, boxes: Array, plates: Sequence[Grey], rng: random.Random) -> Array:
    """Draws one to three plates into the crop, in place, where none is; all boxes."""
    for plate in rng.choices(plates, k=rng.randrange(1, 4)):
        height = float(np.exp(rng.uniform(np.log(6), np.log(48))))
        quad = _pasted_quad(plate.shape[1] / plate.shape[0] * height, height, rng)
        box = _loose([[*quad.min(0), *quad.max(0)]])
        if not _touches(box[0], boxes):
            _paste(crop, plate, quad, rng)
            boxes = np.vstack([boxes, box])
    return boxes


def _pasted_quad(width: float, height: float, rng: random.Random) -> Array:
    """Four corners, clockwise from the upper left, of a plate seen a little from the side."""
    width *= rng.uniform(0.75, 1.0)
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    yaw, angle = rng.gauss(0, 0.06), np.radians(rng.gauss(0, 3))
    half[:, 1] *= 1 + yaw * np.array([1, -1, -1, 1])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = np.array([rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)]) * CROP_PX
    return np.asarray(half @ turn + middle, np.float32)


def _touches(box: Array, others: Array) -> bool:
    apart = (box[0] > others[:, 2]) | (box[2] < others[:, 0]) | (box[1] > others[:, 3]) | (box[3] < others[:, 1])
    return not bool(apart.all())


def _paste(crop: Grey, plate: Grey, quad: Array, rng: random.Random) -> None:
    """Warps a plate onto the crop, in place: on a dark or light bed, in the light of its surroundings."""
    h = float(quad[:, 1].max() - quad[:, 1].min())
    small_w = max(8, int(quad[:, 0].max() - quad[:, 0].min()) * 2)
    small = cv2.resize(plate, (small_w, max(4, int(h * 2))), interpolation=cv2.INTER_AREA).astype(np.float32)
    light = rng.uniform(0.35, 1.0)
    small = small * light + rng.uniform(0, 60) * (1 - light)
    if rng.random() < 0.5:  # a car's body or a holder around it
        grown = (quad - quad.mean(0)) * (rng.uniform(1.1, 1.8), rng.uniform(1.2, 3.0)) + quad.mean(0)
        cv2.fillConvexPoly(crop, grown.astype(np.int32), (rng.randrange(10, 200),))
    source = np.array([(0, 0), (small.shape[1], 0), small.shape[1::-1], (0, small.shape[0])], np.float32)
    turn = cv2.getPerspectiveTransform(source, quad)
    size = (CROP_PX, CROP_PX)
    warped = cv2.warpPerspective(small.clip(0, 255).astype(np.uint8), turn, size, flags=cv2.INTER_AREA)
    inside = cv2.warpPerspective(np.full(small.shape, 255, np.uint8), turn, size)
    cv2.copyTo(warped, inside, crop)


def _degraded(crop: Grey, rng: random.Random) -> Grey:
    """Light, blur, noise and compression, each at times."""
    out = crop
    if rng.random() < 0.35:
        out = _blurred(out, rng)
    values = out.astype(np.float32) / 255
    values = values ** np.exp(rng.gauss(0, 0.35)) * np.exp(rng.gauss(0, 0.25)) + rng.gauss(0, 0.06)
    if rng.random() < 0.4:
        noise = np.random.default_rng(rng.randrange(1 << 30)).standard_normal(out.shape, np.float32)
        values += noise * rng.uniform(0, 0.06)
    if rng.random() < 0.05:
        values = 1 - values
    out = (values.clip(0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.35:
        data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, rng.randrange(25, 90)])[1]
        out = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    return out


def _blurred(crop: Grey, rng: random.Random) -> Grey:
    if rng.random() < 0.6:
        return np.asarray(cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.4, 1.6)), np.uint8)
    length = rng.randrange(2, 7)
    kernel = np.full((1, length) if rng.random() < 0.6 else (length, 1), 1 / length, np.float32)
    return np.asarray(cv2.filter2D(crop, -1, kernel), np.uint8)


def _targets(boxes: Array) -> tuple[Array, Array]:
    """Truth (5, s/8, s/8) and weight (s/8, s/8): the cells in the middle of a plate answer for it."""
    cells = CROP_PX // STRIDE
    truth, weight = np.zeros((5, cells, cells), np.float32), np.ones((cells, cells), np.float32)
    at = (np.arange(cells, dtype=np.float32) + 0.5) * STRIDE
    gx, gy = np.meshgrid(at, at)
    for x0, y0, x1, y1 in sorted(boxes.tolist(), key=lambda b: (b[0] - b[2]) * (b[3] - b[1])):
        visible = _length(x0, x1) * _length(y0, y1) / max((x1 - x0) * (y1 - y0), 1e-6)
        inside = (gx > x0 - 4) & (gx < x1 + 4) & (gy > y0 - 4) & (gy < y1 + 4)
        weight[inside] = 0
        if visible < 0.9 or y1 - y0 < SMALLEST_PX:
            continue
        mx, my = (x0 + x1) / 2, (y0 + y1) / 2
        rx, ry = max((x1 - x0) * 0.25, STRIDE / 2), max((y1 - y0) * 0.25, STRIDE / 2)
        core = (abs(gx - mx) <= rx) & (abs(gy - my) <= ry) & (gx > x0) & (gx < x1) & (gy > y0) & (gy < y1)
        weight[core] = 1
        truth[:, core] = np.stack(
            [np.ones(int(core.sum())), gx[core] - x0, gy[core] - y0, x1 - gx[core], y1 - gy[core]]
        )
    # Around the core a cell may answer or not; beyond the plate it must not.
    return truth, weight


def _length(low: float, high: float) -> float:
    return max(0.0, min(high, CROP_PX) - max(low, 0.0))

"""The renderer: pictures of the promised size and kind, plates where they are said to be, fast enough."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from replay.daylight import Light
from replay.observation import RenderRequest, VisibleVehicle
from replay.render import render_frame, render_picture
from schemas.frame import Frame
from tests.replay.conftest import START, Run

VEHICLE = VisibleVehicle("1ABC234", "1-ABC-234", "BE", "blue", "car", "departing", 200, 0.5, 0.7, 0.05, 1.0)
REQUEST = RenderRequest("bxl-5339-001", START, START, 0, "day", (VEHICLE,), 1.0)


def test_a_frame_is_a_jpeg_of_1280_by_720_and_the_same_every_time() -> None:
    picture = render_frame(REQUEST, 7)
    assert picture[:3] == b"\xff\xd8\xff"
    decoded = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == (720, 1280, 3)
    assert render_frame(REQUEST, 7) == picture
    assert render_frame(REQUEST, 8) != picture
    assert render_frame(replace(REQUEST, sequence=1), 7) != picture


def test_the_plate_is_white_with_red_letters_where_the_request_says() -> None:
    picture = render_picture(replace(REQUEST, blur_px=0), 7).astype(int)
    plate = picture[490:518, 560:735]
    blue, green, red = plate[..., 0], plate[..., 1], plate[..., 2]
    assert ((blue > 190) & (green > 190) & (red > 190)).mean() > 0.25
    assert ((red - green > 60) & (red - blue > 50)).mean() > 0.08


def test_light_goes_down() -> None:
    lights: list[Light] = ["day", "dusk", "night"]
    means = [render_picture(replace(REQUEST, light=light), 7).mean() for light in lights]
    assert means[0] > 1.3 * means[1] > 1.6 * means[2]


def test_an_empty_street_and_shared_pictures_stay_as_they_are() -> None:
    empty = replace(REQUEST, visible=())
    before = render_picture(empty, 7)
    render_picture(REQUEST, 7)
    assert np.array_equal(before, render_picture(empty, 7))


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.5), (1.0, 1.0), (1.5, 0.5), (-1.0, -1.0)])
def test_a_vehicle_at_the_edge_or_outside_is_cut_off(x: float, y: float) -> None:
    vehicle = replace(VEHICLE, center_x=x, center_y=y)
    assert render_picture(replace(REQUEST, visible=(vehicle,)), 7).shape == (720, 1280, 3)


def test_every_kind_of_vehicle_is_drawn() -> None:
    pictures = {
        render_picture(replace(REQUEST, visible=(replace(VEHICLE, vehicle_class=kind),)), 7).tobytes()
        for kind in ("car", "van", "truck", "bus", "motorcycle")
    }
    assert len(pictures) == 5


def test_requests_of_the_simulation_render_and_carry_a_valid_header(busy: Run) -> None:
    requests = [o.item for o in busy.observations if isinstance(o.item, RenderRequest)][:12]
    frames = [(request, request.frame(render_frame(request, 11))) for request in requests]
    assert len({frame.frame_id for _, frame in frames}) == 12
    for request, frame in frames:
        assert Frame.model_validate_json(frame.model_dump_json()) == frame
        assert (frame.camera_id, frame.sequence) == (request.camera_id, request.sequence)
        assert all(120 <= v.plate_width_px <= 260 for v in request.visible)

"""How bright it is in Brussels at a moment: the sun's height, by the usual low-precision formula."""

from __future__ import annotations

from datetime import UTC, datetime
from math import asin, cos, degrees, pi, radians, sin
from typing import Literal

__all__ = ["Light", "light_at", "sun_height_deg"]

Light = Literal["day", "dusk", "night"]

LATITUDE_DEG, LONGITUDE_DEG = 50.85, 4.35
AXIS_TILT_DEG = 23.44


def sun_height_deg(moment: datetime) -> float:
    """Height of the sun over the horizon, degrees, good to about 1°. moment: aware."""
    utc = moment.astimezone(UTC)
    day = utc.timetuple().tm_yday
    hours = utc.hour + utc.minute / 60 + LONGITUDE_DEG / 15
    declination = radians(-AXIS_TILT_DEG * cos(2 * pi * (day + 10) / 365))
    latitude, hour_angle = radians(LATITUDE_DEG), radians(15 * (hours - 12))
    up = sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hour_angle)
    return degrees(asin(up))


def light_at(moment: datetime) -> Light:
    """`dusk` also stands for dawn: the sun within 6° of the horizon (civil twilight)."""
    height = sun_height_deg(moment)
    if height > 6:
        return "day"
    return "dusk" if height > -6 else "night"

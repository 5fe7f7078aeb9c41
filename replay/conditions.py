"""The parameters of a simulation, all in one place, with their defaults. They go into the truth file."""

from __future__ import annotations

from dataclasses import dataclass, fields

from replay.daylight import Light

__all__ = ["Conditions"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """How well cameras see and how late they report. Rates are shares from 0 to 1, times are seconds."""

    misread_rate: float = 0.04
    """Share of reads with at least one wrong character."""
    missed_rate: float = 0.03
    """Share of passages that a smart camera does not read at all."""
    repeat_rate: float = 0.35
    """Chance of one more read of the same vehicle after each read, up to `MAX_READS` in a track."""
    duplicate_rate: float = 0.01
    """Share of reads that are sent twice, same identifier."""
    frame_interval_s: float = 2.0
    """A frame camera takes no two pictures of passing vehicles closer than this."""
    empty_frame_rate: float = 0.05
    """Share of pictures followed by one without a vehicle."""
    warm_up_s: float = 600.0
    """Traffic runs unseen for so long before `start`, so that the roads are not empty then."""
    patrol_upload_s: float = 300.0
    """Patrol cars hand over their reads this often."""
    first_upload_s: float = 20.0
    """… and first so long after `start`."""
    patrols: int = 6
    """Patrols that send positions, one or more for each zone."""
    patrol_fix_s: float = 5.0
    """Time between two positions of a patrol."""
    light: Light | None = None
    """Forced light; None: by the sun."""

    def __post_init__(self) -> None:
        """Raises ValueError for a rate outside 0…1 or a time that is not positive."""
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name.endswith("_rate") and not 0 <= value <= 1:
                raise ValueError(f"{item.name} is a share from 0 to 1, not {value}")
            if item.name.endswith("_s") and (value < 0 or (value == 0 and item.name != "warm_up_s")):
                raise ValueError(f"{item.name} is a positive time in seconds, not {value}")

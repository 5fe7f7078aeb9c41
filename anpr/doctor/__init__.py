"""`anpr doctor`: what is reachable, what is misconfigured, what waits for what, in words."""

from anpr.doctor.examine import examine
from anpr.doctor.finding import Finding

__all__ = ["Finding", "examine"]

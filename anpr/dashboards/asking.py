"""Questions that many panels ask in the same way."""

from __future__ import annotations

from anpr.dashboards.model import Prom

__all__ = ["increase", "per_second", "quantiles"]

WINDOW = "[$__rate_interval]"


def per_second(metric: str, by: str, where: str = "", legend: str = "") -> Prom:
    """A counter as a rate, added up by labels. where: label matchers."""
    labels = " ".join(f"{{{{{label.strip()}}}}}" for label in by.split(","))
    return Prom(f"sum by ({by}) (rate({metric}{_braced(where)}{WINDOW}))", legend or labels)


def increase(metric: str, by: str, where: str = "", legend: str = "") -> Prom:
    """How much a counter grew within a point of the picture."""
    labels = " ".join(f"{{{{{label.strip()}}}}}" for label in by.split(","))
    return Prom(f"sum by ({by}) (increase({metric}{_braced(where)}{WINDOW}))", legend or labels)


def quantiles(histogram: str, by: str = "", where: str = "") -> tuple[Prom, ...]:
    """The median and the hundredth that is slowest."""
    groups = f"{by}, le" if by else "le"
    label = f"{{{{{by}}}}} " if by else ""
    return tuple(
        Prom(
            f"histogram_quantile({share}, sum by ({groups}) (rate({histogram}_bucket{_braced(where)}{WINDOW})))",
            f"{label}{name}",
        )
        for share, name in ((0.5, "p50"), (0.99, "p99"))
    )


def _braced(where: str) -> str:
    return f"{{{where}}}" if where else ""

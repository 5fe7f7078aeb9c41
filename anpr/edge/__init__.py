"""For cameras and patrol cars: reads and frames go into a spool on disk, and from there to the ingest door.

    with Edge(Spool(Path("spool")), Door("https://door.example", token)) as edge:
        edge.put_reads([{"camera_id": "car-12-front", "captured_at": "…", "plate_raw": "…", "confidence": 0.93}])

What `put_reads` has returned from is on the disk, and is uploaded once, whatever happens to line, program or machine
(docs/ingest.md). This package and `schemas` are all that a device imports of ours.
"""

from anpr.edge.door import Door, DoorRefused
from anpr.edge.edge import Edge
from anpr.edge.spool import Spool, SpoolFull, SpoolUnusable

__all__ = ["Door", "DoorRefused", "Edge", "Spool", "SpoolFull", "SpoolUnusable"]

"""What the image of Apache Kafka runs before the broker: its environment → server.properties → formatted storage."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

__all__ = ["set_up"]

LOG_CONFIG = "Configuration:\n  Loggers: {}\n"


def set_up(folder: Path, jars: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run it from the jars; the settings that a broker is then started with lie in `folder/final/server.properties`."""
    for name in ("default", "mounted", "final"):
        (folder / name).mkdir()
    (folder / "default" / "server.properties").touch()
    for name in ("log4j2.yaml", "tools-log4j2.yaml"):
        (folder / "default" / name).write_text(LOG_CONFIG)
    places = [part for n in ("default", "mounted", "final") for part in (f"--{n}-configs-dir", str(folder / n))]
    command = ["java", "-cp", f"{jars}/*", "kafka.docker.KafkaDockerWrapper", "setup", *places]
    return subprocess.run(
        command,
        env={"PATH": "/usr/bin:/bin", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )

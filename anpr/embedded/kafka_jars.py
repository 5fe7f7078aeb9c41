"""The jars of Apache Kafka, fetched by Maven once and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from anpr.embedded.child import find_program, run_to_end

__all__ = ["KAFKA_VERSION", "POM", "class_archive", "fetch_kafka_jars", "find_kafka_jars", "jar_cache"]

KAFKA_VERSION = "4.3.1"
"""Version of the jars; the image `apache/kafka` in docker-compose.yml has the same."""

POM = Path(__file__).with_name("kafka-pom.xml")
"""The Maven project that names what to fetch."""
_MAVEN_TIMEOUT_S = 300


def find_kafka_jars(cache: Path, version: str = KAFKA_VERSION) -> Path | None:
    """The folder with a version's jars under `cache`, or None."""
    folder = _jar_folder(cache, version)
    return folder if _is_whole(folder, version) else None


def jar_cache() -> Path:
    """Where the jars are kept between runs: the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "anpr"


def fetch_kafka_jars(cache: Path, pom: Path = POM, version: str = KAFKA_VERSION) -> Path:
    """The folder with the jars, filled by Maven the first time (45 MB, from Maven Central or a local repository).

    pom: a project that depends on Kafka at `${kafka.version}`. Raises ChildError when Maven is absent or fails.
    """
    if found := find_kafka_jars(cache, version):
        return found
    maven = find_program("mvn")
    folder = _jar_folder(cache, version)
    # Maven fills a folder of its own first: two test runs may fetch at once, and a broken one leaves nothing.
    partial = folder.with_name(f"{folder.name}.{os.getpid()}")
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={partial}"]
    command = [maven, "-B", "-q", "-f", str(pom), *goal, f"-Dkafka.version={version}"]
    run_to_end("Maven", command, timeout_s=_MAVEN_TIMEOUT_S)
    _publish(partial, folder, version)
    return folder


def class_archive(jars: Path, java: Path) -> Path:
    """Where the loaded classes of these jars are kept for this Java, beside the jars; another Java has another file.

    jars: as `fetch_kafka_jars` gave it. A JVM that finds the archive made by another Java, or of jars that have changed
    since, goes on without it.
    """
    program = java.resolve()
    key = hashlib.sha256(f"{program} {program.stat().st_mtime_ns}".encode()).hexdigest()[:8]
    return jars.with_name(f"{jars.name}-{key}.jsa")


def _jar_folder(cache: Path, version: str) -> Path:
    return cache / f"kafka-{version}"


def _is_whole(folder: Path, version: str) -> bool:
    return (folder / f"kafka_2.13-{version}.jar").is_file()


def _publish(partial: Path, folder: Path, version: str) -> None:
    """Put the finished folder in its place; if another process was first, ours is not needed."""
    try:
        partial.rename(folder)
    except OSError:
        shutil.rmtree(partial)
        if not _is_whole(folder, version):
            raise

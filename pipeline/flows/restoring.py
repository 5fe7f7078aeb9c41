"""The files of a table anew, where its log is another one than that in which they were kept.

What the store keeps goes through the inputs like all that changes a file, before anything else is taken: so whoever
keeps a file makes it, once, whatever other workers send too. Cut short, it is done again: nothing is taken before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from confluent_kafka.admin import AdminClient

from pipeline.runtime.even_topics import refuse_uneven
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.log_identity import is_unwritten
from pipeline.runtime.output import KafkaOutput

__all__ = ["restore"]

LOGGER = logging.getLogger(__name__)


def restore(
    kafka: KafkaConfig, admin: AdminClient, files: str, inputs: str, kept: Callable[[], Iterable[tuple[bytes, bytes]]]
) -> None:
    """Where nothing was ever written to the topic `files`, send what is kept to the topic `inputs`.

    admin: a client that is there already: one more would cost each start of a worker its connections. kept: key and
    value of each input, asked of the store. Raises KafkaUnusable, KafkaException, DeliveryFailed, and
    what `kept` raises.
    """
    if not is_unwritten(admin, files):
        return
    refuse_uneven(kafka, (inputs, files))
    output, sent = KafkaOutput(kafka), 0
    for key, value in kept():
        output.produce(inputs, key, value, ())
        sent += 1
    output.flush()
    LOGGER.info("nothing was ever written to %s: %d files are made anew of what the store keeps", files, sent)

"""Is the broker that answers on an address the one that we started?"""

from __future__ import annotations

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from anpr.embedded.child import accepts

_METADATA_TIMEOUT_S = 2.0


def answers(bootstrap: str, cluster_id: str, *, brokers: int = 1) -> bool:
    """Whether `bootstrap` (`host:port`, first of a list) gives metadata of that cluster with so many brokers.

    A foreign broker on the same port has another cluster id. The port is tried first, without the Kafka client,
    which would write its refused connections to standard error.
    """
    host, port = bootstrap.split(",", maxsplit=1)[0].rsplit(":", 1)
    if not accepts(int(port), host=host):
        return False
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    try:
        metadata = admin.list_topics(timeout=_METADATA_TIMEOUT_S)
    except KafkaException:
        return False
    return metadata.cluster_id == cluster_id and len(metadata.brokers) >= brokers

"""Which requests are answered, and by what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.codec import Body
from anpr.embedded.log_broker.handlers import commits, configs, fetch, groups, metadata, offsets, produce, topics
from anpr.embedded.log_broker.layouts import apis
from anpr.embedded.log_broker.requests import Handler, Request

__all__ = ["API_VERSIONS", "HANDLERS", "offered"]

API_VERSIONS: Final = 18


def offered() -> list[Body]:
    """Every API with the versions of it that are answered."""
    return [
        {"api_key": api.key, "min_version": api.versions[0], "max_version": api.versions[-1]} for api in apis().values()
    ]


def _api_versions(_: Broker, __: Request) -> Body:
    return {"api_keys": offered()}


HANDLERS: Final[Mapping[int, Handler]] = {
    0: produce.produce,
    1: fetch.fetch,
    2: offsets.list_offsets,
    3: metadata.metadata,
    8: commits.offset_commit,
    9: commits.offset_fetch,
    10: metadata.find_coordinator,
    11: groups.join_group,
    12: groups.heartbeat,
    13: groups.leave_group,
    14: groups.sync_group,
    15: groups.describe_groups,
    16: groups.list_groups,
    API_VERSIONS: _api_versions,
    19: topics.create_topics,
    20: topics.delete_topics,
    21: offsets.delete_records,
    22: produce.init_producer_id,
    32: configs.describe_configs,
    33: configs.alter_configs,
    37: topics.create_partitions,
    42: groups.delete_groups,
    44: configs.incremental_alter_configs,
    60: metadata.describe_cluster,
}
"""Api key → handler."""

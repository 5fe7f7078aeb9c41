"""DescribeConfigs, AlterConfigs and IncrementalAlterConfigs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from anpr.embedded.log_broker.broker import NODE_ID, Broker
from anpr.embedded.log_broker.codec import Body
from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.requests import Request
from anpr.embedded.log_broker.settings import KINDS, Kind, checked_settings
from anpr.embedded.log_broker.topics import Topic

__all__ = ["alter_configs", "describe_configs", "incremental_alter_configs"]

_TOPIC, _BROKER = 2, 4
_GIVEN, _STATIC, _DEFAULT = 1, 4, 5
"""Where a setting comes from: the topic, the start of the broker, nobody."""
_SET, _DELETE, _APPEND, _SUBTRACT = range(4)
_Wanted = Callable[[Mapping[str, str], Iterable[Body]], Mapping[str, str | None]]
"""Settings as given, and what is asked for → settings as they shall be."""


def describe_configs(broker: Broker, request: Request) -> Body:
    """All settings of topics, given or default; of the broker what it says of its memory."""
    synonyms = request.body["include_synonyms"]
    return {"results": [_described(broker, resource, synonyms) for resource in request.body["resources"]]}


def _described(broker: Broker, resource: Body, synonyms: bool) -> Body:
    answer = _answer(resource)
    try:
        found = list(_settings(broker, resource))
    except Refused as fault:
        return answer | {"error_code": fault.code, "error_message": fault.text}
    wanted = resource["configuration_keys"]
    chosen = [each for each in found if not wanted or each["name"] in wanted]
    for each in chosen:
        each["synonyms"] = _synonyms(each) if synonyms else []
        each["documentation"] = None
    return answer | {"configs": chosen}


def _synonyms(setting: Body) -> list[Body]:
    return [{"name": setting["name"], "value": setting["value"], "source": setting["config_source"]}]


def _answer(resource: Body) -> Body:
    return {
        "resource_type": resource["resource_type"],
        "resource_name": resource["resource_name"],
        "error_message": None,
    }


def _settings(broker: Broker, resource: Body) -> Iterator[Body]:
    if resource["resource_type"] == _BROKER and resource["resource_name"] in ("", str(NODE_ID)):
        return _of_broker(broker)
    return _of_topic(_topic(broker, resource))


def _of_topic(topic: Topic) -> Iterator[Body]:
    for name, (kind, default) in KINDS.items():
        source = _GIVEN if name in topic.given else _DEFAULT
        value = topic.given.get(name, default)
        yield {"name": name, "value": value, "config_source": source, "config_type": kind}


def _of_broker(broker: Broker) -> Iterator[Body]:
    memory = broker.memory
    memory.recount(broker.topics)
    figures = {
        "log.memory.limit.bytes": memory.limit_bytes,
        "log.memory.held.bytes": memory.held_bytes,
        "log.memory.dropped.bytes": memory.dropped_bytes,
        "log.memory.refused.batches": memory.refused_batches,
    }
    for name, value in figures.items():
        read = {"read_only": True, "config_source": _STATIC, "config_type": Kind.LONG}
        yield {"name": name, "value": str(value), **read}


def _topic(broker: Broker, resource: Body) -> Topic:
    if resource["resource_type"] != _TOPIC:
        raise Refused(Code.INVALID_REQUEST, "only topics have settings that can be changed here")
    return broker.topics.named(resource["resource_name"])


def alter_configs(broker: Broker, request: Request) -> Body:
    """Replace all settings of topics."""
    return _altered(broker, request, lambda _, changes: {each["name"]: each["value"] for each in changes})


def incremental_alter_configs(broker: Broker, request: Request) -> Body:
    """Change some settings of topics."""
    return _altered(broker, request, _changed)


def _altered(broker: Broker, request: Request, wanted: _Wanted) -> Body:
    return {"responses": [_alter(broker, request, resource, wanted) for resource in request.body["resources"]]}


def _alter(broker: Broker, request: Request, resource: Body, wanted: _Wanted) -> Body:
    answer = _answer(resource)
    try:
        topic = _topic(broker, resource)
        given = checked_settings(wanted(topic.given, resource["configs"]))
    except Refused as fault:
        return answer | {"error_code": fault.code, "error_message": fault.text}
    if not request.body["validate_only"]:
        topic.configure(given)
    return answer


def _changed(given: Mapping[str, str], changes: Iterable[Body]) -> dict[str, str | None]:
    now: dict[str, str | None] = dict(given)
    for change in changes:
        name, operation = change["name"], change["config_operation"]
        if operation == _DELETE:
            now.pop(name, None)
        elif operation == _SET:
            now[name] = change["value"]
        else:
            now[name] = _listed(name, now.get(name), change)
    return now


def _listed(name: str, now: str | None, change: Body) -> str:
    kind, default = KINDS.get(name, (None, ""))
    if kind is not Kind.LIST or change["config_operation"] not in (_APPEND, _SUBTRACT):
        raise Refused(Code.INVALID_CONFIG, f"{name} is not a list")
    values = [part for part in (now if now is not None else default).split(",") if part]
    named = [part for part in (change["value"] or "").split(",") if part]
    if change["config_operation"] == _SUBTRACT:
        return ",".join(value for value in values if value not in named)
    return ",".join(values + [value for value in named if value not in values])

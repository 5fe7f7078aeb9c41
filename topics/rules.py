"""What topic files must obey beyond their own model, one function per rule.

A rule gets all topics and yields a problem per fault. Every rule has a file in `tests/topics/bad/`; a test
holds that. The contracts come in as an argument: name → (version, names of its fields).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from topics.model import ORIGINAL_KEY, WHOLE_MESSAGE, Topics, TopicSpec, to_ms

__all__ = ["RULES", "Contracts", "Problem", "find_problems"]

_LEGAL_NAME = re.compile(r"^[a-z][a-z0-9-]{0,99}$")
_PLATE_LIMIT = "366d"
_DEAD_LETTER_FLOOR = "7d"
_STRICTNESS = {"none": 0, "plate": 1, "person": 2}


@dataclass(frozen=True)
class ContractFacts:
    """What the rules need to know of a contract."""

    version: int
    fields: frozenset[str]


Contracts = Mapping[str, ContractFacts]


@dataclass(frozen=True)
class Problem:
    """One fault: which rule, in which file, at which field, and what to do about it."""

    rule: str
    file: str
    field: str
    advice: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.advice}"


Found = Iterator[tuple[str, str, str]]
"""Topic name, field, advice."""

Rule = Callable[[Topics, Contracts], Found]


def name(topics: Topics, _: Contracts) -> Found:
    """`.` and `_` collide inside Kafka's metric names, upper case is easily confused."""
    for topic in topics:
        if not _LEGAL_NAME.match(topic):
            yield topic, "file name", "use lower-case letters, digits and hyphens, first a letter"


def retention(topics: Topics, _: Contracts) -> Found:
    """Deletion needs an age; compaction alone knows none."""
    for spec in topics.values():
        if "delete" in spec.cleanup and spec.retention is None:
            yield spec.name, "retention", f"cleanup {spec.cleanup} deletes by age: say after how long, such as 7d"
        if spec.cleanup == "compact" and spec.retention is not None:
            yield spec.name, "retention", "cleanup compact never deletes by age: leave it out or use compact,delete"


def min_insync(topics: Topics, _: Contracts) -> Found:
    """With as many required copies as there are, one broker's restart stops all producers."""
    for spec in topics.values():
        factor, required = spec.replication.factor, spec.replication.min_insync
        if required > max(1, factor - 1):
            yield spec.name, "replication.min_insync", f"must be at most {max(1, factor - 1)} with factor {factor}"


def schema_known(topics: Topics, contracts: Contracts) -> Found:
    """A topic carries a contract that exists."""
    for spec in topics.values():
        if spec.contract.name not in contracts:
            known = ", ".join(sorted(contracts))
            yield spec.name, "schema.name", f"there is no contract {spec.contract.name!r}; choose one of {known}"


def schema_version(topics: Topics, contracts: Contracts) -> Found:
    """A topic names the current version."""
    for spec, facts in _with_facts(topics, contracts):
        if spec.contract.version != facts.version:
            yield spec.name, "schema.version", f"{spec.contract.name} is at version {facts.version}: write that"


def key_field(topics: Topics, contracts: Contracts) -> Found:
    """The key is a field of the message; only dead letters bring the key of another topic."""
    for spec, facts in _with_facts(topics, contracts):
        original = spec.key.field == ORIGINAL_KEY
        if original and spec.dead_letter_topic is not None:
            yield spec.name, "key.field", "only dead letters keep the original key: name a field of the schema"
        if not original and spec.key.field not in facts.fields:
            yield spec.name, "key.field", f"{spec.contract.name} has no field {spec.key.field!r}: name one it has"


def pii_class(topics: Topics, _: Contracts) -> Found:
    """A class without fields, or fields without a class, hides something."""
    for spec in topics.values():
        if (spec.pii.kind == "none") != (not spec.pii.fields):
            yield spec.name, "pii.fields", f"class {spec.pii.kind} does not fit {len(spec.pii.fields)} fields: mend one"


def pii_fields(topics: Topics, contracts: Contracts) -> Found:
    """Listed fields exist."""
    for spec, facts in _with_facts(topics, contracts):
        for unknown in sorted(set(spec.pii.fields) - facts.fields - WHOLE_MESSAGE):
            yield spec.name, "pii.fields", f"{spec.contract.name} has no field {unknown!r}: remove or correct it"


def pii_complete(topics: Topics, contracts: Contracts) -> Found:
    """Nobody forgets that a plate is personal data."""
    for spec, facts in _with_facts(topics, contracts):
        plates = {field for field in facts.fields if "plate" in field.split("_")}
        if "value" not in spec.pii.fields and (missing := plates - set(spec.pii.fields)):
            yield spec.name, "pii.fields", f"a plate is personal data: add {', '.join(sorted(missing))}"


def pii_retention(topics: Topics, _: Contracts) -> Found:
    """Twelve months is the law's limit for passages; audit records (class person) are kept longer on purpose."""
    for spec in topics.values():
        if spec.pii.kind == "plate" and (spec.retention_ms or 0) > to_ms(_PLATE_LIMIT):
            yield spec.name, "retention", f"plates may be kept {_PLATE_LIMIT} at most: shorten it"


def dead_letter_known(topics: Topics, _: Contracts) -> Found:
    """The way out exists, ends in a topic of dead letters, and those have no way out of their own."""
    for spec in topics.values():
        if advice := _dead_letter_advice(topics, spec):
            yield spec.name, "dead_letter_topic", advice


def _dead_letter_advice(topics: Topics, spec: TopicSpec) -> str | None:
    way_out, is_letters = spec.dead_letter_topic, spec.contract.name == "dead_letter"
    if is_letters:
        return "dead letters have none: write null" if way_out else None
    if way_out is None:
        return "only dead letters have none: name a topic"
    if way_out not in topics or topics[way_out].contract.name != "dead_letter":
        return f"{way_out} is no topic with the schema dead_letter: add it or name one that is"
    return None


def dead_letter_size(topics: Topics, _: Contracts) -> Found:
    """Headers come on top of the original bytes, so a letter may need a little more room than its source."""
    for spec, letters in _with_dead_letters(topics):
        if letters.max_message_bytes <= spec.max_message_bytes:
            advice = f"{letters.name} must take more than these {spec.max_message_bytes} bytes: raise it there"
            yield spec.name, "max_message_bytes", advice


def dead_letter_retention(topics: Topics, _: Contracts) -> Found:
    """Somebody must have the time to look."""
    for spec in topics.values():
        kept_ms = spec.retention_ms
        if spec.contract.name == "dead_letter" and kept_ms is not None and kept_ms < to_ms(_DEAD_LETTER_FLOOR):
            yield spec.name, "retention", f"dead letters are kept {_DEAD_LETTER_FLOOR} at least: lengthen it"


def dead_letter_pii(topics: Topics, _: Contracts) -> Found:
    """A letter holds what its source holds."""
    for spec, letters in _with_dead_letters(topics):
        if _STRICTNESS[letters.pii.kind] < _STRICTNESS[spec.pii.kind]:
            advice = f"{letters.name} holds such messages too: raise its pii.class to {spec.pii.kind}"
            yield spec.name, "pii.class", advice


def copartition(topics: Topics, _: Contracts) -> Found:
    """A join by partition needs the same key and the same count on all sides."""
    for group, members in _groups(topics).items():
        if len(members) == 1:
            yield members[0].name, "copartition", f"{group} has no other member: name the same group in another topic"
        yield from _odd_ones(members, "partitions", {spec.name: spec.partitions for spec in members})
        yield from _odd_ones(members, "key.field", {spec.name: spec.key.field for spec in members})


def _odd_ones(members: list[TopicSpec], field: str, values: Mapping[str, object]) -> Found:
    """Members whose value is not that of the most."""
    common, _ = Counter(values.values()).most_common(1)[0]
    for spec in members:
        if values[spec.name] != common:
            advice = f"must be {common} as in the other topics of the group {spec.copartition}"
            yield spec.name, field, advice


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        name,
        retention,
        min_insync,
        schema_known,
        schema_version,
        key_field,
        pii_class,
        pii_fields,
        pii_complete,
        pii_retention,
        dead_letter_known,
        dead_letter_size,
        dead_letter_retention,
        dead_letter_pii,
        copartition,
    )
}
"""Every rule by its name."""


def find_problems(topics: Topics, contracts: Contracts) -> list[Problem]:
    """All faults of all topics, in the order of the rules."""
    return [
        Problem(rule_name, f"{topic}.yaml", field, advice)
        for rule_name, rule in RULES.items()
        for topic, field, advice in rule(topics, contracts)
    ]


def _with_facts(topics: Topics, contracts: Contracts) -> Iterator[tuple[TopicSpec, ContractFacts]]:
    """Topics whose contract exists; `schema_known` tells of the others."""
    for spec in topics.values():
        if facts := contracts.get(spec.contract.name):
            yield spec, facts


def _with_dead_letters(topics: Topics) -> Iterator[tuple[TopicSpec, TopicSpec]]:
    """Topics with their topic of dead letters; `dead_letter_known` tells of missing ones."""
    for spec in topics.values():
        if spec.dead_letter_topic is not None and spec.dead_letter_topic in topics:
            yield spec, topics[spec.dead_letter_topic]


def _groups(topics: Topics) -> dict[str, list[TopicSpec]]:
    groups: dict[str, list[TopicSpec]] = defaultdict(list)
    for spec in topics.values():
        if spec.copartition:
            groups[spec.copartition].append(spec)
    return groups

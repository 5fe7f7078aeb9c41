"""How a contract changes while the platform runs: a section of docs/contracts.md, which `schemas.export` writes."""

from __future__ import annotations

__all__ = ["UPGRADING"]

UPGRADING = """## Upgrading

Two releases of the program work side by side while one is exchanged for the other, in the same consumer groups, and
both versions of a message lie on the same topic. Why so: [decision 0041](decisions/0041-versions-side-by-side.md).

| change | version | exchanged first | an old reader of a new message | a new reader of an old one |
|---|---|---|---|---|
| a field with a default comes | stays | nobody has to be | passes over the field | takes the default |
| anything else | one more | readers, then writers | dead letter `unknown_version` | goes `schemas/upgrade.py` |

Where a new field is stored or told on, readers first as well, or it is missing from what old ones made meanwhile.

Who reads and writes a topic is in [topics.md](topics.md). With the flow's order turned round every reader comes
before its writer: programs that are told hits (`anpr.client`), `anpr serve`, `store-lez`, `store`, `notices`, `cases`,
`health`, `watch`, `judge`, `lookback`, `match`, `consolidate`, `read`, `anpr door`; devices (`anpr edge`) last.

1. Read the release's entry in `CHANGELOG.md`: which contracts have a new version. None: the order of step 5 is
   free.
2. `anpr dead-letters list`: what is there before is not of this upgrade.
3. With the new program: `anpr topics create`, `anpr store migrate`. Old workers go on, unless the release's entry
   says that they must be ended before.
4. With the new program: `anpr topics versions`. It must end with "this program reads all of it".
5. Exchange the workers one by one, readers first: SIGTERM, wait for its end, start the new one under the same
   `ANPR_KAFKA_INSTANCE`, wait until its page `/health` answers and `anpr_lag_messages` of its flow is back to what
   it was.
6. A contract that one flow both writes and reads (`case-files`, `health-files`, `lez-files`, `case-inputs`,
   `lez-inputs`), where it has a new version: end all workers of that flow, then start the new ones. The flow stands
   still meanwhile and loses nothing.
7. `count by (version) (anpr_build_info)` shows the new release alone.
8. `anpr topics versions`: both versions for as long as messages are kept. `anpr dead-letters list`: nothing has
   come. If a worker was forgotten, exchange it, then `anpr dead-letters replay --reason unknown_version --why …`.

Back again: writers first, readers last. Before that, with the **old** program, `anpr topics versions`: exit code 1
says that there are messages which it does not read, and where. Those lie there for good; going on is then safer than
going back.

A release in which one program reads one contract of a new version and writes another, in a circle (the console reads
`hits` and writes `case-inputs`), is made as two releases.
"""

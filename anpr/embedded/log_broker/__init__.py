"""A small broker that speaks Kafka's protocol: one node, in memory, on the loopback interface, for the embedded mode.

Run as a process of its own: `python -m anpr.embedded.log_broker --port … --cluster-id …`. What it does and does not:
docs/decisions/0033-own-embedded-broker.md.
"""

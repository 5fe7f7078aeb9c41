"""Who may do what at Kafka: roles, the rights that follow from the topic files, and how a broker is told.

A topic file says which parts write the topic and which read it; `roles.yaml` says which parts a Kafka user stands for
and in which consumer groups it is. Nothing else grants anything. docs/decisions/0038.
"""

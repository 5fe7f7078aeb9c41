"""The contract of every message, written once: pydantic models, their JSON Schemas, examples and codecs.

Start at `schemas.registry`, which names every contract. Programs from outside need only this package
(and `anpr.client`): `from schemas.read import Read; Read.model_validate_json(message.value())`.
"""

"""OpenAPI: Schemathesis against a running door. What fits the description is answered as it says, without a fault."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS
from schemathesis.core.result import Ok

from tests.anpr.door.gate import Gate

pytestmark = pytest.mark.slow
EXAMPLES = 25
WANTED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


@pytest.fixture
def token(gate: Gate) -> str:
    """Of a device."""
    return gate.known("car-12")


def test_every_route_answers_as_it_is_described(gate: Gate, token: str) -> None:
    schema = schemathesis.openapi.from_url(f"{gate.url}/openapi.json")
    tried = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        tried.append(operation.path)
        _ask(operation, token)
    assert sorted(tried) == ["/api/v1/frames", "/api/v1/reads", "/health"]


def _ask(operation: schemathesis.APIOperation[Any, Any, Any, Any], token: str) -> None:
    """Asks an operation some things that its description allows. Raises FailureGroup."""
    checks: Any = CHECKS.get_by_names(WANTED)

    @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy())
    def asks(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=checks, timeout=30)

    asks()  # type: ignore[call-arg]

"""OpenAPI: Schemathesis against a running API. What fits the description is answered as it says, never with a fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
import schemathesis
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok

from anpr.embedded.store.launch import StoreProcess
from console.officer_tokens import officer_token
from tests.console.everything import ALL_ROLES, fill
from tests.console.world import World, now

pytestmark = pytest.mark.slow
EXAMPLES = 4
WITHOUT_END = "/stream"
WANTED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


@pytest.fixture(scope="module")
def desk(idle_world: World, store: StoreProcess, tables: Client) -> World:
    """A platform on which everything can be asked."""
    fill(idle_world, store, tables)
    return idle_world


def test_every_route_answers_as_it_is_described(desk: World) -> None:
    schema = schemathesis.openapi.from_url(f"{desk.url}/openapi.json")
    faults, tried = list[str](), 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if operation.path.endswith(WITHOUT_END):
            continue
        tried += 1
        try:
            _asker(desk, operation)()
        except (FailureGroup, Failure) as failure:
            faults.append(f"{operation.label}: {failure}")
    assert not faults, "\n\n".join(faults)
    assert tried > 50


def _asker(desk: World, operation: schemathesis.APIOperation[Any, Any, Any, Any]) -> Callable[[], None]:
    """Asks an operation some things that its description allows. Raises FailureGroup."""
    token = officer_token(desk.credentials, ALL_ROLES, now() + timedelta(hours=1))
    checks: Any = CHECKS.get_by_names(WANTED)

    @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy())
    def asks(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=checks, timeout=30)

    return cast(Callable[[], None], asks)

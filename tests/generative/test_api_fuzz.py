"""Every described operation, given what fits its description and what does not: never a 500, always as described."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.api.openapi import document
from gateway.evidence.chain import verify
from gateway.models import LedgerEntry
from gateway.store import audit_chain
from gateway.vocabulary import Command
from tests.factories.gateways import approved_project, cleared_snapshot, submitted_release
from tests.factories.sites import Site, open_site

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PEOPLE = ("lead", "ig", "auditor")
pytestmark = pytest.mark.slow
schema = schemathesis.openapi.from_dict(document())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = open_site(tmp_path_factory.mktemp("site"))
    yield site
    rows = site.town.read(audit_chain.export)
    assert verify(rows).broken_at is None
    assert [row.kind.value for row in site.town.read(lambda work: work.all(LedgerEntry))] == ["GRANT"]
    site.town.gateway.unit.dispose()


@pytest.fixture(scope="module")
def known(site: Site) -> dict[str, str]:
    """An id for each plural, so that more than the look-up is tried."""
    town = site.town
    project = approved_project(town)
    snapshot = cleared_snapshot(town, project)
    workspace = town.do("lead", Command.OPEN_WORKSPACE, project).created_id
    release = submitted_release(town, project)
    ids = {"pools": town.pool_id, "projects": project, "snapshots": snapshot, "workspaces": workspace}
    return ids | {"releases": release, "people": town.people["lead"]}


@pytest.fixture(scope="module")
def tokens(site: Site) -> list[str]:
    def made(name: str) -> str:
        given = {"label": "fuzz"}
        return str(site.town.do(name, Command.CREATE_TOKEN, site.town.people[name], given).returned["token"])

    return [made(name) for name in PEOPLE]


@schema.parametrize()
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_no_operation_breaks(case: Case, site: Site, known: dict[str, str], tokens: list[str]) -> None:
    plural = case.path.split("/")[3]
    turn = len(str(case.body)) + len(str(case.path_parameters))
    if "id" in case.path_parameters and plural in known and turn % 3:
        case.path_parameters["id"] = known[plural]
    case.headers["Authorization"] = f"Bearer {tokens[turn % len(tokens)]}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = case.call(app=site.app)
    case.validate_response(answer, checks=CHECKS)


def test_the_sweep_sees_a_defect(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("gateway.store.queries.views.register", broken)
    case: Case = schema["/api/v1/register"]["GET"].Case()
    with pytest.raises(BaseException, match="Server error"):
        case.call_and_validate(app=site.app, checks=[not_a_server_error])

"""The description is valid OpenAPI 3.1, and tells of every route and of nothing else."""

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from gateway.api.openapi import document
from tests.factories.sites import open_site

METHODS = {"get", "post", "put", "patch", "delete"}


def test_it_is_valid_openapi() -> None:
    errors = list(jsonschema_rs.validator_for(OPENAPI_31).iter_errors(document()))
    assert [error.message for error in errors] == []


def test_a_description_without_its_version_is_not() -> None:
    assert not jsonschema_rs.validator_for(OPENAPI_31).is_valid({"info": {}, "paths": {}})


def test_every_schema_is_one_and_every_reference_leads_somewhere() -> None:
    schemas = document()["components"]["schemas"]
    for schema in schemas.values():
        jsonschema_rs.meta.validate(schema)
    named = set(re.findall(r"#/components/schemas/(\w+)", str(document())))
    assert named <= set(schemas)


def test_every_route_is_described_and_every_description_is_a_route(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in site.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in rule.methods or ()
        if method.lower() in METHODS
    }
    site.town.gateway.unit.dispose()
    described = {(path, method) for path, item in document()["paths"].items() for method in item if method in METHODS}
    assert routes == described


@pytest.mark.parametrize("path", sorted(document()["paths"]))
def test_every_operation_says_what_can_be_refused(path: str) -> None:
    operations: list[Any] = [item for method, item in document()["paths"][path].items() if method in METHODS]
    for operation in operations:
        assert {"200", "401", "404", "422"} <= set(operation["responses"])
        assert operation["summary"].strip()

"""The OpenAPI 3.1 description, built from the same table that the routes are built from."""

from functools import cache
from typing import Any

from gateway.api.paging import PARAMETERS
from gateway.commands.act import VERBS, Given
from gateway.commands.addresses import PLURALS, ROOT, Address, addresses
from gateway.commands.requests import Request
from gateway.vocabulary import Noun

_ERRORS = {
    "400": "The body is not one JSON object.",
    "401": "No valid token came with the request.",
    "403": "Not your role on this subject.",
    "404": "Nothing here that you can see.",
    "409": "Not now: the state or a condition does not allow it.",
    "413": "The body is too large.",
    "415": "The body is not marked as JSON.",
    "422": "The input is not valid.",
    "429": "Too many wrong tokens came from your address.",
    "503": "A part of the gateway does not answer; try again after Retry-After.",
}
_REFUSAL = {
    "type": "object",
    "description": "Problem details (RFC 9457); `code` never changes its meaning, the words may.",
    "required": ["title", "status", "code", "sentence", "next_step"],
    "properties": {
        "status": {"type": "integer"},
        **{name: {"type": "string"} for name in ("title", "code", "sentence", "next_step")},
    },
}
_OUTCOME = {
    "type": "object",
    "required": ["subject_id", "state", "created_id", "returned"],
    "properties": {
        "subject_id": {"type": "string"},
        "state": {"type": "string"},
        "created_id": {"type": "string", "description": "The id of what was created; empty when nothing was."},
        "returned": {"type": "object"},
    },
}
_HEX = {"type": "string", "pattern": "^[0-9a-f]+$"}
_CHECKPOINT = {
    "type": "object",
    "description": "`signature` is Ed25519 by `public_key` over the canonical JSON of the rest and its format.",
    "required": ["size", "root", "at", "public_key", "signature"],
    "additionalProperties": False,
    "properties": {
        "size": {"type": "integer", "minimum": 1, "description": "How many rows the log had."},
        "root": {**_HEX, "description": "Their Merkle root (RFC 6962) over the rows' hashes."},
        "at": {"type": "string", "format": "date-time"},
        "public_key": _HEX,
        "signature": _HEX,
    },
}
_HANDOVER = {
    "type": "object",
    "description": "The key `old` ended and `new` followed; both signed the canonical JSON of the rest and its format.",
    "required": ["number", "at", "old", "new", "by_old", "by_new"],
    "additionalProperties": False,
    "properties": {
        "number": {"type": "integer", "minimum": 1},
        "at": {"type": "string", "format": "date-time"},
        **dict.fromkeys(("old", "new", "by_old", "by_new"), _HEX),
    },
}
_CHECKPOINTS = {
    "type": "object",
    "required": ["public_key", "checkpoints", "handovers"],
    "additionalProperties": False,
    "properties": {
        "public_key": _HEX,
        "checkpoints": {"type": "array", "items": {"$ref": "#/components/schemas/Checkpoint"}},
        "handovers": {"type": "array", "items": {"$ref": "#/components/schemas/Handover"}},
    },
}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


@cache
def document() -> dict[str, Any]:
    """The whole description as plain JSON values."""
    schemas: dict[str, Any] = {
        "Refusal": _REFUSAL,
        "Outcome": _OUTCOME,
        "Checkpoint": _CHECKPOINT,
        "Handover": _HANDOVER,
        "Checkpoints": _CHECKPOINTS,
    }
    paths = {**_views(), **_others(schemas)}
    for address in addresses():
        paths[_braced(address.path)] = {"post": _command(address, schemas)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "tre-gateway", "version": "1", "description": "The same commands as the pages, as JSON."},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    }


def _views() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for noun, plural in PLURALS.items():
        words = noun.value.lower().replace("_", " ")
        many = _operation(f"list-{plural}", f"Every {words} that you may know of, newest first.", plural)
        paths[f"{ROOT}/{plural}"] = {"get": many | {"parameters": PARAMETERS}}
        one = _operation(f"show-{plural}", f"One {words}, and what you can do with it.", plural)
        paths[f"{ROOT}/{plural}/{{id}}"] = {"get": one | {"parameters": [_ID]}}
    return paths


def _others(schemas: dict[str, Any]) -> dict[str, Any]:
    releases = PLURALS[Noun.RELEASE]
    price = _operation("price", "What a request would cost; nothing is stored, no record is read.", "projects")
    price |= {"parameters": [_ID], "requestBody": _body(Request, schemas)}
    package = _operation("package", "The released package (zip).", releases, media="application/zip")
    artefact = _operation("artefact", "The sealed artefact, for its reviewers.", releases)
    register = _operation("register", "The public register of data uses.", "register-entries")
    signed = "The public key, and every signed checkpoint of the audit log; for anybody."
    uses = _operation("data-uses", "The register in HDR UK's 31 columns, refusals too.", "register-entries")
    figures = _operation("figures", "The pool's budget, turnaround, opt-out list in force, releases.", "gateway")
    satre = _operation("satre", "How the gateway stands against SATRE 2.0.1, statement by statement.", "gateway")
    checkpoints = _operation("checkpoints", signed, "gateway", schema="Checkpoints")
    bands = "How good the records of each source are, by table, in wide bands."
    health = _operation("health", "Whether this process answers.", "gateway")
    ready = _operation("ready", "Whether the gateway can work: 503 when a part of it does not answer.", "gateway")
    return {
        f"{ROOT}/projects/{{id}}/price": {"post": price},
        f"{ROOT}/releases/{{id}}/package": {"get": package | {"parameters": [_ID]}},
        f"{ROOT}/releases/{{id}}/artefact": {"get": artefact | {"parameters": [_ID]}},
        f"{ROOT}/register": {"get": register | {"security": []}},
        **_code_lists(),
        f"{ROOT}/quality": {"get": _operation("quality", bands, "pools")},
        f"{ROOT}/data-uses": {"get": uses | {"security": []}},
        f"{ROOT}/figures": {"get": figures | {"security": []}},
        f"{ROOT}/satre": {"get": satre | {"security": []}},
        f"{ROOT}/checkpoints": {"get": checkpoints | {"security": []}},
        f"{ROOT}/health": {"get": health | {"security": []}},
        f"{ROOT}/ready": {"get": ready | {"security": []}},
        f"{ROOT}/me": {"get": _operation("me", "Who you are here, with the seats you hold.", "people")},
    }


def _code_lists() -> dict[str, Any]:
    many = _operation("code-lists", "Every code list that a view may cite, newest versions first.", "pools")
    one = _operation("code-list", "One version of a code list with its codes.", "pools")
    two = _operation("compared", "What was added and removed from one code list to another.", "pools")
    places = [{**_ID, "name": name} for name in ("slug", "version", "other", "other_version")]
    path = f"{ROOT}/code-lists/{{slug}}/{{version}}"
    return {
        f"{ROOT}/code-lists": {"get": many},
        path: {"get": one | {"parameters": places[:2]}},
        f"{path}/compared/{{other}}/{{other_version}}": {"get": two | {"parameters": places}},
    }


def _command(address: Address, schemas: dict[str, Any]) -> dict[str, Any]:
    roles = ", ".join(sorted(role.value.replace("_", " ").lower() for role in address.by))
    summary = (VERBS[address.command].run.__doc__ or address.verb).strip().splitlines()[0]
    operation = _operation(address.verb, summary, PLURALS[address.noun], schema="Outcome")
    operation |= {"description": f"By: {roles}.", "parameters": [_ID]}
    if address.given is not Given:
        operation["requestBody"] = _body(address.given, schemas)
    return operation


def _operation(
    name: str, summary: str, tag: str, *, schema: str = "", media: str = "application/json"
) -> dict[str, Any]:
    answer = {"$ref": f"#/components/schemas/{schema}"} if schema else {}
    refusals = {
        status: {
            "description": words,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
        }
        for status, words in _ERRORS.items()
    }
    done = {"description": "Done.", "content": {media: {"schema": answer}}}
    return {"operationId": name, "summary": summary, "tags": [tag], "responses": {"200": done, **refusals}}


def _body(given: type[Given], schemas: dict[str, Any]) -> dict[str, Any]:
    name = f"{given.__module__.rsplit('.', 1)[-1].title().replace('_', '')}{given.__name__}"
    schema = given.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[name] = schema
    return {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
    }


def _braced(path: str) -> str:
    return path.replace("<id>", "{id}")

"""A package as a research object: RO-Crate 1.1 with the Five Safes profile 0.4, one JSON-LD document.

https://w3id.org/ro/crate/1.1 and https://w3id.org/5s-crate/0.4. Everything in it follows from the artefact and from
what is known beside it; figures stand in the files alone.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

JSON = Mapping[str, Any]
Entities = list[dict[str, Any]]
METADATA = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/5s-crate/0.4"
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", {"shp": "https://w3id.org/shp#"}]
_TYPES = {"html": "text/html", "csv": "text/csv", "json": "application/json"}
TERMS = {
    "@id": "#terms",
    "@type": "CreativeWork",
    "name": "Terms of use",
    "description": "What the project's entry in the public data use register says.",
}
_DONE = "http://schema.org/CompletedActionStatus"
_FAILED = "http://schema.org/FailedActionStatus"


def crate(artefact: JSON, about: JSON, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The document, with the digest of every other file of the package."""
    parts = [_file(name, data) for name, data in sorted(files.items())]
    told, code = _values("release", _told(artefact, about)), _values("code", about.get("code") or {})
    around = [_project(about), _gateway(about, code), _query(artefact, about), *_people(about), TERMS, *told, *code]
    actions = [_draw(artefact, about, parts), *_assessments(about)]
    graph = [_descriptor(), _root(artefact, about, parts, actions, told), *parts, *around, *actions]
    return {"@context": _CONTEXT, "@graph": graph}


def _ref(name: str) -> dict[str, str]:
    return {"@id": name}


def _values(of: str, told: JSON) -> list[dict[str, Any]]:
    """Flat, as every entity of a crate: each with an id of its own."""
    return [
        {"@id": f"#{of}-{number}", "@type": "PropertyValue", "name": name, "value": value}
        for number, (name, value) in enumerate(sorted(told.items()), 1)
    ]


def _told(artefact: JSON, about: JSON) -> dict[str, Any]:
    commitments = about.get("commitments") or {}
    return {
        "mark": about["mark"],
        "epsilon of this release alone, in millionths": artefact["epsilon_micro"],
        "delta in 1e-15": int(artefact["delta_e15"]) + int(artefact.get("delta0_e15", 0)),
        "rho in millionths": artefact["micro_rho"],
        "artefact sha256": about.get("artefact_digest", ""),
        **{f"commitment: {name}": value for name, value in commitments.items()},
    }


def _descriptor() -> dict[str, Any]:
    conforms = _ref("https://w3id.org/ro/crate/1.1")
    return {"@id": METADATA, "@type": "CreativeWork", "conformsTo": conforms, "about": _ref("./")}


def _root(artefact: JSON, about: JSON, parts: Entities, actions: Entities, told: Entities) -> dict[str, Any]:
    return {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": _ref(PROFILE),
        "identifier": about.get("release_id", ""),
        "name": artefact["title"],
        "description": f"Differentially private release; the protected unit is {artefact['neighbours']}.",
        "datePublished": about.get("drawn_on", ""),
        "license": _ref(TERMS["@id"]),
        "sourceOrganization": _ref("#project"),
        "publisher": _ref("#gateway"),
        "mainEntity": _ref("#view"),
        "hasPart": [_ref(part["@id"]) for part in parts],
        "mentions": [_ref(action["@id"]) for action in actions],
        "additionalProperty": [_ref(each["@id"]) for each in told],
    }


def _file(name: str, data: bytes) -> dict[str, Any]:
    kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    told = {"name": name, "encodingFormat": kind, "contentSize": str(len(data))}
    return {"@id": name, "@type": "File", **told, "sha256": sha256(data).hexdigest()}


def _project(about: JSON) -> dict[str, Any]:
    told = {"name": about.get("project_title", ""), "identifier": about.get("project", "")}
    return {
        "@id": "#project",
        "@type": "Project",
        **told,
        "description": f"Register entry {about.get('register_entry')}",
    }


def _gateway(about: JSON, code: Entities) -> dict[str, Any]:
    return {
        "@id": "#gateway",
        "@type": ["Organization", "SoftwareApplication"],
        "name": "tre-gateway",
        "softwareVersion": (about.get("code") or {}).get("version", ""),
        "additionalProperty": [_ref(each["@id"]) for each in code],
    }


def _query(artefact: JSON, about: JSON) -> dict[str, Any]:
    """The request and its view as they were cleared (privacy model P1)."""
    told = {"name": "The person view as it was cleared", "programmingLanguage": "SQL", "text": artefact["view_sql"]}
    request = about.get("request_digest") or artefact["request_digest"]
    return {"@id": "#view", "@type": "SoftwareSourceCode", **told, "identifier": request}


def _people(about: JSON) -> list[dict[str, Any]]:
    """Those who decided, by a role id of this release alone: no name, and nothing that two releases share."""
    ids = list(dict.fromkeys(each["by"] for each in about.get("decisions") or ()))
    return [{"@id": f"#{each}", "@type": "Person", "name": "an output checker"} for each in ids]


def _draw(artefact: JSON, about: JSON, parts: Entities) -> dict[str, Any]:
    mechanisms = sorted({str(each["mechanism"]) for each in artefact["statistics"]})
    return {
        "@id": "#draw",
        "@type": "CreateAction",
        "name": f"Drawn once, with {' and '.join(mechanisms)} noise",
        "instrument": _ref("#view"),
        "agent": _ref("#gateway"),
        "result": [_ref(part["@id"]) for part in parts],
        "endTime": about.get("drawn_on", ""),
        "actionStatus": _DONE,
    }


def _assessments(about: JSON) -> list[dict[str, Any]]:
    """Plan clearance by a person, and the output rules on request and released values."""
    signed = [
        {
            "@id": f"#decision-{number}",
            "@type": "AssessAction",
            "additionalType": _ref("shp:SignOff"),
            "name": f"{each['stage'].capitalize()}: {each['verdict'].lower()}",
            "agent": _ref(f"#{each['by']}"),
            "object": _ref("#view"),
            "endTime": each["on"],
            "actionStatus": _DONE if each["verdict"] == "APPROVE" else _FAILED,
        }
        for number, each in enumerate(about.get("decisions") or (), 1)
    ]
    told = (("request", about.get("request_checks")), ("values", about.get("checks")))
    return signed + [_checked(name, found) for name, found in told if found]


def _checked(name: str, found: JSON) -> dict[str, Any]:
    """Checks find things and people decide: the action is done, whatever was found."""
    return {
        "@id": f"#checks-of-{name}",
        "@type": "AssessAction",
        "additionalType": _ref("shp:DisclosureCheck"),
        "name": f"{found['name']}: {found['overall']}",
        "agent": _ref("#gateway"),
        "object": _ref("#view") if name == "request" else _ref("artefact.json"),
        "description": f"{found.get('preset', '')}, {found.get('source', '')}",
        "actionStatus": _DONE,
    }

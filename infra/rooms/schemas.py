"""The official schemas of what the Kubernetes driver writes: recorded from kubernetes-validate, or looked up in it.

`python infra/rooms/schemas.py record` writes RECORDED anew; `… check` answers 1 where it differs from the package, or
where a manifest on standard input (a JSON list) is not what the package takes. Needs requirements-kubernetes.txt, so it
runs in an environment of its own and imports nothing of ours (./run prove).
"""

import json
import sys
from pathlib import Path
from typing import Any

VERSION = "1.34.0"
RECORDED = Path(__file__).with_name("kubernetes-1.34.json")
# The types of the API that are written, by their names in it.
KINDS = {
    "Namespace": "io.k8s.api.core.v1.Namespace",
    "NetworkPolicy": "io.k8s.api.networking.v1.NetworkPolicy",
    "ServiceAccount": "io.k8s.api.core.v1.ServiceAccount",
    "ResourceQuota": "io.k8s.api.core.v1.ResourceQuota",
    "PersistentVolume": "io.k8s.api.core.v1.PersistentVolume",
    "PersistentVolumeClaim": "io.k8s.api.core.v1.PersistentVolumeClaim",
    "Job": "io.k8s.api.batch.v1.Job",
    "Pod": "io.k8s.api.core.v1.Pod",
}


def recorded(definitions: dict[str, Any]) -> dict[str, Any]:
    """What the kinds need of all definitions, without the words that describe them."""
    found: dict[str, Any] = {}
    waiting = list(KINDS.values())
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _bare(definitions[name], waiting)
    return {"version": VERSION, "kinds": KINDS, "$defs": dict(sorted(found.items()))}


def _bare(schema: Any, names: list[str]) -> Any:
    """References lead within the file; each name that is referred to is added to `names`."""
    if isinstance(schema, list):
        return [_bare(each, names) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        names.append(schema["$ref"].rpartition("/")[2])
        return {"$ref": f"#/$defs/{names[-1]}"}
    return {
        key: _bare(each, names) for key, each in schema.items() if not isinstance(each, str) or key != "description"
    }


def _official() -> dict[str, Any]:
    import kubernetes_validate  # type: ignore[import-not-found]

    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / f"v{VERSION}-local-strict"
    definitions: dict[str, Any] = json.loads((folder / "_definitions.json").read_text(encoding="utf-8"))["$defs"]
    return definitions


def main(what: str) -> int:
    """Record, or check."""
    said = json.dumps(recorded(_official()), separators=(",", ":"), sort_keys=True) + "\n"
    if what == "record":
        RECORDED.write_text(said, encoding="utf-8")
        return 0
    from kubernetes_validate import ValidationError, validate

    if RECORDED.read_text(encoding="utf-8") != said:
        print(f"{RECORDED.name} is not what kubernetes-validate has for {VERSION}", file=sys.stderr)
        return 1
    try:
        for manifest in json.load(sys.stdin):
            validate(manifest, VERSION, strict=True)
    except ValidationError as why:
        print(why.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Corrections and deletions between the exports of a delivery: of each resource only what was said last counts."""

from workspaces.engine import Engine, fill, one
from workspaces.intake.deliveries import Delivery, Limits

# A file is read as it lies there: what a name like x.ndjson.gz would be unpacked to has no bound.
_OPTIONS = "ignore_errors = true, maximum_object_size = $line_bytes, compression = 'uncompressed'"
READ = f"read_ndjson_objects($files, {_OPTIONS})"
_PLACED = f"read_ndjson_objects($files, {_OPTIONS}, filename = true) JOIN export_file USING (filename)"

# A deletion is a transaction of DELETEs, each of one address such as Patient/123.
_DELETED = f"""
INSERT INTO changed
SELECT DISTINCT split_part(address, '/', -2), split_part(address, '/', -1), place, true FROM (
    SELECT unnest(list_transform(list_filter(bundle.entry, lambda e: e.request.method = 'DELETE'),
        lambda e: e.request.url)) AS address, place
    FROM (SELECT json_transform(json,
            '{{"entry": [{{"request": {{"method": "VARCHAR", "url": "VARCHAR"}}}}]}}') AS bundle, place FROM {_PLACED}))
"""  # noqa: S608
_CHANGED = f"""
INSERT INTO changed SELECT DISTINCT $kind, json_extract_string(json, '$.id') AS id, place, false FROM {_PLACED}
WHERE id IS NOT NULL
"""  # noqa: S608
_OUTDATED = """EXISTS (SELECT 1 FROM changed WHERE changed.kind = $kind AND changed.id = line.r.id
    AND (changed.place > line.place OR (changed.gone AND changed.place = line.place)))"""


def note_changes(engine: Engine, delivery: Delivery, limits: Limits) -> bool:
    """Fill `changed` with what a later export says anew or deletes; False when there is no such export."""
    later = {path for path, place in delivery.exports.items() if place}
    if not later and not delivery.deletions:
        return False
    placed = [(str(path), place) for path, place in (*delivery.exports.items(), *delivery.deletions.items())]
    fill(engine, "export_file", {"filename": "VARCHAR", "place": "INTEGER"}, placed)
    engine.execute("CREATE TEMP TABLE changed (kind VARCHAR, id VARCHAR, place INTEGER, gone BOOLEAN)")
    values: dict[str, object] = {"line_bytes": limits.line_bytes}
    if delivery.deletions:
        engine.execute(_DELETED, {**values, "files": [str(path) for path in delivery.deletions]})
    for kind, paths in delivery.files.items():
        files = [str(path) for path in paths if path in later]
        if files:
            engine.execute(_CHANGED, {**values, "kind": kind, "files": files})
    return True


def lines(*, changes: bool) -> str:
    """The relation of the lines of `$files` that count, with the columns `json` and `r`."""
    if not changes:
        return f"(SELECT json, json_transform(json, $structure) AS r FROM {READ})"  # noqa: S608
    return f"(SELECT json, r FROM {_placed()} AS line WHERE NOT {_OUTDATED})"  # noqa: S608


def outdated(engine: Engine, values: dict[str, object]) -> int:
    """How many lines of one kind a later export corrected or deleted."""
    return one(engine, f"SELECT count(*) FROM {_placed()} AS line WHERE {_OUTDATED}", values)  # noqa: S608


def _placed() -> str:
    return f"(SELECT json, json_transform(json, $structure) AS r, place FROM {_PLACED})"  # noqa: S608

"""What a subject access request needs: which sources hold a person, which builds took them in, for which projects."""

import json
from dataclasses import asdict
from typing import Any

from sqlmodel import col

from gateway.commands.perform import noted, perform, permit
from gateway.jobs.erasures import one_number
from gateway.jobs.house import House
from gateway.jobs.opt_out_lists import exchange_of
from gateway.models import OptOutList as ListRow
from gateway.models import Project, Snapshot
from gateway.rules.facts import Actor
from gateway.vocabulary import Command
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Vault
from workspaces.opt_outs import OptOutList
from workspaces.snapshots import held_of, is_listed, why_not
from workspaces.snapshots.objects import MissingObject

INCLUDED, UNKNOWN = "included", "not known: its list or its manifest is not kept any more"


def report_person(house: House, *, actor: Actor, number: str) -> dict[str, Any]:
    """Everything this gateway can say of one person. That somebody asked is logged; about whom is not."""
    pool_id = house.pool_id()
    permit(house.gateway, actor=actor, command=Command.REPORT_PERSON, subject_id=pool_id)
    with noted(house.gateway, actor=actor, command=Command.REPORT_PERSON, subject_id=pool_id):
        found = _report(house, one_number(number))
    perform(house.gateway, actor=actor, command=Command.REPORT_PERSON, subject_id=pool_id)
    return found


def _report(house: House, number: str) -> dict[str, Any]:
    with house.gateway.unit.reading() as work:
        lists = work.all(ListRow, order=col(ListRow.list_date))
        built = work.all(Snapshot, col(Snapshot.built_at).is_not(None), order=col(Snapshot.built_at))
        titles = {project.id: project.title for project in work.all(Project)}
    vault = house.records()
    with vault.held(), vault.scratch() as scratch:
        kept = {row.local_id: answered for row in lists if (answered := _list(house, row.local_id))}
        said = [
            {"list_date": row.list_date.isoformat(), "said": is_listed(kept[row.local_id], number, scratch)}
            for row in lists
            if row.local_id in kept
        ]
        builds = [_build(house, vault, kept, row, number, titles[row.project_id]) for row in built]
        sources = [asdict(each) for each in held_of(vault, number)]
    concerned = sorted({build["project"] for build in builds if build["outcome"] == INCLUDED})
    return {"sources": sources, "opt_out_lists": said, "builds": builds, "projects": concerned}


def _list(house: House, local_id: str) -> OptOutList | None:
    try:
        return exchange_of(house).opened(local_id)
    except Invalid:
        return None


def _build(
    house: House, vault: Vault, lists: dict[str, OptOutList], row: Snapshot, number: str, title: str
) -> dict[str, Any]:
    told = {"snapshot": row.id, "project": title, "built_at": row.built_at.isoformat() if row.built_at else None}
    try:
        manifest = json.loads(house.objects.get_bytes(f"manifests/{row.id}-{row.manifest_digest[:16]}.json"))
    except MissingObject:
        return {**told, "state": row.state.value, "outcome": UNKNOWN}
    answered = lists.get(manifest["opt_out_list"]["receipt"]["local_id"])
    loads = [found for source in manifest["sources"] if (found := vault.find(source["digest"]))]
    if answered is None or not loads:
        return {**told, "state": row.state.value, "outcome": UNKNOWN}
    newest, exempt = max(load.sequence for load in loads), "exemption" in manifest["plan"]
    reason = why_not(vault, answered, newest, number, exempt=exempt)
    outcome = f"left out: {reason.replace('_', ' ')}" if reason else INCLUDED
    return {**told, "state": row.state.value, "outcome": outcome}

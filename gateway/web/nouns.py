"""The blueprints of the pages, one per noun, and which noun each address speaks of."""

from flask import Flask, request

from gateway.rules.refusals import unknown
from gateway.store.queries.facts import noun_of
from gateway.vocabulary import Noun
from gateway.web import (
    audit,
    budgets,
    certificates,
    code_lists,
    committee,
    erasures,
    exemptions,
    figures,
    home,
    opt_outs,
    people,
    projects,
    register,
    releases,
    reviews,
    rooms,
    sign_in,
    snapshots,
    sources,
    status,
    twin,
    workspaces,
)

BLUEPRINTS = tuple(
    module.blueprint
    for module in (
        home,
        sign_in,
        projects,
        snapshots,
        workspaces,
        rooms,
        releases,
        reviews,
        opt_outs,
        exemptions,
        erasures,
        certificates,
        committee,
        figures,
        sources,
        code_lists,
        register,
        audit,
        budgets,
        people,
        twin,
        status,
    )
)
NOUNS = {
    "projects": Noun.PROJECT,
    "snapshots": Noun.SNAPSHOT,
    "workspaces": Noun.WORKSPACE,
    "transfers": Noun.TRANSFER,
    "jobs": Noun.JOB,
    "releases": Noun.RELEASE,
    "opt-outs": Noun.OPT_OUT_LIST,
    "register": Noun.REGISTER_ENTRY,
    "erasures": Noun.ERASURE_ORDER,
    "certificates": Noun.CERTIFICATE,
    "exemptions": Noun.EXEMPTION,
    "pools": Noun.POOL,
}


def install(app: Flask) -> None:
    """An address with an id of another noun leads nowhere, like one with an id of nothing."""

    @app.before_request
    def _of_that_noun() -> None:
        subject_id = (request.view_args or {}).get("subject_id")
        if subject_id and noun_of(subject_id) is not NOUNS[request.path.split("/")[1]]:
            raise unknown()

    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)

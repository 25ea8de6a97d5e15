"""The first page, for everybody, and the page of what waits for the person signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from gateway.store.queries.certificates import demands
from gateway.store.queries.history import recalled_copies
from gateway.vocabulary import Command, Noun
from gateway.web.actions import may
from gateway.web.current import actor, now, one, pool_id, public, reading, waiting

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True)
class Waiting:
    """One kind of task: a command that is possible on a subject, and that somebody waits for."""

    noun: Noun
    command: Command
    says: str
    endpoint: str
    when: Callable[[dict[str, Any]], bool] = lambda view: True  # noqa: ARG005
    title: Callable[[dict[str, Any]], str] = lambda view: str(view.get("title") or view["project_title"])


WAITING = (
    Waiting(Noun.PROJECT, Command.SUBMIT_PROJECT, "Finish and submit the application", "projects.page"),
    Waiting(
        Noun.PROJECT,
        Command.DECLARE_INTEREST,
        "Declare your interests, then vote",
        "projects.declare_interest",
        lambda view: bool(view["committee"]["declares"]),
    ),
    Waiting(Noun.PROJECT, Command.CAST_VOTE, "Read the application and vote", "projects.cast_vote"),
    Waiting(
        Noun.PROJECT,
        Command.REQUEST_SNAPSHOT,
        "Ask for the project's snapshot",
        "projects.page",
        lambda view: view["snapshot"] is None,
    ),
    Waiting(Noun.PROJECT, Command.OPEN_WORKSPACE, "Open the workspace", "projects.page"),
    Waiting(
        Noun.OPT_OUT_LIST,
        Command.ACTIVATE_OPT_OUTS,
        "Activate the opt-out list",
        "opt_outs.index",
        title=lambda view: f"List {view['local_id']}",
    ),
    Waiting(
        Noun.ERASURE_ORDER,
        Command.APPROVE_ERASURE,
        "Decide about the erasure",
        "erasures.index",
        title=lambda view: f"Erasure {view['id']}",
    ),
    Waiting(Noun.EXEMPTION, Command.SECOND_EXEMPTION, "Second the exemption, or refuse it", "exemptions.index"),
    Waiting(Noun.EXEMPTION, Command.APPROVE_EXEMPTION, "Approve the exemption, or refuse it", "exemptions.index"),
    Waiting(Noun.CERTIFICATE, Command.ACCEPT_CERTIFICATE, "Check the certificate", "certificates.index"),
    Waiting(Noun.SNAPSHOT, Command.CLEAR_SNAPSHOT, "Look at the receipt and clear", "snapshots.page"),
    Waiting(Noun.RELEASE, Command.SUBMIT_RELEASE, "Check the price and submit", "releases.page"),
    Waiting(Noun.RELEASE, Command.CLEAR_PLAN, "Check the plan", "reviews.clear_plan"),
    Waiting(Noun.RELEASE, Command.REVIEW_RELEASE, "Review the release", "reviews.review_release"),
    Waiting(Noun.RELEASE, Command.CONFIRM_REVIEW, "Look again: reviewers differ", "reviews.confirm_review"),
    Waiting(Noun.RELEASE, Command.ADJUDICATE_RELEASE, "Settle a difference", "reviews.adjudicate_release"),
    Waiting(Noun.RELEASE, Command.DOWNLOAD_OUTPUT, "Released: read or download", "releases.page"),
    Waiting(
        Noun.REGISTER_ENTRY,
        Command.PUBLISH_ENTRY,
        "Publish in the register",
        "register.entry",
        title=lambda view: str(view["fields"]["project_title"]),
    ),
)


@blueprint.get("/")
@public
def start() -> ResponseReturnValue:
    """What this is, who keeps which promise, and where to look from outside."""
    return render_template("start.html")


@blueprint.get("/tasks")
def tasks() -> ResponseReturnValue:
    """Everything that this person can do next and that somebody waits for."""
    nouns = dict.fromkeys(kind.noun for kind in WAITING)
    seen = {noun: waiting(noun, [kind.command for kind in WAITING if kind.noun is noun]) for noun in nouns}
    due = [
        {
            "title": kind.title(view),
            "says": kind.says,
            "state": view["state"],
            "href": url_for(kind.endpoint, subject_id=view["id"]),
        }
        for kind in WAITING
        for view in seen[kind.noun]
        if may(view, kind.command) and kind.when(view)
    ]
    with reading() as work:
        recalled = recalled_copies(work, actor())
    return render_template(
        "tasks.html",
        waiting=due,
        recalled=recalled,
        ending=_ending(),
        seats=sorted(seat.value for seat in actor().appointments),
        may_draft=may(one(pool_id()), Command.DRAFT_PROJECT),
    )


def _ending() -> list[dict[str, Any]]:
    """What somebody's own seats demand and that is missing, or soon will be."""
    me = actor()
    theirs = {seat.value for seat in me.appointments | me.suspended}
    with reading() as work:
        if not work.once(demands, now()):
            return []
    told = one(me.person_id)["certificates"]
    return [each for each in told if each["stand"] != "HELD" and theirs & set(each["demanded_by"])]

"""Releases: asked for with the price in sight, the plan checked, the sealed package reviewed and handed out."""

import io
import zipfile
from contextlib import nullcontext
from typing import Any

from flask import Blueprint, Response, current_app, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.commands.differences import beside
from gateway.commands.downloads import package_bytes, reviewed_package
from gateway.commands.perform import noted, permit
from gateway.commands.requests import priced
from gateway.commands.terms import terms_of
from gateway.rules.refusals import Refusal
from gateway.vocabulary import Command, Noun, Role
from gateway.web import twin, wording
from gateway.web.actions import ENDPOINTS, answer_status, formed, insist, may, offers, once, plain, posted, reasoned
from gateway.web.current import actor, carry_out, gateway, listed, one, past, sees
from gateway.web.release_form import ReleaseForm, filled_from
from gateway.web.released import Table
from gateway.web.security import ARTEFACT_POLICY
from gateway.web.sessions import BACKGROUND
from workspaces.catalogue.code_lists import cited_in
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.tables import TABLES
from workspaces.twin.marginals import request_for

blueprint = Blueprint("releases", __name__)
BUTTONS = (
    Command.SUBMIT_RELEASE,
    Command.EDIT_RELEASE,
    Command.WITHDRAW_RELEASE,
    Command.CLEAR_PLAN,
    Command.REVIEW_RELEASE,
    Command.CONFIRM_REVIEW,
    Command.ADJUDICATE_RELEASE,
    Command.COPY_RELEASE,
)
STAGES = ("DRAFT", "SUBMITTED", "PLAN_CLEARED", "DRAWING", "SEALED", "RELEASED")
STAGE_OF = {
    "RESERVED": "PLAN_CLEARED",
    "IN_REVIEW": "SEALED",
    "CONSOLIDATING": "SEALED",
    "ADJUDICATING": "SEALED",
    "APPROVED": "SEALED",
}
MOVING = frozenset({"PLAN_CLEARED", "RESERVED", "DRAWING"})


@blueprint.get("/releases")
def index() -> ResponseReturnValue:
    """Every release that this person may know of."""
    return render_template("releases.html", listed=listed(Noun.RELEASE))


@blueprint.get("/releases/<subject_id>")
def page(subject_id: str) -> ResponseReturnValue:
    """State, what next, the price, the request, reviews, history."""
    view = one(subject_id)
    return render_template(
        "release.html",
        view=view,
        offers=offers(view, *BUTTONS),
        may_download=may(view, Command.DOWNLOAD_OUTPUT),
        governing=offers(view, Command.RECALL_RELEASE),
        moving=view["state"] in MOVING,
        stages=STAGES,
        stage=STAGE_OF.get(view["state"], view["state"]),
        history=past(subject_id),
        beside=_beside(subject_id) if Role.MEMBER.value in view["roles"] else None,
        may_see_project=sees(view["project_id"]),
    )


def page_of(view: dict[str, Any]) -> str:
    """The address of a release's page."""
    return url_for("releases.page", subject_id=view["id"])


@formed(blueprint, "/projects/<subject_id>/releases/new", Command.DRAFT_RELEASE)
def draft_release(subject_id: str) -> ResponseReturnValue:
    """A new request under a project's grant."""
    project = one(subject_id)
    insist(project, Command.DRAFT_RELEASE)
    wanted = request_for(project["grant"]["tables"]) if request.args.get("twin") else None
    form = ReleaseForm(data=filled_from(wanted) if wanted else {"epsilon": "0.5"})

    def save(body: dict[str, Any]) -> str:
        made = carry_out(Command.DRAFT_RELEASE, subject_id, {"request": body})
        flash(wording.COMMANDS[Command.DRAFT_RELEASE].done)
        return url_for("releases.page", subject_id=made.created_id)

    return _edited(form, project, subject_id, Command.DRAFT_RELEASE, save)


@formed(blueprint, "/releases/<subject_id>/edit", Command.EDIT_RELEASE)
def edit_release(subject_id: str) -> ResponseReturnValue:
    """The whole request anew."""
    view = one(subject_id)
    insist(view, Command.EDIT_RELEASE)
    form = ReleaseForm(data=filled_from(view["request"]))

    def save(body: dict[str, Any]) -> str:
        carry_out(Command.EDIT_RELEASE, subject_id, {"request": body})
        flash(wording.COMMANDS[Command.EDIT_RELEASE].done)
        return page_of(view)

    return _edited(form, one(view["project_id"]), subject_id, Command.EDIT_RELEASE, save)


def copy_release(subject_id: str) -> ResponseReturnValue:
    """A draft of one's own with the same request, opened to be changed."""

    def do() -> str:
        made = carry_out(Command.COPY_RELEASE, subject_id)
        flash(wording.COMMANDS[Command.COPY_RELEASE].done)
        return url_for("releases.edit_release", subject_id=made.created_id)

    return once(do)


def _edited(
    form: ReleaseForm, project: dict[str, Any], subject_id: str, command: Command, save: Any
) -> ResponseReturnValue:
    problem: Invalid | Refusal | None = None
    price: dict[str, Any] | None = None
    made_up: tuple[Table, ...] | None = None
    asked = next((name for name in ("more_columns", "more_statistics", "price", "try") if name in request.form), "save")
    if asked.startswith("more_"):
        _grow(form, asked.removeprefix("more_"))
    form.offer(project["grant"]["tables"], cited_in(project["grant"]["code_lists"]).values())
    if request.method == "POST" and not asked.startswith("more_") and form.validate():
        try:
            if asked == "save":
                return once(lambda: save(form.request()))
            price = _price(subject_id, command, form.request())
            made_up = _tried(subject_id, command, form.request()) if asked == "try" else None
        except (Invalid, Refusal) as error:
            problem = error
    page = render_template(
        "release_form.html",
        form=form,
        project=project,
        price=price,
        problem=problem,
        command=command,
        tables=TABLES,
        has_twin=twin.exists(),
        made_up=made_up,
    )
    return page, answer_status(form, problem)


def _grow(form: ReleaseForm, rows: str) -> None:
    if len(form[rows]) < form[rows].max_entries:
        form[rows].append_entry()


def _price(subject_id: str, command: Command, body: dict[str, Any]) -> dict[str, Any]:
    """What the request would cost; nothing is stored, no record is read."""
    g.at_the_door = True
    facts = permit(gateway(), actor=actor(), command=command, subject_id=subject_id)
    # a page that asks again at each key pressed would fill the log with requests that are only half written
    by_itself = BACKGROUND in request.headers
    told = noted(gateway(), actor=actor(), command=command, subject_id=subject_id, given=body)
    with nullcontext() if by_itself else told:
        return priced(actor(), facts, body).told


def _tried(subject_id: str, command: Command, body: dict[str, Any]) -> tuple[Table, ...]:
    """What the request gives on the public twin, under the project's terms; no record is read, nothing is spent."""
    facts = permit(gateway(), actor=actor(), command=command, subject_id=subject_id)
    if facts.grant is None:
        raise Refusal("grant:none", "The project has no grant.", "Wait for the committee.")
    return twin.tried(body, terms_of(facts.grant, facts.pool))


def _beside(release_id: str) -> list[dict[str, Any]]:
    return beside(gateway(), current_app.extensions["objects"], release_id=release_id, desk=False)


@blueprint.get("/releases/<subject_id>/preview")
def view_artefact(subject_id: str) -> ResponseReturnValue:
    """The package's page for its checkers, recorded, framed without any right."""
    package = reviewed_package(gateway(), current_app.extensions["objects"], actor=actor(), release_id=subject_id)
    return _page_in(package)


@blueprint.get("/releases/<subject_id>/read")
def read_output(subject_id: str) -> ResponseReturnValue:
    """The released package's page for members, recorded like a download."""
    return _page_in(_released(subject_id))


@blueprint.post("/releases/<subject_id>/package")
def download_output(subject_id: str) -> ResponseReturnValue:
    """The released package."""
    named = {"Content-Disposition": f'attachment; filename="{subject_id}.zip"'}
    return Response(_released(subject_id), mimetype="application/zip", headers=named)


def _released(subject_id: str) -> bytes:
    return package_bytes(gateway(), current_app.extensions["objects"], actor=actor(), release_id=subject_id)


def _page_in(package: bytes) -> Response:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        html = archive.read("index.html")
    return Response(html, mimetype="text/html", headers={"Content-Security-Policy": ARTEFACT_POLICY})


ENDPOINTS[Command.DOWNLOAD_OUTPUT] = "releases.download_output"
posted(blueprint, "/releases/<subject_id>/copy", Command.COPY_RELEASE, copy_release)
plain(blueprint, "/releases/<subject_id>/submit", Command.SUBMIT_RELEASE, page_of)
plain(blueprint, "/releases/<subject_id>/withdraw", Command.WITHDRAW_RELEASE, page_of)
reasoned(blueprint, "/releases/<subject_id>/recall", Command.RECALL_RELEASE, page_of)

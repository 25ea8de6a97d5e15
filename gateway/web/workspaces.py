"""Workspaces: scripts brought in and scanned, jobs that tell little of what they saw."""

from pathlib import PurePosixPath
from typing import Any

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from wtforms import FileField, StringField, TextAreaField
from wtforms.validators import Regexp, ValidationError

from gateway.commands.workspaces import MAX_TEXT
from gateway.rules.guards import JOBS_A_DAY
from gateway.rules.refusals import Refusal
from gateway.vocabulary import Command
from gateway.web import wording
from gateway.web.actions import answer_status, formed, insist, may, offers, once, plain, reasoned
from gateway.web.current import carry_out, one, settings
from workspaces.catalogue.errors import Invalid

blueprint = Blueprint("workspaces", __name__)
SHOWN = 20
OFFERED = (Command.BRING_IN, Command.VIEW_LOGS, Command.FREEZE_WORKSPACE)
NAME = r"^([A-Za-z][A-Za-z0-9_-]{0,60}\.(py|sql|json))?$"


class ScriptForm(FlaskForm):  # type: ignore[misc]
    """A script as a file, or pasted under a name."""

    file = FileField(
        "Choose a file", description="Python (.py), SQL (.sql) or a release request (.json); UTF-8 text, at most 1 MiB."
    )
    name = StringField(
        "File name",
        description="Letters, digits, - and _, ending in .py, .sql or .json",
        validators=[Regexp(NAME, message="Enter a name such as counts.py or counts.sql")],
    )
    text = TextAreaField("Script")

    def validate_file(self, _: Any) -> None:
        """Either a file, or a name with text."""
        if not self._sent() and not (self.name.data and (self.text.data or "").strip()):
            raise ValidationError("Choose a file, or paste a script and give it a name")

    def _sent(self) -> FileStorage | None:
        # a name with a line break makes the part a text field: that is no file
        sent = self.file.data
        return sent if isinstance(sent, FileStorage) and sent.filename else None

    def script(self) -> dict[str, str]:
        """The script as the command's input. Raises Invalid for what is not text."""
        sent = self._sent()
        if sent is None:
            return {"name": self.name.data, "text": self.text.data.replace("\r\n", "\n")}
        content = sent.read(MAX_TEXT + 1)
        if len(content) > MAX_TEXT:
            raise Invalid("script:too_large", "The file is larger than 1 MiB.", "Send a script without its data.")
        try:
            return {"name": PurePosixPath(sent.filename or "").name, "text": content.decode("utf-8")}
        except UnicodeDecodeError:
            raise Invalid(
                "script:not_text", "The file is not UTF-8 text.", "Save it as UTF-8 and send it again."
            ) from None


@blueprint.get("/workspaces/<subject_id>")
def page(subject_id: str) -> ResponseReturnValue:
    """Scripts with what can be done with each, jobs with what may be known of them."""
    view = one(subject_id)
    scripts = [one(line["id"]) for line in view["transfers"][:SHOWN]]
    return render_template(
        "workspace.html",
        view=view,
        project=one(view["project_id"]),
        scripts=[(each, [] if each["name"].endswith(".json") else offers(each, Command.RUN_JOB)) for each in scripts],
        stops={line["id"]: offers(line, Command.STOP_JOB) for line in map(_job, view["jobs"][:SHOWN]) if line},
        names={line["id"]: line["name"] for line in view["transfers"]},
        may_bring_in=may(view, Command.BRING_IN),
        offers=offers(
            view, *(each for each in OFFERED if each is not Command.VIEW_LOGS or view["tier"]["room"] == "notebook")
        ),
        waiting=any(line["state"] in ("SCANNING", "QUEUED", "RUNNING") for line in (*scripts, *view["jobs"][:SHOWN])),
        jobs=view["jobs"][:SHOWN],
        jobs_a_day=JOBS_A_DAY,
        tick=settings().job_tick_seconds,
    )


def _job(line: dict[str, Any]) -> dict[str, Any] | None:
    """What can be done with a job whose end is not told yet."""
    return one(line["id"]) if line["state"] != "ENDED" else None


def page_of(view: dict[str, Any]) -> str:
    """The address of a workspace's page, from the workspace or from something in it."""
    return url_for("workspaces.page", subject_id=view.get("workspace_id", view["id"]))


@formed(blueprint, "/workspaces/<subject_id>/scripts", Command.BRING_IN)
def bring_in(subject_id: str) -> ResponseReturnValue:
    """A script on its way in; it is scanned before it can run."""
    view, form = one(subject_id), ScriptForm()
    insist(view, Command.BRING_IN)
    problem: Invalid | Refusal | None = None

    def do() -> str:
        carry_out(Command.BRING_IN, subject_id, form.script())
        flash(wording.COMMANDS[Command.BRING_IN].done)
        return page_of(view)

    if form.validate_on_submit():
        try:
            return once(do)
        except (Invalid, Refusal) as error:
            problem = error
    page = render_template("script.html", form=form, view=view, problem=problem)
    return page, answer_status(form, problem)


@formed(blueprint, "/workspaces/<subject_id>/logs", Command.VIEW_LOGS)
def logs(subject_id: str) -> ResponseReturnValue:
    """What the last job printed, where rows may be seen; each look is recorded."""
    view = one(subject_id)
    insist(view, Command.VIEW_LOGS)
    told = carry_out(Command.VIEW_LOGS, subject_id).returned
    return render_template("logs.html", view=view, project=one(view["project_id"]), told=told)


plain(blueprint, "/transfers/<subject_id>/run", Command.RUN_JOB, page_of)
plain(blueprint, "/jobs/<subject_id>/stop", Command.STOP_JOB, page_of)
reasoned(blueprint, "/workspaces/<subject_id>/freeze", Command.FREEZE_WORKSPACE, page_of)

"""Code lists: what views may cite, what each version holds, what changed; IG officers import new versions."""

from typing import Any

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from wtforms import FileField, RadioField, StringField
from wtforms.validators import Regexp, ValidationError

from gateway.commands.bodies import MAX_BYTES
from gateway.rules.refusals import Refusal
from gateway.store.queries import code_lists as queries
from gateway.vocabulary import Command
from gateway.web import wording
from gateway.web.actions import answer_status, formed, insist, may, once
from gateway.web.current import actor, carry_out, one, pool_id, reading
from gateway.web.forms import Filled, choice
from workspaces.catalogue.code_list_files import Vocabulary
from workspaces.catalogue.errors import Invalid

blueprint = Blueprint("code_lists", __name__)
_VOCABULARIES = {"SNOMED": "SNOMED CT", "ICD10": "ICD-10", "DMD": "dm+d (medicines)"}


class ListForm(FlaskForm):  # type: ignore[misc]
    """A published list as a CSV file, with where it comes from."""

    file = FileField("Choose a file", description="CSV in UTF-8 with a column named code, at most 3 MiB.")
    slug = StringField(
        "Short name",
        description="What views cite, for example asthma: small letters, digits and -",
        validators=[Regexp(r"^[a-z][a-z0-9-]{1,59}$", message="Enter a short name such as asthma")],
    )
    name = StringField("Name", validators=[Filled("Enter a name, for example Asthma", 200)])
    publisher = StringField(
        "Published by",
        description="Who published it, where, and in which version",
        validators=[Filled("Enter who published it", 200)],
    )
    vocabulary = RadioField("Codes from", choices=[choice(each, _VOCABULARIES[each]) for each in Vocabulary])

    def validate_file(self, _: Any) -> None:
        """A file that was sent."""
        if not isinstance(self.file.data, FileStorage) or not self.file.data.filename:
            raise ValidationError("Choose a file")

    def given(self) -> dict[str, str]:
        """The command's input. Raises Invalid for what is not text."""
        content = self.file.data.read(MAX_BYTES)
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise Invalid(
                "code_list:unreadable", "The file is not UTF-8 text.", "Save it as UTF-8 and send it again."
            ) from None
        fields = {field: self[field].data for field in ("slug", "name", "publisher", "vocabulary")}
        return {**fields, "text": text}


@blueprint.get("/code-lists")
def index() -> ResponseReturnValue:
    """Every list that a view may cite."""
    actor()
    with reading() as work:
        lists = queries.all_lists(work)
    pool = one(pool_id())
    return render_template("code_lists.html", lists=lists, pool=pool, may_import=may(pool, Command.IMPORT_CODE_LIST))


@blueprint.get("/code-lists/<slug>/<int:version>")
def page(slug: str, version: int) -> ResponseReturnValue:
    """One version: its codes, the concepts that snapshots hold, and what changed since the one before."""
    actor()
    with reading() as work:
        view = queries.one(work, f"{slug}/{version}")
        before = queries.before(work, view["id"])
        changed = queries.compared(work, before, view["id"]) if before else None
    return render_template("code_list.html", view=view, changed=changed)


@formed(blueprint, "/pools/<subject_id>/code-lists", Command.IMPORT_CODE_LIST)
def import_list(subject_id: str) -> ResponseReturnValue:
    """A new version of a list, from a file."""
    form = ListForm()
    insist(one(subject_id), Command.IMPORT_CODE_LIST)
    problem: Invalid | Refusal | None = None

    def do() -> str:
        made = carry_out(Command.IMPORT_CODE_LIST, subject_id, form.given()).created_id
        flash(wording.COMMANDS[Command.IMPORT_CODE_LIST].done)
        slug, _, version = made.partition("/")
        return url_for("code_lists.page", slug=slug, version=int(version))

    if form.validate_on_submit():
        try:
            return once(do)
        except (Invalid, Refusal) as error:
            problem = error
    page = render_template("code_list_form.html", form=form, problem=problem)
    return page, answer_status(form, problem)

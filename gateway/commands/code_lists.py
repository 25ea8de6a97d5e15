"""Code lists come in from files: each import is a new version, which views cite by id from then on."""

from pydantic import Field
from sqlmodel import col

from gateway.commands.act import Act, Given, verb
from gateway.commands.texts import Short
from gateway.models import CodeList, Pool
from gateway.vocabulary import Command
from workspaces.catalogue import code_lists as published
from workspaces.catalogue.code_list_files import LARGEST_BYTES, Vocabulary, read_code_list
from workspaces.catalogue.errors import Invalid

MOST_LISTS = 500
"""Every price reads which lists may be cited, so they are not without number."""


class ImportedList(Given):
    """A list with the text of its file; `slug` is its name in ids, `publisher` says who published it where."""

    slug: str = Field(pattern=r"^[a-z][a-z0-9-]{1,59}$")
    name: Short
    vocabulary: Vocabulary
    publisher: Short
    text: str = Field(min_length=1, max_length=LARGEST_BYTES)


@verb(Command.IMPORT_CODE_LIST, ImportedList)
def import_code_list(*, act: Act, subject: Pool, given: ImportedList) -> None:
    """The next version of a published code list, read from a CSV file; the same codes again change nothing."""
    read = read_code_list(given.text, given.vocabulary)
    if any(id_.startswith(f"{given.slug}/") for id_ in published.CODE_LISTS):
        raise _refused("taken", f"A list of the catalogue is called {given.slug}.", "Give it another name.")
    held = act.work.all(CodeList, CodeList.slug == given.slug, order=col(CodeList.version))
    codes = tuple(read.codes.items())
    if held and (held[-1].vocabulary, tuple(map(tuple, held[-1].codes))) == (given.vocabulary.value, codes):
        act.created_id = held[-1].id
        return
    if held and held[-1].vocabulary != given.vocabulary.value:
        raise _refused("taken", f"{given.slug} is a list of {held[-1].vocabulary} codes.", "Give it another name.")
    if len(subject.code_lists) >= MOST_LISTS:
        raise _refused("too_many", f"There are {MOST_LISTS} lists already.", "Cite one of those.")
    version = held[-1].version + 1 if held else 1
    made = published.CodeList(f"{given.slug}/{version}", given.name, read.concept_ids, given.vocabulary.value, codes)
    act.work.add(_row(act, given, made, version))
    told = {"name": given.name, "concept_ids": list(made.concept_ids), "digest": made.digest}
    subject.code_lists = {**subject.code_lists, made.id: told}
    act.created_id = act.reason = made.id


def _row(act: Act, given: ImportedList, made: published.CodeList, version: int) -> CodeList:
    return CodeList(
        id=made.id,
        slug=given.slug,
        version=version,
        name=given.name,
        vocabulary=made.vocabulary,
        publisher=given.publisher,
        concept_ids=list(made.concept_ids),
        codes=[list(each) for each in made.codes],
        digest=made.digest,
        imported_at=act.now,
        imported_by=act.actor.person_id,
    )


def _refused(what: str, sentence: str, next_step: str) -> Invalid:
    return Invalid(f"code_list:{what}", sentence, next_step)

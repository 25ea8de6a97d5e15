"""Write a population: chunk by chunk, so that memory does not grow with the number of people."""

import json
from collections.abc import Callable
from pathlib import Path

from infra.seeds import cld, fhir, omop
from infra.seeds.draws import Draws
from infra.seeds.files import Files
from infra.seeds.illnesses import make_health
from infra.seeds.numbers import most_people
from infra.seeds.organisations import SCREENED_TRUST, UNTRACED_COUNCIL, Organisation, Organisations, organisations
from infra.seeds.people import EXTRACT, People, make_people
from infra.seeds.text import digits, lines
from workspaces.catalogue.errors import Invalid

CHUNK = 20_000
MOST_PEOPLE = 8_600_000
OPTED_OUT = "national/opted_out.csv"
Progress = Callable[[int], None]


def write_population(
    people: int, seed: int, folder: Path, progress: Progress | None = None, *, chunk: int = CHUNK
) -> None:
    """Write all files of `people` invented Londoners into `folder`; the same seed gives the same bytes.

    `progress` is called with the number of people written so far. `chunk` changes memory and nothing else.
    `sources.toml` comes last, so a folder without it is not complete. Raises Invalid for a size that has no
    numbers or a folder that already holds a population.
    """
    _check(people, folder)
    senders = organisations(people)
    files = Files(folder)
    for format_ in (omop, fhir, cld):
        format_.begin(files, senders)
    files.begin(OPTED_OUT, "nhs_number\n")
    for start in range(0, people, chunk):
        count = min(chunk, people - start)
        _write_chunk(files, senders, Draws(seed, start, count), people)
        if progress:
            progress(start + count)
    fhir.finish(files, senders)
    files.begin("sources.toml", _sources(senders, people))


def _check(people: int, folder: Path) -> None:
    if not 1 <= people <= min(MOST_PEOPLE, most_people()):
        raise Invalid("seeds:size", f"A population has 1 to {MOST_PEOPLE:,} people.", "Choose a number in that range.")
    if folder.exists() and any(folder.iterdir()):
        raise Invalid("seeds:folder_in_use", "The folder already holds files.", "Name a new or an empty folder.")


def _write_chunk(files: Files, senders: Organisations, draws: Draws, size: int) -> None:
    people = make_people(draws, people=size, senders=senders)
    health = make_health(draws, people)
    omop.write(files, senders, draws, people, health)
    fhir.write(files, senders, draws, people, health)
    cld.write(files, senders, draws, people)
    _write_opted_out(files, people)


def _write_opted_out(files: Files, people: People) -> None:
    numbers = people.number[people.national]
    files.append(OPTED_OUT, lines(len(numbers), digits(numbers)).of(slice(None)), len(numbers))


def _sources(senders: Organisations, people: int) -> str:
    everybody = (*senders.trusts, *senders.practices, *senders.councils)
    return f"population = {people}\nsynthetic = true\n" + "".join(map(_source, everybody))


def _source(sender: Organisation) -> str:
    fields: list[tuple[str, str]] = [
        ("organisation", json.dumps(sender.code)),
        ("name", json.dumps(sender.name)),
        ("format", json.dumps(sender.format)),
    ]
    if sender.code == SCREENED_TRUST:
        fields.append(("standing", '"SCREENED_AT_SOURCE"'))
        fields.append(("receipt", f'"People with a national opt-out taken out before sending, {EXTRACT.isoformat()}"'))
    else:
        fields.append(("standing", '"SHARED_CARE_PROCESSOR"'))
    if sender.format != "fhir":
        if sender.code != UNTRACED_COUNCIL:
            fields.append(("nhs_number_status", '"01"'))
        fields.append(("extract_date", EXTRACT.isoformat()))
    return "\n[[source]]\n" + "".join(f"{name} = {value}\n" for name, value in fields)

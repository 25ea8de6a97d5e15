"""The synthetic London: same seed, same bytes; numbers that are numbers; rates near the published ones."""

import csv
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nhs_number
import numpy as np
import pytest
from click.testing import CliRunner

from infra.seeds.command import seeds
from infra.seeds.draws import Draws
from infra.seeds.illnesses import DIABETES, make_health
from infra.seeds.numbers import TEST_RANGE, broken, nhs_numbers
from infra.seeds.opt_outs import ALL_BY_DECADE, BY_STP
from infra.seeds.organisations import organisations
from infra.seeds.people import DECADES, NEVER, TODAY, People, make_people
from infra.seeds.population import write_population
from workspaces.catalogue.concepts import CONDITIONS, DRUGS, MEASUREMENTS, PROCEDURES, VISITS
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.legal_codes import legal_codes
from workspaces.catalogue.places import STPS


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("population")
    write_population(3_000, 5, folder)
    return folder


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_population(20_000, 2, folder)
    return folder


def rows_of(folder: Path, table: str) -> list[tuple[str, dict[str, str]]]:
    """(practice, row) of every row of one OMOP table."""
    return [
        (path.parent.name, row)
        for path in sorted(folder.glob(f"omop/*/{table}.csv"))
        for row in csv.DictReader(path.read_text().splitlines())
    ]


@pytest.fixture(scope="module")
def many() -> People:
    return make_people(Draws(11, 0, 200_000), people=200_000, senders=organisations(200_000))


@pytest.mark.parametrize("chunk", [3_000, 1_000, 389])
def test_same_seed_same_bytes_whatever_the_chunk(written: Path, tmp_path: Path, chunk: int) -> None:
    write_population(3_000, 5, tmp_path / "again", chunk=chunk)
    assert digests(tmp_path / "again") == digests(written)


def test_another_seed_gives_other_bytes(written: Path, tmp_path: Path) -> None:
    write_population(3_000, 6, tmp_path / "other")
    before, after = digests(written), digests(tmp_path / "other")
    assert before.keys() == after.keys()
    assert not [name for name in before if "person.csv" in name and before[name] == after[name]]


def test_a_person_is_the_same_in_every_chunk() -> None:
    senders = organisations(1_000)
    whole = make_people(Draws(3, 0, 1_000), people=1_000, senders=senders)
    part = make_people(Draws(3, 640, 100), people=1_000, senders=senders)
    for name, column in vars(part).items():
        if name != "type_1":
            assert np.array_equal(column, getattr(whole, name)[640:740]), name


@pytest.mark.parametrize(
    ("people", "low"), [(20_000, 9990000000), (TEST_RANGE[1], 9990000000), (8_600_000, 9000000000)]
)
def test_numbers_are_valid_different_and_in_the_unissued_range(people: int, low: int) -> None:
    index = np.arange(max(0, people - 900_000), people)
    numbers = nhs_numbers(index, people=people, seed=4)
    assert len(np.unique(numbers)) == len(index)
    assert numbers.min() >= low
    assert numbers.max() <= 9999999999
    sample = numbers[:: max(1, len(numbers) // 2_000)]
    assert all(nhs_number.is_valid(str(number)) for number in sample)
    assert not any(nhs_number.is_valid(str(number)) for number in broken(sample))


def test_every_place_of_the_small_range_has_its_own_number() -> None:
    size = TEST_RANGE[1]
    assert len(np.unique(nhs_numbers(np.arange(size), people=size, seed=1))) == size


def test_opt_outs_by_partnership_are_near_the_published_rates(many: People) -> None:
    # 200,000 people: about 40,000 per partnership, standard error at most 0.14 points; five of them allowed.
    for place, code in enumerate(STPS.values):
        rate = 100 * many.national[many.stp == place].mean()
        assert abs(rate - BY_STP[str(code)]) < 0.7, code


def test_opt_outs_by_age_and_sex_have_the_published_shape(many: People) -> None:
    # London's level over England's shape: the ratio to the published row is one number, within five standard errors.
    level = 100 * many.national.mean() / float(DECADES @ ALL_BY_DECADE)
    for decade in range(9):
        chosen = many.decade == decade
        error = 5 * 100 * np.sqrt(0.09 * 0.91 / chosen.sum())
        assert abs(100 * many.national[chosen].mean() - level * ALL_BY_DECADE[decade]) < error + 0.2, decade
    women, men = (100 * many.national[many.sex == sex].mean() for sex in (0, 1))
    assert abs(women / men - 6.02 / 4.80) < 0.1


def test_type_1_codes_in_force_are_near_their_rate_and_mostly_apart_from_national_opt_outs(many: People) -> None:
    latest_out = np.where(many.type_1.renewed < NEVER, many.type_1.renewed, many.type_1.opted)
    has = (many.type_1.opted < NEVER) & ((many.type_1.withdrawn == NEVER) | (latest_out >= many.type_1.withdrawn))
    assert abs(100 * has.mean() - 3.5) < 0.25  # standard error 0.04 points
    assert has.mean() < has[many.national].mean() < 4 * has.mean()
    assert (many.type_1.withdrawn < NEVER).sum() > 100


def test_withheld_people_are_about_two_in_a_thousand_and_known_to_a_trust(many: People) -> None:
    assert abs(1000 * many.withheld.mean() - 2) < 0.5  # standard error 0.1
    known = (many.trusts >= 0).any(axis=1)
    assert known[many.withheld & ~many.national].all()


def test_organisations_grow_with_the_population() -> None:
    small, demo, london = organisations(10), organisations(20_000), organisations(8_600_000)
    assert all(map(len, (small.trusts, small.practices, small.councils)))
    assert (len(demo.trusts), len(demo.practices), len(demo.councils)) == (6, 66, 33)
    assert (len(london.trusts), len(london.practices)) == (18, 33 * 38)


def test_numbers_missing_unverified_or_wrong_are_about_three_percent_at_each_kind_of_sender(demo: Path) -> None:
    good = [nhs_number.is_valid(row["person_source_value"] or "0") for _, row in rows_of(demo, "person")]
    assert abs(100 * (1 - np.mean(good)) - 3) < 0.7  # standard error 0.12 points
    patients = [
        json.loads(line) for path in demo.glob("fhir/*/Patient.ndjson") for line in path.read_text().splitlines()
    ]
    assert abs(100 * (1 - np.mean([_verified(patient) for patient in patients])) - 3.2) < 1


def _verified(patient: dict) -> bool:
    for identifier in patient["identifier"]:
        if identifier["system"] == "https://fhir.nhs.uk/Id/nhs-number":
            status = identifier["extension"][0]["valueCodeableConcept"]["coding"][0]["code"]
            return status == "01" and nhs_number.is_valid(identifier["value"])
    return False


def test_the_manifest_counts_every_line(written: Path) -> None:
    for manifest in written.glob("fhir/*/manifest.json"):
        listed = json.loads(manifest.read_text())
        assert {entry["type"] for entry in listed["output"]} >= {"Patient", "Encounter", "Condition", "Observation"}
        for entry in listed["output"]:
            lines = (manifest.parent / entry["url"]).read_text().splitlines()
            assert len(lines) == entry["count"]
            assert {json.loads(line)["resourceType"] for line in lines} == {entry["type"]}


def test_every_source_is_listed_with_its_folder_and_standing(written: Path) -> None:
    sources = tomllib.loads((written / "sources.toml").read_text())
    assert sources["population"] == 3_000
    assert sources["synthetic"] is True
    listed = {(source["format"], source["organisation"]) for source in sources["source"]}
    assert listed == {(path.parent.name, path.name) for path in written.glob("[foc]*/*")}
    assert {source["standing"] for source in sources["source"]} <= {"SHARED_CARE_PROCESSOR", "SCREENED_AT_SOURCE"}


def test_rows_have_as_many_cells_as_their_header_and_ids_are_unique(written: Path) -> None:
    for path in [*written.glob("omop/*/*.csv"), *written.glob("cld/*/*.csv")]:
        header, *rows = csv.reader(path.read_text().splitlines())
        assert {len(row) for row in rows} <= {len(header)}, path.name
        if header[0].endswith("_id") and path.name != "death.csv":
            assert len({row[0] for row in rows}) == len({tuple(row) for row in rows}), path.name


def test_the_mess_is_small_but_there(demo: Path) -> None:
    rows = [(place, *row.values()) for place, row in rows_of(demo, "measurement")]
    dates = [row[4] for row in rows]
    assert 0.01 < np.mean([row[3] == "0" for row in rows]) < 0.02
    assert 0 < dates.count("2023-02-30") < 0.002 * len(rows)
    assert 0 < sum("2026-06-30" < when < "2030" for when in dates) < 0.002 * len(rows)
    assert 0 < sum(row[9] == "9999" for row in rows) < 0.002 * len(rows)
    assert 0 < len(rows) - len(set(rows)) < 0.005 * len(rows)


def test_age_hypertension_treatment_and_pressure_hang_together(demo: Path) -> None:
    def keyed(table: str, concept: str, wanted: int) -> dict[tuple[str, str], dict[str, str]]:
        return {(place, row["person_id"]): row for place, row in rows_of(demo, table) if row[concept] == str(wanted)}

    hypertensive = set(keyed("condition_occurrence", "condition_concept_id", 320128))
    treated = set(keyed("drug_exposure", "drug_concept_id", 1332418))
    pressure = keyed("measurement", "measurement_concept_id", 3004249)
    assert len(treated & hypertensive) > 0.95 * len(treated)
    high = [float(row["value_as_number"]) for key, row in pressure.items() if key in hypertensive]
    usual = [float(row["value_as_number"]) for key, row in pressure.items() if key not in hypertensive]
    assert np.median(high) > np.median(usual) + 10
    older = {(place, row["person_id"]) for place, row in rows_of(demo, "person") if int(row["year_of_birth"]) < 1960}
    assert len(older & hypertensive) / len(older) > 0.35 > 0.2 > len(hypertensive - older) / (20_000 - len(older))


def test_only_concepts_of_the_catalogue_are_used_beside_the_unknown_one(demo: Path) -> None:
    for table, concept, domain in (
        ("condition_occurrence", "condition_concept_id", CONDITIONS),
        ("drug_exposure", "drug_concept_id", DRUGS),
        ("measurement", "measurement_concept_id", MEASUREMENTS),
        ("visit_occurrence", "visit_concept_id", VISITS),
    ):
        assert {int(row[concept]) for _, row in rows_of(demo, table)} <= {0, *domain.values}
    procedures = {int(row["procedure_concept_id"]) for _, row in rows_of(demo, "procedure_occurrence")}
    restricted = {int(legal.code) for legal in legal_codes() if legal.vocabulary == "OMOP"}
    assert procedures - restricted <= {0, *PROCEDURES.values}
    assert procedures & restricted


def test_trusts_register_a_few_people_twice_and_hear_of_a_few_opt_outs(demo: Path) -> None:
    text = "".join(path.read_text() for path in demo.glob("fhir/*/Patient.ndjson"))
    assert 0 < text.count('"id":"d') < 0.01 * text.count('"id":"p')
    screened = demo / "fhir/RJZ"
    told = {path.parent: path.stat().st_size for path in demo.glob("fhir/*/Observation.3.ndjson")}
    assert sum(told.values()) > 0
    assert told[screened] == 0


def test_a_screened_trust_sends_nobody_with_a_national_opt_out(demo: Path) -> None:
    opted_out = set((demo / "national/opted_out.csv").read_text().split()[1:])
    sent = (demo / "fhir/RJZ/Patient.ndjson").read_text()
    assert len(sent.splitlines()) > 500
    assert not [number for number in opted_out if number in sent]


def test_every_fourth_council_writes_days_first_and_numbers_in_groups(demo: Path) -> None:
    rows = list(csv.DictReader((demo / "cld/E09000002/2025-26.csv").read_text().splitlines()))
    assert all(re.fullmatch(r"\d\d/\d\d/\d{4}", row["date_of_birth"]) for row in rows)
    assert all(re.fullmatch(r"(\d{3} \d{3} \d{4})?", row["nhs_number"]) for row in rows)


def test_deprivation_raises_diabetes() -> None:
    draws = Draws(8, 0, 100_000)
    people = make_people(draws, people=100_000, senders=organisations(100_000))
    has = make_health(draws, people).has(DIABETES)
    assert has[people.decile <= 2].mean() > 1.15 * has[people.decile >= 7].mean()


def test_nobody_is_treated_before_birth_or_after_death(many: People) -> None:
    assert (many.birth <= TODAY).all()
    assert (many.death >= many.birth).all()


PEAKS = """
import sys, tracemalloc
from pathlib import Path
from infra.seeds.population import write_population

for people in (2_000, 3_000, 12_000):
    tracemalloc.start()
    write_population(people, 1, Path(sys.argv[1]) / str(people), chunk=1_000)
    print(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
"""


def test_memory_does_not_grow_with_people(tmp_path: Path) -> None:
    """Twelve chunks of 1,000 people peak as high as three do: nothing is kept beyond a chunk.

    In a process of its own: what other threads of this one hold would count too. A megabyte is let pass: the table of
    interned words, a third of the peak, grows by a step in one round or another.
    """
    alone = subprocess.run([sys.executable, "-c", PEAKS, str(tmp_path)], capture_output=True, text=True, check=True)
    _, small, large = map(int, alone.stdout.split())
    assert large < small + 1.2 * 2**20 < 1.5 * small


@pytest.mark.parametrize("people", [1, 7, 60])
def test_tiny_populations_are_whole(tmp_path: Path, people: int) -> None:
    write_population(people, 1, tmp_path / "tiny")
    assert (tmp_path / "tiny" / "sources.toml").exists()
    assert sum(len(p.read_text().splitlines()) - 1 for p in (tmp_path / "tiny").glob("omop/*/person.csv")) == people


def test_a_folder_in_use_and_an_impossible_size_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Invalid, match="seeds:folder_in_use"):
        write_population(10, 1, tmp_path)
    with pytest.raises(Invalid, match="seeds:size"):
        write_population(0, 1, tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_command_says_what_it_wrote_and_refuses_a_second_time(tmp_path: Path) -> None:
    arguments = ["--people", "50", "--out", str(tmp_path / "out")]
    first, second = (CliRunner().invoke(seeds, arguments) for _ in range(2))
    assert first.exit_code == 0
    assert "50 people written" in first.output
    assert second.exit_code == 1
    assert "seeds:folder_in_use" in second.output


def test_progress_is_told_after_each_chunk(tmp_path: Path) -> None:
    told: list[int] = []
    write_population(250, 1, tmp_path / "out", told.append, chunk=100)
    assert told == [100, 200, 250]

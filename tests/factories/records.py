"""Small deliveries of the three formats, and a house that loads them, asks about opt-outs and builds snapshots."""

import csv
import json
from datetime import UTC, date, datetime

import duckdb
import numpy as np

from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from workspaces.catalogue.tables import TABLES
from workspaces.intake import Format, Source, Standing, Vault, load
from workspaces.numbers import keyed
from workspaces.opt_outs import Exchange, read_answer, write_request
from workspaces.snapshots import PseudonymKey, SnapshotPlan, build, open_snapshot

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
CUT = date(2026, 6, 30)
SAMPLE_KEY = bytes(range(32))
EVERYTHING = {name: tuple(column.name for column in table.columns) for name, table in TABLES.items()}
TYPE_1, WITHDRAWN = "827241000000103", "827261000000102"
HYPERTENSION = {"OMOP": "320128", "SNOMED": "38341003"}
_UK_CORE = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"


def number(index, first="999"):
    """The index-th NHS number of the test range whose check digit holds (not 10)."""
    while True:
        digits = f"{first}{index:06d}"
        check = -sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check < 10:
            return f"{digits}{check}"
        index += 500_000


def gp_person(person_id, nhs_number, **changes):
    """A row of person.csv."""
    row = {
        "person_id": person_id,
        "person_source_value": nhs_number,
        "gender_concept_id": "8532",
        "year_of_birth": "1960",
        "month_of_birth": "5",
        "day_of_birth": "7",
        "race_source_value": "A",
    }
    return row | changes


def gp_code(person_id, code, when="2024-03-04"):
    """A row of observation.csv with a code of the practice's own."""
    return {"person_id": person_id, "observation_concept_id": "0", "observation_source_value": code} | {
        "observation_date": when
    }


def gp_condition(person_id, when="2024-03-06", concept=HYPERTENSION["OMOP"]):
    """A row of condition_occurrence.csv."""
    return {"person_id": person_id, "condition_concept_id": concept, "condition_start_date": when}


def patient(local_id, *numbers, status="01", **changes):
    """A FHIR Patient with UK Core identifiers."""
    verified = {
        "url": f"{_UK_CORE}NHSNumberVerificationStatus",
        "valueCodeableConcept": {"coding": [{"code": status}]},
    }
    identifiers = [
        {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": each, "extension": [verified]} for each in numbers
    ]
    resource = {"resourceType": "Patient", "id": local_id, "identifier": identifiers, "gender": "male"}
    return resource | {"birthDate": "1970-02-03"} | changes


def condition(local_id, code=HYPERTENSION["SNOMED"], when="2024-03-06", **changes):
    """A FHIR Condition with a SNOMED code."""
    coding = {"system": "http://snomed.info/sct", "code": code}
    resource = {"resourceType": "Condition", "subject": {"reference": f"Patient/{local_id}"}, "recordedDate": when}
    return resource | {"code": {"coding": [coding]}} | changes


def council_row(local_id, nhs_number, **changes):
    """A row of Client Level Data."""
    row = {
        "la_code": "E09000007",
        "la_person_id": local_id,
        "nhs_number": nhs_number,
        "gender": "1",
        "ethnicity": "A",
        "date_of_birth": "1950-01-02",
        "event_type": "service",
        "event_start_date": "2024-03-06",
        "event_end_date": "2024-04-06",
    }
    return row | changes


def source(form, organisation, **changes):
    """The declaration of a source."""
    declared = {
        "name": f"Organisation {organisation}",
        "standing": Standing.SHARED_CARE_PROCESSOR,
        "synthetic": True,
        "nhs_number_status": None if form is Format.FHIR else "01",
        "extract_date": None if form is Format.FHIR else CUT,
    }
    return Source(organisation=organisation, format=form, **(declared | changes))


class House:
    """A vault with its exchange and object store below one folder; every delivery lies in a folder of its own."""

    def __init__(self, root):
        self.root = root
        self.vault = Vault(root / "vault")
        folders = (root / "outbox", root / "inbox", root / "state")
        self.exchange = Exchange("X26TRE01", *folders, max_removed_share=1.0, keys=Keys(root / "keys", "k" * 32))
        self.store = LocalObjects(root / "objects")
        self.count = 0

    def _folder(self, form):
        self.count += 1
        folder = self.root / f"delivery-{self.count}" / form
        folder.mkdir(parents=True)
        return folder

    def gp(self, people, organisation="F83001", *, codes=(), conditions=(), **changes):
        """Load a practice's tables; rows are dictionaries."""
        folder = self._folder("omop")
        write_csv(folder / "person.csv", people)
        write_csv(folder / "observation.csv", codes, gp_code("", "", ""))
        write_csv(folder / "condition_occurrence.csv", conditions, gp_condition(""))
        return self.load(source(Format.OMOP, organisation, **changes), folder)

    def hospital(self, resources, organisation="RRV", *, taken="2026-06-30T00:00:00Z", **changes):
        """Load a trust's resources, a file for each type."""
        folder = self._folder("fhir")
        write_fhir(folder, resources, taken=taken)
        return self.load(source(Format.FHIR, organisation, **changes), folder)

    def council(self, rows, organisation="E09000007", **changes):
        """Load a council's events."""
        folder = self._folder("cld")
        write_csv(folder / "events.csv", rows, council_row("", ""))
        return self.load(source(Format.CLIENT_LEVEL_DATA, organisation, **changes), folder)

    def load(self, declared, folder, now=NOW):
        """Load one delivery."""
        return load(source=declared, folder=folder, vault=self.vault, clock=lambda: now)

    def ask(self, now=NOW):
        """Write a request; its local id."""
        return write_request(vault=self.vault, exchange=self.exchange, now=now)

    def asked(self):
        """The numbers of the newest request."""
        newest = max(self.exchange.outbox.glob("*.dat"))
        return [line.rstrip(",") for line in newest.read_text().split()]

    def answer(self, local_id, text, /, **control):
        """Put an answer into the inbox."""
        (self.exchange.inbox / f"{local_id}.dat").write_bytes(text if isinstance(text, bytes) else text.encode())
        fields = {"workflow_id": "SPINE_NTT_UPHOLDING", "local_id": local_id} | control
        (self.exchange.inbox / f"{local_id}.ctl").write_text(json.dumps(fields))

    def read(self, local_id, now=NOW):
        """Take the answer in."""
        return read_answer(exchange=self.exchange, local_id=local_id, now=now)

    def opt_outs(self, *opted_out, now=NOW):
        """A list: everybody in the vault is asked about, these have opted out."""
        local_id = self.ask(now)
        self.answer(local_id, "".join(f"{each},\n" for each in self.asked() if each not in opted_out))
        return self.read(local_id, now)

    def build(self, opt_outs=None, snapshot_id="snapshot-1", *, now=NOW, **changes):
        """Build a snapshot of everything; what was stored."""
        plan = {
            "snapshot_id": snapshot_id,
            "project_id": "project-1",
            "tables": EVERYTHING,
            "period": (None, None),
            "cut_date": CUT,
            "max_list_age_days": 7,
            "sample_key": SAMPLE_KEY,
            "code_version": "test",
            "max_quarantine_share": 1.0,
        }
        return build(
            plan=SnapshotPlan(**(plan | changes)),
            vault=self.vault,
            opt_outs=opt_outs,
            pseudonyms=PseudonymKey(bytes(range(1, 33))),
            store=self.store,
            now=now,
            sign=lambda _: b"signature",
        )

    def open(self, snapshot_id="snapshot-1"):
        """The built snapshot's files."""
        return open_snapshot(self.store, snapshot_id, self.root / "opened")

    def inside(self, *numbers, snapshot_id="snapshot-1"):
        """Which of these numbers a built snapshot holds."""
        held = set(rows_by_key(self.open(snapshot_id)))
        return {each for each in numbers if key_of(each) in held}


def key_of(nhs_number):
    """The sampling key of a person."""
    return int(keyed(np.array([int(nhs_number)], dtype=np.int64), SAMPLE_KEY)[0])


def rows_by_key(snapshot):
    """Every person's rows of every table by sampling key, without the dense number: {key: sorted rows}."""
    keys = dict(duckdb.read_parquet(str(snapshot.sampling)).fetchall())
    found = {key: [] for key in keys.values()}
    for path in sorted(snapshot.room.glob("*.parquet")):
        for person, *rest in duckdb.read_parquet(str(path)).fetchall():
            found[keys[person]].append((path.stem, *rest))
    return {key: sorted(rows, key=repr) for key, rows in found.items()}


def write_csv(path, rows, example=None):
    """Write dictionaries as CSV; the header comes from all of them, or from the example."""
    names = list(dict.fromkeys(name for row in [*rows, *([example] if example else [])] for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_fhir(folder, resources, *, taken="2026-06-30T00:00:00Z"):
    """Write resources as NDJSON with a manifest; given by type, they go under that type whatever they are."""
    kinds = dict(resources) if isinstance(resources, dict) else {}
    for resource in [] if kinds else resources:
        kinds.setdefault(resource["resourceType"], []).append(resource)
    for kind, each in kinds.items():
        (folder / f"{kind}.ndjson").write_text("".join(f"{json.dumps(one)}\n" for one in each), encoding="utf-8")
    output = [{"type": kind, "url": f"{kind}.ndjson", "count": len(each)} for kind, each in kinds.items()]
    write_manifest(folder, output, taken)


def write_manifest(folder, output, taken="2026-06-30T00:00:00Z"):
    """Write a manifest with these outputs."""
    manifest = {"transactionTime": taken, "request": "", "requiresAccessToken": False, "output": output, "error": []}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

"""From staged text to rows that may lie in the vault: each row is good, or quarantined for one reason.

Reasons are tried in a fixed order and the first is counted, once per row of the source. What a row becomes
depends on its own person's rows and on fixed maps only (privacy model P2). One exception cannot be local: an
identifier that one source gives to two NHS numbers, verified or not, ties its rows to nobody, so both are left out
(P17: linkage never guesses) and the source is told.

Opt-outs fail closed: a Type 1 code counts under every number of its person whose check digit holds, verified or
not, whatever else its row holds, and also when its date cannot be used; a withdrawal counts only under a verified
number with a usable date.
"""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from workspaces.engine import Engine, counts, one, run, write_parquet
from workspaces.intake.deliveries import Delivery, Staged
from workspaces.intake.sources import Standing

EVENTS: dict[str, tuple[str, ...]] = {
    "visit_occurrence": (
        "concept_id AS visit_concept_id",
        "started AS visit_start_date",
        "ended AS visit_end_date",
    ),
    "condition_occurrence": ("concept_id AS condition_concept_id", "started AS condition_start_date"),
    "drug_exposure": (
        "concept_id AS drug_concept_id",
        "started AS drug_exposure_start_date",
        "CAST(number AS INTEGER) AS days_supply",
    ),
    "measurement": (
        "concept_id AS measurement_concept_id",
        "started AS measurement_date",
        "number AS value_as_number",
    ),
    "procedure_occurrence": ("concept_id AS procedure_concept_id", "started AS procedure_date"),
    "observation": ("concept_id AS observation_concept_id", "started AS observation_date"),
    "social_care_event": ("label AS event_type", "started AS event_start_date", "ended AS event_end_date"),
    "death": ("started AS death_date", "organisation", "source_rank"),
}
"""The event tables of the vault (`vault.TABLES`) and how each column follows from a screened row."""

_PEOPLE = """
CREATE TEMP TABLE person_row AS
SELECT r, local_id, nhs_number, is_in_use(nhs_number, $synthetic) AS is_number,
    coalesce(withheld, false) AS withheld, birth_date, sex.value AS sex, ethnic.value AS ethnic_group,
    place.borough AS borough,
    CASE WHEN fault IS NOT NULL THEN fault
        WHEN withheld THEN 'withheld_identity'
        WHEN coalesce(bare(number), '') = '' THEN 'no_nhs_number'
        WHEN NOT holds THEN 'invalid_nhs_number'
        WHEN NOT is_in_use(nhs_number, $synthetic) THEN 'wrong_number_range'
        WHEN status IS DISTINCT FROM '01' THEN 'unverified_nhs_number'
        WHEN birth IS NOT NULL AND birth_date IS NULL THEN 'impossible_date'
        WHEN birth_date > $extract_date THEN 'future_date' END AS reason
FROM (SELECT *, coalesce(check_digit_holds(nhs_number), false) AS holds FROM (
        SELECT *, rowid AS r, as_number(number) AS nhs_number, as_day(birth) AS birth_date FROM staged_person)) AS p
    LEFT JOIN word sex ON sex.attribute = 'sex' AND sex.word = lower(trim(gender))
    LEFT JOIN word ethnic ON ethnic.attribute = 'ethnic_group' AND ethnic.word = upper(trim(ethnic_category))
    LEFT JOIN place ON place.word = upper(trim(p.place));
"""

_AMBIGUOUS = """
CREATE TEMP TABLE claim AS
    SELECT local_id, nhs_number, withheld, r FROM person_row WHERE is_number
    UNION ALL SELECT local_id, as_number(number), withheld, NULL FROM staged_claim
        WHERE is_in_use(as_number(number), $synthetic);
UPDATE person_row SET reason = 'ambiguous_local_id' WHERE reason IS NULL AND local_id IN (
    SELECT local_id FROM claim GROUP BY local_id HAVING count(DISTINCT nhs_number) > 1);
CREATE TEMP TABLE claimed AS
    SELECT claim.local_id, claim.nhs_number, bool_or(claim.withheld) AS withheld,
        bool_or(p.r IS NOT NULL AND p.reason IS NULL) AS verified
    FROM claim LEFT JOIN person_row p USING (r) GROUP BY ALL;
"""

# What codes mean is worked out once for each list of codes that occurs, not for each row.
_CODED = """
CREATE TEMP TABLE coded AS
SELECT key_row.target AS target, codings, coalesce(bool_or(use = 'restricted'), false) AS restricted,
    coalesce(bool_or(use = 'type_1'), false) AS type_1,
    coalesce(bool_or(use = 'type_1_withdrawn'), false) AS type_1_withdrawn,
    arg_min(code, place) FILTER (use = 'concept' AND code.target = key_row.target) AS chosen
FROM (SELECT target, codings, unnest(codings) AS key, generate_subscripts(codings, 1) AS place
        FROM (SELECT DISTINCT target, codings FROM staged_event))
    AS key_row JOIN code USING (key)
GROUP BY key_row.target, codings;
"""

_TYPE_1 = """
CREATE TEMP TABLE type_1_row AS
SELECT nhs_number, c.type_1 AS opted_out, verified,
    CASE WHEN as_day(started) <= $extract_date THEN as_day(started) END AS code_date
FROM staged_event e JOIN coded c USING (target, codings) JOIN claimed USING (local_id)
WHERE (c.type_1 AND coalesce(fault, 'wrong_resource_type') = 'wrong_resource_type')
    OR (c.type_1_withdrawn AND fault IS NULL AND NOT c.restricted);
CREATE TEMP TABLE type_1 AS
SELECT DISTINCT nhs_number, opted_out, coalesce(code_date, DATE '9999-12-31') AS code_date FROM type_1_row
WHERE opted_out OR (verified AND code_date IS NOT NULL);
"""

_EXCLUSION = """
CREATE TEMP TABLE exclusion AS
SELECT DISTINCT nhs_number, 'withheld_identity' AS reason FROM claimed
WHERE local_id IN (SELECT local_id FROM person_row WHERE withheld)
    OR nhs_number IN (SELECT nhs_number FROM claimed WHERE withheld);
"""

_ALARM = """
INSERT INTO exclusion
SELECT nhs_number, 'type_1_at_screened_source' FROM type_1
GROUP BY nhs_number HAVING arg_max(opted_out, (code_date, opted_out));
UPDATE person_row SET reason = 'type_1_at_screened_source' WHERE reason IS NULL
    AND nhs_number IN (SELECT nhs_number FROM exclusion WHERE reason = 'type_1_at_screened_source');
"""

# Which of several rows of one number counts is decided by a total order over the attributes, never by file order.
_ONE_EACH = """
CREATE TEMP TABLE identity AS SELECT local_id, max(nhs_number) FILTER (reason IS NULL) AS nhs_number, true AS is_row
    FROM person_row WHERE local_id IS NOT NULL GROUP BY local_id;
UPDATE person_row SET reason = ranked.reason FROM (
    SELECT r, CASE WHEN same > 1 THEN 'duplicate_row' WHEN place > 1 THEN 'duplicate_person' END AS reason
    FROM (SELECT r,
            row_number() OVER (PARTITION BY nhs_number, birth_date, sex, ethnic_group, borough ORDER BY r) AS same,
            dense_rank() OVER (PARTITION BY nhs_number ORDER BY birth_date, sex, ethnic_group, borough) AS place
        FROM person_row WHERE reason IS NULL)) AS ranked
WHERE person_row.r = ranked.r AND ranked.reason IS NOT NULL;
"""

_EVENT = """
CREATE OR REPLACE TEMP TABLE event_row AS
WITH read AS (
    SELECT e.local_id, e.fault, e.quantity, e.unit, coalesce(c.restricted, false) AS restricted,
        coalesce(c.type_1 OR c.type_1_withdrawn, false) AS is_type_1, c.chosen AS chosen,
        as_day(e.started) AS started, as_day(e.ended) AS ended, e.ended IS NOT NULL AS has_end, i.nhs_number, i.is_row,
        try_cast(e.quantity AS DOUBLE) AS given, e.target = 'death' OR c.chosen IS NOT NULL AS known
    FROM staged_event e LEFT JOIN coded c USING (target, codings) LEFT JOIN identity i USING (local_id)
    WHERE e.target = $target AND ($target <> 'observation' OR c.chosen IS NOT NULL)
), gridded AS (
    SELECT *, CASE WHEN $target = 'drug_exposure' THEN CASE WHEN given = floor(given) THEN given END
        ELSE (given * chosen.parts - chosen.low) / chosen.step END AS k,
        CASE WHEN $target = 'drug_exposure' THEN 365 ELSE chosen.steps END AS most
    FROM read
)
SELECT nhs_number, chosen.concept_id AS concept_id, chosen.label AS label, started, ended,
    CASE WHEN quantity IS NULL THEN NULL WHEN $target = 'drug_exposure' THEN k
        ELSE (chosen.low + try_cast(round(k) AS BIGINT) * chosen.step) / chosen.parts END AS number,
    CASE WHEN restricted THEN 'restricted_code'
        WHEN fault IS NOT NULL THEN fault
        WHEN is_type_1 THEN 'type_1'
        WHEN nhs_number IS NULL THEN CASE WHEN is_row THEN 'person_quarantined' ELSE 'unknown_person' END
        WHEN NOT known THEN 'unknown_code'
        WHEN started IS NULL OR (has_end AND ended IS NULL) OR ended < started THEN 'impossible_date'
        WHEN started > $extract_date THEN 'future_date'
        WHEN CASE WHEN unit IS NULL OR unit = chosen.unit THEN false ELSE
            NOT coalesce(list_contains(CASE WHEN $target = 'drug_exposure' THEN ['d', 'day', 'days']
                ELSE [unit_word(chosen.unit)] END, unit_word(unit)), false) END THEN 'unknown_unit'
        WHEN quantity IS NOT NULL AND NOT coalesce(k >= 0 AND k <= most, false) THEN 'impossible_value' END AS reason
FROM gridded;
"""


_PERSON = """
SELECT nhs_number, birth_date, sex, ethnic_group, borough, organisation, source_rank
FROM person_row, origin WHERE reason IS NULL
"""

# What no table takes, and observations of what the catalogue does not know: only what law needs of them is read.
_NO_TABLE = """
SELECT restricted OR fault IS NOT NULL OR type_1 OR type_1_withdrawn AS has_reason,
    CASE WHEN restricted THEN 'restricted_code' WHEN fault IS NOT NULL THEN fault
        WHEN type_1 OR type_1_withdrawn THEN 'type_1' ELSE target END AS reason, count(*)
FROM staged_event e LEFT JOIN coded c USING (target, codings)
WHERE NOT list_contains($tables, target) OR (target = 'observation' AND c.chosen IS NULL) GROUP BY ALL
"""

# Who came without any number, once for each of the sender's identifiers, by a total order over what is told of them.
# An identifier that elsewhere has a number is nobody to be traced.
_UNTRACED = """
SELECT NULL::BIGINT AS nhs_number, organisation, reference, birth_date, sex, ethnic_group, borough, practice
FROM (SELECT *, row_number() OVER (PARTITION BY reference
            ORDER BY birth_date, sex, ethnic_group, borough, practice) AS place
        FROM (SELECT reference, upper(trim(practice)) AS practice, p.* EXCLUDE (r)
            FROM person_row p JOIN staged_reference USING (local_id)))
    AS told, origin
WHERE place = 1 AND birth_date <= $extract_date AND reason = 'no_nhs_number' AND reference NOT IN (
    SELECT reference FROM staged_reference JOIN person_row USING (local_id)
    WHERE reason IS DISTINCT FROM 'no_nhs_number')
"""


@dataclass(frozen=True)
class Screened:
    """Exact counts of one load, for IG officers and auditors only (privacy model P9).

    `rows` by table of the vault, `held_back` rows of the source by table ("" for what no table takes) and reason,
    `unsupported` rows by kind.
    """

    rows: dict[str, int]
    held_back: dict[str, Counter[str]]
    unsupported: dict[str, int]
    person_rows: int
    alarms: tuple[str, ...]

    @property
    def quarantined(self) -> dict[str, int]:
        """Rows of the source by reason, whatever their table."""
        return dict(sorted((+sum(self.held_back.values(), Counter())).items()))

    def beside(self, staged: Staged) -> "Screened":
        """These counts with those of what never became a row."""
        return replace(
            self,
            held_back={**self.held_back, "": self.held_back[""] + staged.left_out},
            unsupported={**staged.unsupported, **self.unsupported},
            alarms=(*staged.alarms, *self.alarms),
        )


def screen(engine: Engine, folder: Path, *, delivery: Delivery, rank: int) -> Screened:
    """Decide about every staged row and write the good ones into `folder`, one Parquet file per table."""
    source = delivery.source
    facts: dict[str, object] = {"extract_date": delivery.extract_date, "synthetic": source.synthetic}
    engine.execute(
        "CREATE TEMP TABLE origin AS SELECT $organisation AS organisation, $rank::INTEGER AS source_rank",
        {"organisation": source.organisation, "rank": rank},
    )
    _decide_about_people(engine, facts, source.standing is Standing.SCREENED_AT_SOURCE)
    refused = counts(engine, "SELECT reason, count(*) FROM person_row WHERE reason IS NOT NULL GROUP BY 1")
    held_back = {"person": Counter(refused), "": Counter[str]()}
    unsupported = _count_what_no_table_takes(engine, held_back[""])
    rows = {
        "person": write_parquet(engine, _PERSON, folder / "person.parquet"),
        "exclusion": write_parquet(engine, "FROM exclusion", folder / "exclusion.parquet"),
        "type_1": write_parquet(engine, "FROM type_1", folder / "type_1.parquet"),
    }
    if one(engine, "SELECT count(*) FROM staged_reference"):
        engine.execute(f"CREATE TEMP TABLE untraced AS {_UNTRACED}", {"extract_date": delivery.extract_date})
        write_parquet(engine, "FROM untraced", folder / "untraced.parquet")
    staged = counts(engine, "SELECT target, count(*) FROM staged_event GROUP BY 1")
    for target in EVENTS:
        held_back[target] = Counter()
        rows[target] = _screen_events(engine, folder, target, facts, held_back[target]) if target in staged else 0
    for reasons in held_back.values():
        del reasons["type_1"]
    people = one(engine, "SELECT count(*) FROM person_row")
    return Screened(rows, {name: +reasons for name, reasons in held_back.items()}, unsupported, people, _alarms(engine))


def _count_what_no_table_takes(engine: Engine, quarantined: Counter[str]) -> dict[str, int]:
    found = engine.execute(_NO_TABLE, {"tables": list(EVENTS)}).fetchall()
    quarantined.update({reason: number for has_reason, reason, number in found if has_reason})
    return {kind: number for has_reason, kind, number in found if not has_reason}


def _decide_about_people(engine: Engine, facts: dict[str, object], screened_at_source: bool) -> None:
    for script in (_PEOPLE, _AMBIGUOUS, _CODED, _TYPE_1, _EXCLUSION):
        run(engine, script, facts)
    if screened_at_source:
        run(engine, _ALARM)
    run(engine, _ONE_EACH)


def _screen_events(
    engine: Engine, folder: Path, target: str, facts: dict[str, object], quarantined: Counter[str]
) -> int:
    run(engine, _EVENT, {**facts, "target": target})
    found = counts(engine, "SELECT coalesce(reason, ''), count(*) FROM event_row GROUP BY 1")
    good = found.pop("", 0)
    columns = ", ".join(EVENTS[target])
    kept = f"SELECT DISTINCT nhs_number, {columns} FROM event_row, origin WHERE reason IS NULL"  # noqa: S608
    written = write_parquet(engine, kept, folder / f"{target}.parquet")
    quarantined.update(found)
    quarantined["duplicate_row"] += good - written
    return written


def _alarms(engine: Engine) -> tuple[str, ...]:
    """Sentences with counts for what somebody must look into."""
    found = (
        (
            "SELECT count(*) FROM exclusion WHERE reason = 'type_1_at_screened_source'",
            "people carry a Type 1 opt-out although the source declares that it screens them out.",
        ),
        (
            "SELECT count(DISTINCT local_id) FROM person_row WHERE reason = 'ambiguous_local_id'",
            "local identifiers stand for more than one NHS number; their rows were left out.",
        ),
        (
            "SELECT count(*) FROM type_1_row WHERE opted_out AND code_date IS NULL",
            "Type 1 opt-outs have no usable date; they stand until the practice gives one.",
        ),
        (
            "SELECT count(*) FROM staged_event e JOIN coded c USING (target, codings) WHERE c.type_1"
            " AND coalesce(fault, '') NOT IN ('entered_in_error', 'refuted', 'cancelled', 'not_done')"
            " AND (local_id IS NULL OR local_id NOT IN (SELECT local_id FROM claimed WHERE local_id IS NOT NULL))",
            "Type 1 opt-outs belong to no valid NHS number, so other sources' rows of these people may be let in.",
        ),
        (
            "SELECT (SELECT count(*) FROM staged_person WHERE fault = 'broken_line')"
            " + (SELECT count(*) FROM staged_event WHERE fault = 'broken_line')",
            "lines cannot be read; an opt-out or a withheld identity on one of them is not known.",
        ),
    )
    numbers = [(one(engine, query), sentence) for query, sentence in found]
    return tuple(f"{number} {sentence}" for number, sentence in numbers if number)

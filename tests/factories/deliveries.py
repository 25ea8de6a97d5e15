"""A data folder as organisations send it: one council, a few made-up people, nothing wrong unless a test wants it."""

from pathlib import Path

HEADER = (
    "la_code,reporting_period_start,reporting_period_end,la_person_id,nhs_number,gp_practice_code,gender,ethnicity,"
    "date_of_birth,client_type,event_type,event_start_date,event_end_date,service_type,service_component"
)
COUNCIL = "E09000007"
SOURCES = """population = 20000
synthetic = true

[[source]]
organisation = "E09000007"
name = "Camden"
format = "cld"
standing = "SHARED_CARE_PROCESSOR"
nhs_number_status = "01"
extract_date = 2026-06-30
"""


def number(serial: int) -> str:
    """The first NHS number at or above 999 000 000 + serial whose check digit is a digit (modulus 11)."""
    while True:
        nine = str(999_000_000 + serial)
        check = 11 - sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return nine + str(check % 11)
        serial += 1


def row(serial: int, nhs_number: str, started: str = "2026-03-02") -> str:
    """One social care event."""
    return (
        f"{COUNCIL},2026-01-01,2026-03-31,P{serial},{nhs_number},,1,A,1950-05-04,Service User,service,{started},"
        "2026-03-20,Long Term Support: Community,Home Support"
    )


def data_folder(folder: Path, *rows: str, sources: str = SOURCES) -> Path:
    """The folder with its declaration and the council's file."""
    files = folder / "cld" / COUNCIL
    files.mkdir(parents=True)
    (folder / "sources.toml").write_text(sources, encoding="utf-8")
    (files / "events.csv").write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return folder

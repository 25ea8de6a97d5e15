import pytest

from workspaces.catalogue.errors import Invalid
from workspaces.scanning import scan
from workspaces.scanning.scripts import LARGEST, holds_nhs_number


def test_a_plain_script_enters() -> None:
    findings = scan("count.py", b"import duckdb\nprint(1)\n")

    assert (findings.size, findings.lines, findings.identifiers, findings.longest_line) == (23, 3, 0, 13)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("../count.py", b"", "scan:name"),
        (".hidden.py", b"", "scan:name"),
        ("data.parquet", b"", "scan:name"),
        ("count.py\n", b"", "scan:name"),
        ("count.py", b"#" * (LARGEST + 1), "scan:size"),
        ("count.py", b"print(1)\0", "scan:binary"),
        ("count.py", b"PK\x03\x04", "scan:binary"),
        ("count.py", b"\x1f\x8b\x08", "scan:binary"),
        ("count.py", b"caf\xe9", "scan:text"),
        ("count.py", "x = 1 \u202e# hidden".encode(), "scan:hidden"),
        ("count.py", b"\x1b[2K", "scan:hidden"),
        ("count.py", "\ufeffx".encode(), "scan:hidden"),
    ],
)
def test_what_cannot_be_read_is_refused(name: str, content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        scan(name, content)
    assert refusal.value.code == code


def test_a_text_that_begins_like_an_archive_enters() -> None:
    assert scan("count.py", b"PKG = 1\nMZ = 2\n").lines == 3


def test_the_largest_file_enters() -> None:
    assert scan("count.py", b"#" * LARGEST).size == LARGEST


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("9999999999", True),  # a number of the test range
        ("x = '999 999 9999'", True),
        ("999-999-9999", True),
        ("9999999998", False),
        ("99999999990", False),  # eleven digits
        ("999 999-9999", False),  # no such grouping
        ("0000000060", False),  # check digit would be 10
        ("", False),
    ],
)
def test_numbers_that_pass_the_check_digit_are_found(text: str, found: bool) -> None:
    assert holds_nhs_number(text) is found


def test_findings_name_lines_and_never_the_number() -> None:
    findings = scan("count.py", b"a = 1\nb = 9999999999\n\nc = '999 999 9999'\n")

    assert findings.identifier_lines == (2, 4)
    assert "999" not in repr(findings)

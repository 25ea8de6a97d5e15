"""The scan of a script on its way in: is it a text that a person can read, and does it carry identifiers?

What cannot be read is refused. What may be an identifier is counted for the person who decides, never shown: one in
eleven ten-digit numbers passes the check digit by chance.
"""

import re
import unicodedata
from dataclasses import dataclass

from workspaces.catalogue.errors import Invalid

LARGEST = 1 << 20  # bytes
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(py|sql|R|r|md|txt|toml|json|yaml|yml)")
# Containers that may hide other files, by their first bytes; most hold NUL as well, but not all need to.
CONTAINERS = (
    *(
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x1f\x8b",
        b"BZh91AY",
        b"\xfd7zXZ",
        b"7z\xbc\xaf",
        b"Rar!\x1a",
        b"\x28\xb5\x2f\xfd",
    ),
    *(
        b"%PDF-",
        b"\x7fELF",
        b"PAR1",
        b"SQLite format 3",
        b"!<arch>\n",
        b"\x89PNG",
        b"GIF89a",
        b"\xff\xd8\xff",
        b"{\\rtf",
    ),
)
TEN_DIGITS = re.compile(r"(?<![0-9])[0-9]{3}([ -]?)[0-9]{3}\1[0-9]{4}(?![0-9])")
WEIGHTS = range(10, 1, -1)
ALLOWED_CONTROLS = frozenset("\t\n\r\f")


@dataclass(frozen=True)
class Findings:
    """What a scan saw in an acceptable script: sizes and counts, and lines to look at, never contents."""

    name: str
    size: int  # bytes
    lines: int
    identifier_lines: tuple[int, ...]  # line numbers (from 1) of what passes the NHS number's check digit
    longest_line: int  # characters; a very long line is often embedded data

    @property
    def identifiers(self) -> int:
        """How many lines carry what may be an NHS number."""
        return len(self.identifier_lines)


def scan(name: str, content: bytes) -> Findings:
    """Look at a script; raises Invalid for a file that may not enter, whatever it says."""
    if not NAME.fullmatch(name):
        raise Invalid("scan:name", "The file's name is not a plain one of a script.", "Call it for example count.py.")
    if len(content) > LARGEST:
        raise Invalid("scan:size", f"The file has {len(content)} bytes; {LARGEST} may enter.", "Bring in less.")
    if content.startswith(CONTAINERS) or b"\0" in content:
        raise Invalid("scan:binary", "The file is an archive, document or program.", "Bring in the text itself.")
    lines = _text(content).split("\n")
    return Findings(
        name=name,
        size=len(content),
        lines=len(lines),
        identifier_lines=tuple(number for number, line in enumerate(lines, 1) if holds_nhs_number(line)),
        longest_line=max(map(len, lines)),
    )


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("scan:text", "The file is not UTF-8 text.", "Save it as UTF-8.") from None
    hidden = sum(
        1 for sign in text if unicodedata.category(sign) in {"Cc", "Cf", "Co"} and sign not in ALLOWED_CONTROLS
    )
    if hidden:  # a reviewer must see what will run
        raise Invalid("scan:hidden", f"The file has {hidden} invisible characters.", "Remove them.")
    return text


def holds_nhs_number(text: str) -> bool:
    """Whether it has ten digits, perhaps grouped 3-3-4, that pass the modulus-11 check."""
    return any(_passes(re.sub("[ -]", "", found.group())) for found in TEN_DIGITS.finditer(text))


def _passes(digits: str) -> bool:
    """NHS Data Dictionary, NHS NUMBER: 11 minus the weighted sum modulo 11; 11 counts as 0, and no digit is 10."""
    check = 11 - sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=False)) % 11
    return check % 11 == int(digits[9])

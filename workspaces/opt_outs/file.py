"""The file layout of "Check for National Data Opt-outs": a ten-digit number and a comma on each line.

Both files of a message appear under their names only when whole, the control file last. LF is written; CRLF, blank
lines and a missing second field are read.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine, one, quiet

WORKFLOW_ID = "SPINE_NTT_UPHOLDING"
NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_PART = ".part"


def write_numbers(engine: Engine, table: str, to: Path) -> None:
    """Write the numbers (`nhs_number`) of a table in the layout of a request, in ascending order."""
    draft = to.with_name(to.name + _PART)
    engine.table(table).order("nhs_number").project("printf('%010d', nhs_number) AS number, NULL AS rest").write_csv(
        str(draft), header=False
    )
    os.replace(draft, to)


def write_control(path: Path, control: dict[str, Any]) -> None:
    """Write a control file."""
    draft = path.with_name(path.name + _PART)
    draft.write_text(json.dumps(control, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(draft, path)


def read_control(path: Path) -> dict[str, Any]:
    """The fields of a control file; `Invalid` when it is not one."""
    try:
        control = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        control = None
    if not isinstance(control, dict):
        raise malformed(f"The control file {path.name} is not a JSON object.")
    return control


def read_numbers(engine: Engine, path: Path) -> None:
    """Fill the temp table `answered` (nhs_number) from an answer; `Invalid` unless each line is a number."""
    with quiet(
        code="opt_outs:answer_malformed",
        sentence=f"The answer {path.name} is not a text file of one number a line.",
        next_step="Ask the national service again.",
    ):
        engine.execute(
            """
            CREATE TEMP TABLE answer_line AS SELECT trim(line, ' ' || chr(9) || chr(13)) AS line
            FROM read_csv($path, columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '',
                header = false, auto_detect = false, strict_mode = false)
            """,
            {"path": str(path)},
        )
    engine.execute("DELETE FROM answer_line WHERE line IS NULL OR line = ''")
    lines = one(engine, "SELECT count(*) FROM answer_line")
    strange = one(engine, "SELECT count(*) FROM answer_line WHERE NOT regexp_full_match(line, '[0-9]{10} *(, *)?')")
    if not lines:
        raise Invalid(
            "opt_outs:answer_empty",
            f"The answer {path.name} allows nobody.",
            "Ask the national service again; no list was made.",
        )
    if lines == strange == 1:
        raise Invalid(
            "opt_outs:request_refused",
            "The national service refused the request with one line of text.",
            "Load the sources again so that every number is checked, and make a new request.",
        )
    if strange:
        raise malformed(f"{strange} of {lines} lines of the answer {path.name} are not a number and a comma.")
    engine.execute("CREATE TEMP TABLE answered AS SELECT left(line, 10)::BIGINT AS nhs_number FROM answer_line")


def malformed(sentence: str) -> Invalid:
    """An answer that cannot be read."""
    return Invalid("opt_outs:answer_malformed", sentence, "Ask the national service again; no list was made.")

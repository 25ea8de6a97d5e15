"""The part of a statistic's row that holds a program: script, blocks, what each block returns and may use.

Outputs are one line: `slope -1 1 0, share 0 1 0.5` (name, lower, upper, default; commas between them).
"""

from collections.abc import Mapping
from typing import Any

from wtforms import Form, SelectField, StringField, TextAreaField

from gateway.web.forms import choice

AGGREGATES = (("mean", "Mean over the blocks"), ("median", "Median over the blocks"))
TEXTS = ("blocks", "aggregate", "seconds", "memory_mib")
PARTS = ("name", "lower", "upper", "default")


class ProgramFields(Form):  # type: ignore[misc]
    """Fields of a program; empty for all other statistics."""

    script = TextAreaField("Script (Python)")
    blocks = StringField("Blocks")
    outputs = StringField("Numbers returned")
    aggregate = SelectField("Released", choices=[choice(*each) for each in AGGREGATES], validate_choice=False)
    seconds = StringField("Seconds of each block")
    memory_mib = StringField("Memory of each block (MiB)")


def program_of(row: ProgramFields, kind: str) -> dict[str, Any]:
    """What the row says of a program; nothing for other statistics. What it says is judged with the request."""
    if kind != "program":
        return {}
    texts = {name: text for name in TEXTS if (text := (row[name].data or "").strip())}
    lines = [part.split() for part in (row.outputs.data or "").split(",") if part.strip()]
    outputs = [dict(zip(PARTS, words, strict=False)) for words in lines]
    script = (row.script.data or "").replace("\r\n", "\n")  # as browsers send the ends of lines
    return {"program": {"script": script, **texts, "outputs": outputs}}


def program_row(statistic: Mapping[str, Any]) -> dict[str, str]:
    """The row of a stored statistic."""
    program = statistic.get("program")
    if program is None:
        return {}
    outputs = ", ".join(" ".join(str(each[part]) for part in PARTS) for each in program["outputs"])
    return {**{name: str(program[name]) for name in (*TEXTS, "script") if name in program}, "outputs": outputs}

"""Sample and aggregate: the person view in disjoint blocks of people, one file each, and what a script says of each.

Which block a person is in follows from the pool's secret key of that person alone (P3, P12), so one person changes
one block's file, and with it one block's answer. The rows of a file are in an order over all their columns. Where the
scripts run is the caller's matter: `Chambers` are handed in, and are told nothing but the script and the files.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sqlglot import exp

from disclosure.engines import AggregateFailed, Integers
from disclosure.engines.block_plan import BlockPlan, Chambers, parts_of
from disclosure.engines.capped import SAMPLE_KEY, SAMPLING, relation
from disclosure.engines.cells import column
from disclosure.engines.embedded import VIEW, people
from disclosure.engines.plan import SnapshotFiles
from disclosure.person_view.schema import PERSON_ID, ProvenView, ViewColumn

FILE = "people.csv"  # what a script finds in its data folder
BLOCKED, BLOCK = "people_in_blocks", "block"


def answers(
    view: ProvenView, plan: BlockPlan, files: SnapshotFiles, chambers: Chambers, *, memory_mib: int
) -> Integers:
    """(blocks, outputs): what the script said of each block, in parts of the declared ranges."""
    program = plan.program

    def fill(folders: Sequence[Path]) -> None:
        write_blocks(view, files, folders, memory_mib=memory_mib)

    said = chambers(
        script=program.script, blocks=program.blocks, seconds=program.seconds, memory_mib=program.memory_mib, fill=fill
    )
    if len(said) != program.blocks:
        raise AggregateFailed
    return np.array([parts_of(each, program.outputs) for each in said], dtype=np.int64)


def write_blocks(view: ProvenView, files: SnapshotFiles, folders: Sequence[Path], *, memory_mib: int) -> None:
    """A CSV of the view's rows into each folder: numbers in their units, unknown values empty, nobody's number."""
    written = [folder / FILE for folder in folders]
    with people(view, files, memory_mib=memory_mib, written=written) as connection:
        connection.execute(_blocked(view, len(written)).sql(dialect="duckdb"))
        for block, path in enumerate(written):
            to = exp.Literal.string(str(path)).sql(dialect="duckdb")
            connection.execute(f"COPY ({_rows(view, block).sql(dialect='duckdb')}) TO {to} (FORMAT csv, HEADER)")


def _blocked(view: ProvenView, blocks: int) -> exp.Create:
    """Every person's row with its block, rows of a block side by side."""
    block = exp.Mod(this=column(SAMPLE_KEY, "s"), expression=exp.Literal.number(blocks))
    wanted = [exp.alias_(_shown(each), each.name, quoted=True) for each in view.columns.values()]
    same = exp.EQ(this=column(PERSON_ID, "v"), expression=column(PERSON_ID, "s"))
    rows = exp.select(exp.alias_(block, BLOCK, quoted=True), *wanted)
    rows = rows.from_(relation(VIEW, "v")).join(relation(SAMPLING, "s"), on=same).order_by(column(BLOCK))
    return exp.Create(this=exp.to_table(BLOCKED), kind="TABLE", expression=rows)


def _shown(each: ViewColumn) -> exp.Expr:
    """A column in its unit: a whole number of steps times the step."""
    found: exp.Expr = column(each.name, "v")
    if each.grid is None or each.grid.step == 1:
        return found
    step = each.grid.step
    times = exp.Mul(this=found, expression=exp.Literal.number(step.numerator))
    if step.denominator == 1:
        return times
    number = exp.Cast(this=exp.Paren(this=times), to=exp.DataType.build("DOUBLE"))
    return exp.Div(this=number, expression=exp.Literal.number(step.denominator))


def _rows(view: ProvenView, block: int) -> exp.Select:
    """One block's rows, in an order over all their columns (P4)."""
    wanted = [column(name) for name in view.columns]
    order = [exp.Ordered(this=column(name), nulls_first=True) for name in view.columns]
    chosen = exp.EQ(this=column(BLOCK), expression=exp.Literal.number(block))
    return exp.select(*wanted).from_(relation(BLOCKED)).where(chosen).order_by(*order)

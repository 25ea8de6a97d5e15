"""What Spark's driver is handed are cells: two places collect, and both collect groups by cell."""

import ast
from pathlib import Path

ENGINE = Path(__file__).parents[2] / "disclosure" / "engines" / "spark.py"
HANDED = {
    "collect", "toPandas", "toArrow", "toLocalIterator", "take", "head",
    "first", "tail", "show", "count", "foreach", "foreachPartition",
    "write", "rdd", "toJSON", "checkpoint", "saveAsTable",
}  # fmt: skip


def functions():
    tree = ast.parse(ENGINE.read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_two_places_collect_and_nothing_else_is_handed_over():
    found = {
        (name, each.attr)
        for name, node in functions().items()
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and each.attr in HANDED
    }
    assert found == {("_answer", "collect"), ("_answer_of", "collect")}


def test_what_is_collected_is_grouped_by_cell():
    for name in ("_answer", "_counted"):
        assert "GROUP BY" in ast.unparse(functions()[name])

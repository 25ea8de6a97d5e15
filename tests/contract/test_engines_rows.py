"""Windows, QUALIFY, several keys, unions, RIGHT, semi and ASOF joins: each engine says what the plain engine says.

Every function and every shape is generated, over worlds full of ties; TRE_ENGINE_EXAMPLES asks for more of each.
"""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.contract.test_engines import alike, interpreted, proven_or_none  # noqa: F401 a fixture
from tests.factories.row_queries import FUNCTIONS, sql, views
from tests.factories.view_shapes import world
from tests.factories.worlds import exact, rows_of, write
from tests.plain.windows import SHAPES
from tests.plain.windows import view as plain_view

EACH = int(os.environ.get("TRE_ENGINE_EXAMPLES", 0)) or 12


def drawn_views(shape, each=EACH):
    """So many views of a shape that are accepted: those whose rows could be told apart by nothing are refused."""
    found = []

    @settings(
        max_examples=each,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(made=views(shape))
    def collect(made):
        view = proven_or_none(sql(made))
        if view is not None:
            found.append((made, view))

    collect()
    return found


@pytest.fixture(scope="module")
def drawn():
    return [pair for shape in SHAPES for pair in drawn_views(shape)]


def functions(made):
    return {
        each["function"] for query in (made["query"], made.get("other")) if query for each in query["windows"].values()
    }


def test_every_function_and_shape_is_what_the_plain_engine_says(drawn, tmp_path):
    crowd, seen = world(8, 6, most=5, ties=True), Counter()
    files = write(crowd, tmp_path)
    for made, view in drawn:
        found, expected = exact(view, rows_of(view, files)), plain_view(made, crowd)
        assert found == expected, sql(made)
        seen.update(functions(made) if expected else ())
        seen[made["shape"]] += bool(expected)
        for word in ("all", "not", "left"):
            seen[(made["shape"], word, made.get(word))] += bool(expected)
    assert set(FUNCTIONS) - set(seen) == set()
    wanted = {("union", "all"), ("exists", "not"), ("joined", "not"), ("asof", "left")}
    assert {(shape, word, is_) for shape, word in wanted for is_ in (True, False)} - set(seen) == set()
    assert set(SHAPES) - {name for name, often in seen.items() if often} == set()


@pytest.mark.slow
@pytest.mark.usefixtures("interpreted")
def test_spark_says_the_same_of_the_same_files(drawn, tmp_path):
    alike({f"view {place}": view for place, (_, view) in enumerate(drawn[:: max(1, len(drawn) // 24)])},
          write(world(8, 6, most=5, ties=True), tmp_path))  # fmt: skip

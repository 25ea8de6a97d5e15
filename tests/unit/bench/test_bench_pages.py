"""`bench pages` in small: a house grows by rows, and every page of it still answers."""

import pytest

from infra.bench.pages.run import measures


@pytest.mark.slow
def test_pages_of_a_house_that_grew() -> None:
    said: list[str] = []
    found = {each.what: each for each in measures(13, 2, 2, said.append)}
    assert "3 projects written" in said
    assert [each.goal for each in found.values() if each.group == "bar"] == [10.0, 1.2]
    assert {"public /register", "researcher /tasks", "checker /releases/*", "committee /projects"} <= found.keys()
    assert all(each.ours_s > 0 for each in found.values())

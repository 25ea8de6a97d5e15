"""What the documents say of files, options and decisions is so."""

import re
from pathlib import Path

import pytest

from infra.demo.command import demo

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_readme_names_every_option_of_the_demonstration():
    named = set(re.findall(r"^\| `(--[a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    options = {each.opts[0] for each in demo.params if not getattr(each, "hidden", False)}
    assert named == options - {"--once"}


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_dated_and_says_why_what_and_what_follows(page):
    number, text = page.name[:4], page.read_text(encoding="utf-8")
    assert re.match(rf"# {number} .+\n\n20\d\d-\d\d-\d\d\n\n", text)
    assert [word for word in ("Context", "Decision", "Consequence") if f"**{word}.**" not in text] == []


def test_decisions_are_numbered_without_gaps():
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))

"""A source without a standing is refused alone; a delivery that nobody declares is refused too (privacy model P16)."""

import pytest

from workspaces.catalogue.errors import Invalid
from workspaces.intake import read_sources

HEAD = "population = 100\nsynthetic = true\n"


def entry(organisation="RRV", **changes):
    fields = {"organisation": organisation, "name": "A trust", "format": "fhir", "standing": "SHARED_CARE_PROCESSOR"}
    fields |= changes
    lines = [f'{name} = "{value}"' for name, value in fields.items() if value is not None]
    return "\n".join(["[[source]]", *lines, ""])


def read(folder, *entries):
    (folder / "sources.toml").write_text(HEAD + "".join(entries), encoding="utf-8")
    return read_sources(folder / "sources.toml")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"standing": None}, "intake:standing_missing"),
        ({"standing": "TRUST_ME"}, "intake:standing_missing"),
        ({"standing": "SCREENED_AT_SOURCE"}, "intake:sources_malformed"),  # no receipt
        ({"format": "hl7v2"}, "intake:sources_malformed"),
        ({"name": "Trust \\u202eB"}, "intake:sources_malformed"),  # turns the reading direction
        ({"name": "Trust \\u0000B"}, "intake:sources_malformed"),
        ({"format": "omop"}, "intake:sources_malformed"),  # no day of extraction
    ],
)
def test_one_entry_is_refused_and_the_others_stand(tmp_path, changes, code):
    sources = read(tmp_path, entry("R1H", **changes), entry("RRV"))
    assert [source.organisation for source in sources.sources] == ["RRV"]
    assert [refused.why.code for refused in sources.refused] == [code]
    assert sources.refused[0].organisation == "R1H"


def test_a_delivery_that_nobody_declares_is_refused(tmp_path):
    for place in ("fhir/RRV", "fhir/R1H", "cld/E09000001"):
        (tmp_path / place).mkdir(parents=True)
    refused = read(tmp_path, entry("RRV")).refused
    assert [each.why.code for each in refused] == ["intake:undeclared"] * 2
    assert [each.organisation for each in refused] == ["R1H", "E09000001"]


def test_a_delivery_named_twice_is_nobodys(tmp_path):
    with pytest.raises(Invalid, match="named twice"):
        read(tmp_path, entry("RRV"), entry("RRV"))


@pytest.mark.parametrize(
    "text", ["", "population = 3", HEAD, "population = true\nsynthetic = true", "[[source", "\x00"]
)
def test_a_file_that_says_nothing_is_refused_whole(tmp_path, text):
    (tmp_path / "sources.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Invalid) as why:
        read_sources(tmp_path / "sources.toml")
    assert why.value.code == "intake:sources_malformed"

"""A package: same input, same bytes; safe to open in a spreadsheet and a browser; says what the privacy model says."""

import csv
import io
import json
import re
import zipfile
from html.parser import HTMLParser

import pytest

from gateway.evidence.package import canonical, make_package, safe

PROMISE = (
    "For someone who sees only what was released: given the text of the requests, the released numbers would have been "
    'almost as likely had any one person\'s records never been there; "almost" is the stated (ε, δ) of everything '
    "released from that pool, added up for the life of the data."
)
ABOUT = {"mark": "BLIND", "project_title": "Heart & lungs <b>", "release_id": "R-1", "artefact_digest": "ab" * 32}


def cell(statistic, labels, value, low, high, *, noisy=False, keys=None):
    return {
        "statistic": statistic,
        "keys": keys or labels,
        "labels": labels,
        "value": value,
        "low": low,
        "high": high,
        "too_noisy": noisy,
        "drawn": [1],
    }


def statistic(name, kind, by, **more):
    return {
        "name": name,
        "kind": kind,
        "by": by,
        "meaning": f"Meaning of {name}.",
        "unit": "people",
        "mechanism": "discrete Gaussian",
        "scale": "11.515625",
        "micro_rho": 3771,
        "sensitivity": {"l1": 1, "l2_squared": 1},
        "half_width_95": "23",
        "half_width_assumes": None,
        "noise_floor": None,
        "interval": {"confidence": "0.95", "covers": "At least 95 % of such intervals hold the exact figure."},
        **more,
    }


ARTEFACT = {
    "format": "tre-release/1",
    "title": "Blood <script>alert(1)</script> pressure",
    "request_digest": "cd" * 32,
    "view_sql": 'SELECT "x" < 3 & 4',
    "view_notes": ["a note"],
    "literals": [{"text": "<i>320128</i>", "bits": 4, "where": "a comparison"}],
    "micro_rho": 15084,
    "delta_e15": 500_000_000,
    "epsilon_micro": 799_902,
    "epsilon_asked_micro": 800_000,
    "neighbours": "one linked person with all records, present or never present",
    "statistics": [
        statistic("people", "count", ["stp", "sex"]),
        statistic("share", "proportion", ["sex"], unit="share", of="flag"),
        statistic(
            "mean_bmi", "mean", [], unit="kg/m2", of="bmi", lower="15", upper="45", noise_floor="The floor applies."
        ),
        statistic("bins", "histogram", [], of="bmi"),
    ],
    "cells": [
        cell("people", {"sex": "=Female", "stp": "South & East"}, 1980, 1957, 2003),
        cell("people", {"sex": "Male", "stp": "South & East"}, -4, -27, 19, noisy=True),
        cell("share", {"sex": "Female"}, 0.41234, 0.38, 0.45),
        cell("share", {"sex": "Male"}, None, None, None, noisy=True),
        cell("mean_bmi", {}, 27.123, 26.9, 27.35),
        cell("bins", {"bmi": "15 to under 25"}, 120, 97, 143, keys={"bmi": "15..25"}),
    ],
}
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Reader(HTMLParser):
    """Checks that tags nest, and collects what a check needs."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.ids, self.text, self.references = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        self.references += [each for name, value in attrs if name == "aria-labelledby" for each in value.split()]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def files(artefact=ARTEFACT, about=ABOUT):
    with zipfile.ZipFile(io.BytesIO(make_package(artefact, about))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def read(artefact=ARTEFACT, about=ABOUT):
    reader = Reader()
    reader.feed(files(artefact, about)["index.html"].decode())
    assert reader.open == []
    return reader


def words(reader):
    return re.sub(r"\s+", " ", " ".join(reader.text))


def test_the_same_input_gives_the_same_bytes():
    assert make_package(ARTEFACT, ABOUT) == make_package(json.loads(canonical(ARTEFACT)), dict(reversed(ABOUT.items())))


def test_it_holds_tables_the_sealed_artefact_and_one_page():
    found = files()
    assert set(found) == {
        "index.html",
        "artefact.json",
        "about.json",
        "table-people.csv",
        "table-share.csv",
        "table-mean_bmi.csv",
        "table-bins.csv",
    }
    assert found["artefact.json"] == canonical(ARTEFACT)
    assert json.loads(found["about.json"]) == ABOUT


def test_tables_keep_the_order_of_the_keys_and_no_formula():
    rows = list(csv.DictReader(io.StringIO(files()["table-people.csv"].decode())))
    assert list(rows[0]) == ["stp", "stp_label", "sex", "sex_label", "value", "low_95", "high_95", "too_noisy", "unit"]
    assert (rows[0]["sex_label"], rows[0]["value"]) == ("'=Female", "1980")
    assert (rows[1]["value"], rows[1]["too_noisy"]) == ("-4", "yes")
    share = list(csv.DictReader(io.StringIO(files()["table-share.csv"].decode())))
    assert (share[1]["value"], share[1]["low_95"]) == ("", "")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "|cmd"])
def test_text_is_never_a_formula(text):
    assert safe(text) == f"'{text}"
    assert safe("Female") == "Female"


def test_a_blind_release_carries_the_promise_and_an_informed_one_does_not():
    assert PROMISE in words(read())
    informed = words(read(about={**ABOUT, "mark": "INFORMED"}))
    assert PROMISE not in informed
    assert "had sight of rows" in informed
    for mark in ("blind", "", None):
        with pytest.raises(ValueError, match="BLIND or INFORMED"):
            make_package(ARTEFACT, {**ABOUT, "mark": mark})


def test_the_page_runs_nothing_and_asks_for_nothing():
    reader = read()
    assert {tag for tag, _ in reader.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "form", "base"})
    for _, attributes in reader.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert {"src", "href"}.isdisjoint(attributes) or attributes.get("href") == "#figures"
    page = files()["index.html"].decode()
    assert "<script" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert re.findall(r"https?://[^\"'<> ]+", page) == ["http://www.w3.org/2000/svg"] * 4


def test_the_page_is_sound_and_every_reference_leads_somewhere():
    reader = read()
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.references) <= set(reader.ids)
    charts = [attributes for tag, attributes in reader.tags if tag == "svg"]
    assert len(charts) == 4
    assert all(attributes["role"] == "img" for attributes in charts)
    scopes = [attributes.get("scope") for tag, attributes in reader.tags if tag == "th"]
    assert scopes
    assert set(scopes) == {"col", "row"}


def test_each_chart_is_followed_by_its_table_and_every_value_is_printed():
    order = [tag for tag, _ in read().tags if tag in ("svg", "table")]
    assert order[:8] == ["svg", "table"] * 4
    text = words(read())
    for printed in (
        "1,980",
        "1,957 to 2,003",
        "41.2 %",
        "38.0 % to 45.0 %",
        "no valid interval",
        "27.12",
        "26.90 to 27.35",
    ):
        assert printed in text
    assert "−4 – too noisy" in text
    assert "Too noisy to use" in text


def test_it_says_loss_mechanism_and_floor_in_words():
    text = words(read())
    assert "ε = 0.8" in text
    assert "1 in 2 million" in text
    assert "69 % sure" in text
    assert "ρ = 0.015084" in text
    assert "Discrete Gaussian noise of scale 11.52" in text
    assert "The floor applies." in text


def test_long_tables_are_charted_in_part_and_listed_in_full():
    cells = [cell("people", {"stp": f"place {n}", "sex": "x"}, n, n - 1, n + 1) for n in range(500)]
    reader = read({**ARTEFACT, "statistics": ARTEFACT["statistics"][:1], "cells": cells})
    text = words(reader)
    assert "shows the first 120 of 500 figures" in text
    assert "place 499" in text


@pytest.mark.parametrize(
    "values",
    [
        (None, None, None),
        (0, 0, 0),
        (1e-9, 0, 2e-9),
        (10**15, 10**15 - 1, 10**15 + 1),
        (-5.5, -6, -5),
    ],
)
def test_any_figures_can_be_drawn(values):
    for kind in ("count", "proportion", "mean", "sum"):
        cells = [cell("people", {"stp": "a", "sex": "b"}, *values, noisy=noisy) for noisy in (False, True)]
        statistics = [statistic("people", kind, ["stp", "sex"])]
        assert "NaN" not in words(read({**ARTEFACT, "statistics": statistics, "cells": cells}))

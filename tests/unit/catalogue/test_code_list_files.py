"""Lists of codes from files: what is read, what is refused without being quoted, and which concepts they lead to."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workspaces.catalogue.code_list_files import Vocabulary, known, read_code_list
from workspaces.catalogue.code_lists import CodeList, compare
from workspaces.catalogue.concepts import concept
from workspaces.catalogue.errors import Invalid

SNOMED = "code,term\n59621000,Essential hypertension\n38341003,Hypertensive disorder\n1201005,Benign hypertension\n"
DMD = "dmd_type,dmd_id,dmd_name,bnf_code\nVTM,108537001,Amlodipine,0206020A0\n"
ICD10 = "icd10_code,description\nE11.9,Plain\ne119,again\nI10,Hypertension\nZ99.9,Nothing known\nI25.1,x\n"


@pytest.mark.parametrize(
    ("text", "vocabulary", "concepts", "domain", "unmapped"),
    [
        (SNOMED, Vocabulary.SNOMED, (320128,), "condition", 1),
        (DMD, Vocabulary.DMD, (1332418,), "drug", 0),
        (DMD, Vocabulary.SNOMED, (1332418,), "drug", 0),
        (ICD10, Vocabulary.ICD10, (201826, 317576, 320128), "condition", 1),
        ("\ufeffID\r\n44054006\r\n\r\n", Vocabulary.SNOMED, (201826,), "condition", 0),
    ],
)
def test_published_lists_lead_to_concepts_of_one_kind(text, vocabulary, concepts, domain, unmapped):
    read = read_code_list(text, vocabulary)
    assert (read.concept_ids, read.domain, read.unmapped) == (concepts, domain, unmapped)


def test_codes_stay_as_they_were_published_once_each_and_in_order():
    assert read_code_list(ICD10, Vocabulary.ICD10).codes == {
        "E11.9": "again",
        "I10": "Hypertension",
        "I25.1": "x",
        "Z99.9": "Nothing known",
    }


@pytest.mark.parametrize(
    ("text", "vocabulary", "code"),
    [
        ("", Vocabulary.SNOMED, "code_list:unreadable"),
        ("code\n", Vocabulary.SNOMED, "code_list:unreadable"),
        ("a,b\n59621000,x\n", Vocabulary.SNOMED, "code_list:unreadable"),
        ("code\n59621001\n", Vocabulary.SNOMED, "code_list:unreadable"),  # the check digit does not hold
        ("code\nI10\n", Vocabulary.SNOMED, "code_list:unreadable"),
        ("code\n59621000\n", Vocabulary.ICD10, "code_list:unreadable"),
        ("code,term\n59621000\n", Vocabulary.SNOMED, "code_list:unreadable"),
        ('code\n"59621000\n', Vocabulary.SNOMED, "code_list:unreadable"),
        ("code\n1201005\n", Vocabulary.SNOMED, "code_list:no_single_kind"),
        ("code\n59621000\n108537001\n", Vocabulary.SNOMED, "code_list:no_single_kind"),
        ("code\n59621000\n", Vocabulary.DMD, "code_list:no_single_kind"),
    ],
)
def test_what_is_no_list_is_refused_and_not_quoted(text, vocabulary, code):
    with pytest.raises(Invalid) as refused:
        read_code_list(text, vocabulary)
    assert refused.value.code == code
    assert not [part for part in text.replace(",", "\n").split() if len(part) > 5 and part in str(refused.value)]


def test_every_digit_changed_and_every_swap_of_neighbours_is_noticed():
    good = "827241000000103"
    for place in range(len(good)):
        for digit in "0123456789":
            changed = good[:place] + digit + good[place + 1 :]
            if changed != good and changed[0] != "0":
                with pytest.raises(Invalid, match="No SNOMED code"):
                    read_code_list(f"code\n{changed}\n", Vocabulary.SNOMED)
    for place in range(1, len(good) - 1):
        swapped = good[:place] + good[place + 1] + good[place] + good[place + 2 :]
        if swapped != good:
            with pytest.raises(Invalid, match="No SNOMED code"):
                read_code_list(f"code\n{swapped}\n", Vocabulary.SNOMED)


@settings(max_examples=200)
@given(text=st.text(max_size=200), vocabulary=st.sampled_from(Vocabulary))
def test_any_text_is_read_or_refused(text, vocabulary):
    with suppress(Invalid):
        read_code_list(f"code\n{text}", vocabulary)


def test_the_map_of_icd10_leads_to_diagnoses_of_the_catalogue():
    assert {domain for _, domain in known(Vocabulary.ICD10).values()} == {"condition"}
    assert all(concept(number) for number, _ in known(Vocabulary.ICD10).values())


def test_versions_are_compared_by_code_and_by_what_snapshots_hold():
    old = CodeList("x/1", "X", (1, 2), "SNOMED", (("11", "a"), ("12", "b")))
    new = CodeList("x/2", "X", (2, 3), "SNOMED", (("12", "b, worded anew"), ("13", "c")))
    found = compare(old, new)
    assert (found.added, found.removed) == ((("13", "c"),), (("11", "a"),))
    assert (found.concepts_added, found.concepts_removed) == ((3,), (1,))


def test_a_digest_follows_from_everything_that_a_list_says():
    one = CodeList("x/1", "X", (1, 2), "SNOMED", (("11", "a"),))
    assert one.digest == CodeList("x/1", "Y", (2, 1), "SNOMED", (("11", "a"),)).digest
    others = [("x/2", (1, 2), "SNOMED", (("11", "a"),)), ("x/1", (1,), "SNOMED", (("11", "a"),))]
    others += [("x/1", (1, 2), "ICD10", (("11", "a"),)), ("x/1", (1, 2), "SNOMED", (("12", "a"),))]
    assert one.digest not in {CodeList(id_, "X", ids, named, codes).digest for id_, ids, named, codes in others}

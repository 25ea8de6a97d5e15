"""Trusts write one Patient per person they know, with UK Core identifiers and extensions."""

import numpy as np

from infra.seeds.draws import Bools, Draws, Ints
from infra.seeds.files import Files
from infra.seeds.identity import known, local
from infra.seeds.organisations import Organisations
from infra.seeds.people import NEVER, People
from infra.seeds.text import NO_DAY, Lines, Texts, dates, lines, optional, table
from workspaces.catalogue.places import BOROUGHS

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
_EXTENSION = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"
_STATUS = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
_ETHNIC = "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland"
_WITHHELD = "https://fhir.nhs.uk/StructureDefinition/Extension-WithheldIdentityReason"
_CONFIDENTIAL = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_GENDER = table("female", "male", "other", "unknown")
_DISTRICT = table(*(borough.code for borough in BOROUGHS))
_TWICE = 0.003  # of a trust's people have a second Patient with another address


def write(files: Files, senders: Organisations, draws: Draws, people: People) -> None:
    """The Patients of one chunk of people."""
    person, column = np.nonzero(people.trusts >= 0)
    order = np.argsort(people.trusts[person, column], kind="stable")
    twice = draws.uniform("registered twice", 2)[person[order], column[order]] < _TWICE
    order = np.repeat(order, 1 + twice)
    second = np.append(False, order[1:] == order[:-1])
    person, column = person[order], column[order]
    made = _patients(draws, people, person, column, second)
    files.deal(senders.trusts, people.trusts[person, column], "Patient.ndjson", made)


def _patients(draws: Draws, people: People, person: Ints, column: Ints, second: Bools) -> Lines:
    about = known(draws, "trust", people, person, column, missing=0.012, unverified=0.016)
    number = local(people, person, people.trusts[person, column])
    district = np.where(second, (about.borough + 7) % len(BOROUGHS), about.borough)
    withheld, index = people.withheld[person], people.index[person]
    return lines(
        len(person),
        '{"resourceType":"Patient","id":"',
        np.where(second, b"d", b"p"),
        number,
        '"',
        *_security_label(withheld & (index % 2 == 0)),
        ',"identifier":[{"system":"https://hospital.example/local","value":"H',
        number,
        '"}',
        *_nhs_identifier(about.number, about.status),
        f'],"extension":[{{"url":"{_EXTENSION}EthnicCategory","valueCodeableConcept":'
        f'{{"coding":[{{"system":"{_ETHNIC}","code":"',
        about.ethnic,
        '"}]}}',
        *_reason_to_withhold(withheld & (index % 2 == 1)),
        '],"gender":"',
        _GENDER[about.sex],
        '","birthDate":"',
        dates(people.birth[person]),
        '"',
        *optional(',"deceasedDateTime":"', dates(_dead(people.death[person])), '"'),
        ',"address":[{"district":"',
        _DISTRICT[district],
        '"}]}',
    )


def _dead(death: Ints) -> Ints:
    return np.where(death < NEVER, death, NO_DAY)


def _nhs_identifier(number: Texts, status: Texts) -> tuple[Texts, ...]:
    there = number != b""
    before = (
        f',{{"extension":[{{"url":"{_EXTENSION}NHSNumberVerificationStatus","valueCodeableConcept":'
        f'{{"coding":[{{"system":"{_STATUS}","code":"'
    )
    between = f'"}}]}}}}],"system":"{NHS_NUMBER}","value":"'
    pieces = (np.full(1, before.encode()), status, np.full(1, between.encode()), number, np.full(1, b'"}'))
    return tuple(np.where(there, piece, b"") for piece in pieces)


def _security_label(withheld: Bools) -> tuple[Texts, ...]:
    """Half of the withheld people carry a security label …"""
    label = f',"meta":{{"security":[{{"system":"{_CONFIDENTIAL}","code":"R"}}]}}'
    return (np.where(withheld, label.encode(), b""),)


def _reason_to_withhold(withheld: Bools) -> tuple[Texts, ...]:
    """… and half a reason why their identity is withheld (NHS Data Dictionary)."""
    reason = f',{{"url":"{_WITHHELD}","valueCodeableConcept":{{"coding":[{{"code":"02"}}]}}}}'
    return (np.where(withheld, reason.encode(), b""),)

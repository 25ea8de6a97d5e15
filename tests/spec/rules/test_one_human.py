"""Which addresses lead to one mailbox: a table that a governance officer can read."""

import pytest

from gateway.models.person import mailbox_of

SAME = [
    ("anna.smith@nhs.net", "anna.smith@nhs.net"),
    ("Anna.Smith@NHS.net", "anna.smith@nhs.net"),
    ("  anna.smith@nhs.net ", "anna.smith@nhs.net"),
    ("anna.smith+checker@nhs.net", "anna.smith@nhs.net"),
    ("\uff41nna.smith@nhs.net", "anna.smith@nhs.net"),
    ("annasmith@nhs.net", "annasmith@nhs.net"),  # dots mean nothing to some hosts only: these are two
    ("anna.smith@trust.nhs.uk", "anna.smith@trust.nhs.uk"),
    ("", ""),
    ("anna", ""),
    ("@nhs.net", ""),
    ("+x@nhs.net", ""),
    ("anna@", ""),
]


@pytest.mark.parametrize(("address", "mailbox"), SAME)
def test_the_mailbox_of_an_address(address: str, mailbox: str) -> None:
    assert mailbox_of(address) == mailbox

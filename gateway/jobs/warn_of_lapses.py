"""Whoever holds a certificate that ends soon is told: 60, 30 and 7 days before, and on the day."""

from contextlib import suppress
from datetime import timedelta

from sqlmodel import col

from gateway.commands.perform import perform
from gateway.jobs.house import House
from gateway.models import Certificate
from gateway.rules.certificates import WARN_DAYS, warning_due
from gateway.rules.facts import SYSTEM
from gateway.rules.refusals import Refusal
from gateway.vocabulary import CertificateState, Command


def warn_of_lapses(house: House) -> None:
    """Looked at first: a try that is refused would be a row of the log each time."""
    gateway = house.gateway
    today = gateway.now().date()
    with gateway.unit.reading() as work:
        accepted = col(Certificate.state) == CertificateState.ACCEPTED
        near = col(Certificate.ends_on) <= today + timedelta(days=WARN_DAYS[0])
        due = [each.id for each in work.all(Certificate, accepted, near) if warning_due(each, today) is not None]
    for certificate_id in due:
        with suppress(Refusal):  # another worker was quicker
            perform(gateway, actor=SYSTEM, command=Command.WARN_HOLDER, subject_id=certificate_id)

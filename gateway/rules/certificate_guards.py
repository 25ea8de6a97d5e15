"""Conditions on certificates."""

from gateway.rules.certificates import warning_due
from gateway.rules.facts import Actor, Facts
from gateway.rules.guards import unless
from gateway.rules.refusals import Refusal


def not_own_certificate(actor: Actor, facts: Facts) -> Refusal | None:
    """Nobody decides about a certificate of their own, by another of their accounts either."""
    met = facts.owner_id not in actor.accounts
    return unless(met, "certificate:yours", "This certificate is yours.", "Another IG officer decides about it.")


def warning_is_due(_: Actor, facts: Facts) -> Refusal | None:
    """The certificate ends soon, and its holder was not told so at this mark."""
    met = facts.certificate is not None and warning_due(facts.certificate, facts.now.date()) is not None
    return unless(met, "certificate:no_warning_due", "No warning is due.", "Wait until its end is nearer.")

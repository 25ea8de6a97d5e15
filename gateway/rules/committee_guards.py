"""Conditions on committee members before they vote."""

from gateway.rules import committees
from gateway.rules.facts import Actor, Facts
from gateway.rules.guards import unless
from gateway.rules.refusals import Refusal


def has_declared(actor: Actor, facts: Facts) -> Refusal | None:
    """Where the committee's rules ask for it, a member says in each round that they have no interest in it first."""
    asked = facts.project is not None and committees.read(facts.project.committee).declares
    met = not asked or bool(_declared(actor, facts))
    return unless(met, "vote:declare_first", "You have not declared your interests.", "Declare them; then vote.")


def has_not_declared(actor: Actor, facts: Facts) -> Refusal | None:
    """One declaration a round."""
    met = not _declared(actor, facts)
    return unless(met, "interest:declared", "You have declared your interests in this round.", "Read and vote.")


def provider_has_a_vote(actor: Actor, facts: Facts) -> Refusal | None:
    """Where each provider has one vote, nobody of the actor's has cast it."""
    one = facts.project is not None and committees.read(facts.project.committee).one_per_provider
    taken = {vote.provider for vote in facts.votes if not vote.lay}
    met = not one or actor.is_lay or not actor.organisation or actor.organisation not in taken
    return unless(met, "vote:provider_voted", "Your organisation has voted.", "Each provider has one vote.")


def _declared(actor: Actor, facts: Facts) -> bool:
    this_round = facts.project.round if facts.project else 0
    return any(row.person_id in actor.accounts and row.round == this_round for row in facts.declarations)

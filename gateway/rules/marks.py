"""Whether an author is BLIND (privacy model P1, P11): by every project of the pool, not by the one asked for."""

from gateway.models import Grant
from gateway.rules.facts import Actor, Facts
from gateway.rules.tiers import BLIND
from gateway.vocabulary import Mark


def mark_of(grant: Grant, *, informed: bool) -> Mark:
    """Only authors who work through jobs alone, here and wherever else they belong, are BLIND."""
    return Mark.BLIND if grant.tier in BLIND and not informed else Mark.INFORMED


def is_informed(author: Actor, facts: Facts) -> bool:
    """True when the author, by any of their accounts, may have seen rows of the pool in any project."""
    return bool(author.accounts & facts.informed)

"""Who fails too often waits: sign-ins and tokens are counted by the address they come from and by account.

The provider guards passwords; what can be guessed here are tokens, states and codes of 256 bits. The count keeps a
guesser from costing more, and lets somebody see them: the attempt that goes too far leaves a row in the log.
"""

import hmac
from hashlib import sha256
from ipaddress import ip_address, ip_network

from flask import request

from gateway.commands.perform import Gateway, record_refusal
from gateway.rules.facts import Actor
from gateway.rules.refusals import Refusal, Why
from gateway.store.queries import attempts
from gateway.store.queries.facts import pool_of
from gateway.vocabulary import Command

NOBODY = Actor("nobody", "nobody")


def address_of(gateway: Gateway) -> str:
    """The network address that asks; behind the shipped proxy the one that it saw. IPv6 counts by its /64."""
    told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        found = ip_address(told if gateway.settings.behind_proxy else request.remote_addr or "")
    except ValueError:
        return "unknown"
    return str(ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)


def need_few(gateway: Gateway, address: str, account: str = "") -> None:
    """Raise the refusal when this address or account failed too often of late."""
    for whose, most in _limits(gateway, address, account).items():
        if attempts.failures(gateway.unit, whose, gateway.now()) >= most:
            raise too_many()


def note_failure(gateway: Gateway, address: str, account: str = "") -> None:
    """Count it; raises the refusal when it is one too many. The first that is leaves a row in the log."""
    limits = _limits(gateway, address, account)
    need_few(gateway, address, account)
    now = attempts.failed(gateway.unit, list(limits), gateway.now())
    if any(now[whose] == most for whose, most in limits.items()):
        with gateway.unit.reading() as work:
            pool_id = pool_of(work).id
        record_refusal(gateway, NOBODY, Command.SIGN_IN, pool_id, None, too_many())
    if any(now[whose] >= most for whose, most in limits.items()):
        raise too_many()


def wrong_token(gateway: Gateway) -> None:
    """A token that nobody has; those who have a right one are not kept out by their neighbours' wrong ones."""
    note_failure(gateway, address_of(gateway))


def too_many() -> Refusal:
    """Says nothing about which of the attempts might have been right."""
    return Refusal(
        "sign_in:too_many", "There were too many failed attempts.", "Wait 20 minutes and try again.", Why.TOO_MANY
    )


def _limits(gateway: Gateway, address: str, account: str) -> dict[str, int]:
    settings = gateway.settings
    limits = {_keyed(gateway, f"address {address}"): settings.failures_per_address}
    return limits | ({_keyed(gateway, f"account {account}"): settings.failures_per_account} if account else {})


def _keyed(gateway: Gateway, whose: str) -> str:
    key = gateway.settings.secret_key.get_secret_value().encode()
    return hmac.new(key, f"attempt of {whose}".encode(), sha256).hexdigest()

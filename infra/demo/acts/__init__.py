"""The journey, act by act, over HTTP as its people; every wrong attempt on the way must be refused."""

from infra.demo.acts.arriving import opt_outs, sign_in
from infra.demo.acts.auditing import audit
from infra.demo.acts.deciding import application, decision
from infra.demo.acts.releasing import price, submit
from infra.demo.acts.reviewing import download, review
from infra.demo.acts.working import snapshot, workspace
from infra.demo.journey import Journey


def play(journey: Journey) -> None:
    """All of it, in order. Raises WrongOutcome at the first step that does not come out as it has to."""
    for act in (sign_in, opt_outs, application, decision, snapshot, workspace, price, submit, review, download, audit):
        act(journey)

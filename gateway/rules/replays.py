"""What is charged again after a restore: pure changes of budgets, so that spent is never less than what was begun."""

from collections.abc import Sequence

from gateway.models import Budget
from gateway.rules.budgets import Loss, covers, left, void


def charge_again(pool: Budget, project: Budget | None, others: Sequence[Budget], loss: Loss) -> None:
    """A draw that the database forgot: out of the project's part, else out of the pool, whatever it takes.

    Where the pool's reservations leave no room (they were smaller when the draw began), what `others` have not spent
    is taken back from them. Raises ValueError where even that is not enough: nothing of it was ever granted.
    """
    own = min(loss.micro_rho, left(project).micro_rho) if project else 0
    own_delta = min(loss.delta_e15, left(project).delta_e15) if project else 0
    if project is not None:
        project.spent_micro_rho += own
        project.spent_delta_e15 += own_delta
        void(pool, Loss(own, own_delta))  # its part of the pool was set aside at the decision
    for other in others:
        if covers(pool, loss):
            break
        take_back(pool, other)
    if not covers(pool, loss):
        raise ValueError("the pool never held what was drawn from it")
    pool.spent_micro_rho += loss.micro_rho
    pool.spent_delta_e15 += loss.delta_e15


def take_back(pool: Budget, project: Budget) -> None:
    """What a project has not spent goes back to the pool."""
    unspent = left(project)
    void(pool, unspent)
    project.granted_micro_rho -= unspent.micro_rho
    project.granted_delta_e15 -= unspent.delta_e15

"""What a budget row has left, in micro-rho and delta (1e-15)."""

from dataclasses import dataclass

from gateway.models import Budget


@dataclass(frozen=True)
class Loss:
    """A privacy loss: micro-rho of zCDP and delta-0 in 1e-15, both whole numbers."""

    micro_rho: int
    delta_e15: int = 0


def left(budget: Budget) -> Loss:
    """Granted, less reserved, less spent."""
    return Loss(
        budget.granted_micro_rho - budget.reserved_micro_rho - budget.spent_micro_rho,
        budget.granted_delta_e15 - budget.reserved_delta_e15 - budget.spent_delta_e15,
    )


def covers(budget: Budget | None, loss: Loss) -> bool:
    """True when the budget can still take the loss."""
    return budget is not None and left(budget).micro_rho >= loss.micro_rho and left(budget).delta_e15 >= loss.delta_e15


def reserve(budget: Budget, loss: Loss) -> None:
    """Set the loss aside."""
    budget.reserved_micro_rho += loss.micro_rho
    budget.reserved_delta_e15 += loss.delta_e15


def spend(budget: Budget, loss: Loss) -> None:
    """What was set aside is spent; nothing brings it back."""
    void(budget, loss)
    budget.spent_micro_rho += loss.micro_rho
    budget.spent_delta_e15 += loss.delta_e15


def void(budget: Budget, loss: Loss) -> None:
    """What was set aside is free again: only where nothing was begun."""
    budget.reserved_micro_rho -= loss.micro_rho
    budget.reserved_delta_e15 -= loss.delta_e15

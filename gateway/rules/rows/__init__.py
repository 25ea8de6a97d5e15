"""The rows of the state machines, by noun; `gateway.rules.transitions.STEPS` is all of them, in this order."""

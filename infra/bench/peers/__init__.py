"""Other libraries beside ours: the same questions on the same people at equal ε, each in an environment of its own.

The modules named after a peer are run by that peer's interpreter, `.peers/NAME/bin/python -m infra.bench.peers.NAME`.
"""

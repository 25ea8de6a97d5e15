"""Tries to falsify what the disclosure library promises: every statistic, on neighbouring records searched for.

Everything runs on made-up people. `tre disclosure audit` prints what was tried and what came of it.
"""

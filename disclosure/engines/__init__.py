"""The same exact, bounded aggregate on each engine; what it returns never leaves `release.draw`."""

"""The isolated rooms in which researchers' batch jobs run next to records."""

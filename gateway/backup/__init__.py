"""Backups, restores and upgrades of a gateway: its database and keys, and what the object store knows better."""

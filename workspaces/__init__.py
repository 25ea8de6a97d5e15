"""Fills and locks the room: records in, opted-out people out, snapshots, isolated rooms."""

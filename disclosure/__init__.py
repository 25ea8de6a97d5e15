"""Decides what may leave the room: priced requests, one draw, honest intervals."""

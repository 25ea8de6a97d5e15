"""Decides who may do what and keeps the record."""

"""Buses to the venue."""

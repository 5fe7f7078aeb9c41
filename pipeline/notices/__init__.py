"""Notices: verdicts of one vehicle become warnings and fines that a person decides. Pure: no clock, no network."""

"""Tests of a device's spool and its way to the door."""

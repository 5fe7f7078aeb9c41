"""Low-emission zones for people: questions in words, calendars, explanations."""

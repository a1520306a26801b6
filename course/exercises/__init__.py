"""Exercises: what there are, how one is checked, and what the attendee has done so far."""

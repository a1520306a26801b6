"""Jobs: work that goes on after the answer, and how to ask what became of it."""

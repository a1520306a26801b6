"""The questions and the votes for them."""

"""Who people are: registration, log-in, tokens."""

"""The talks: their pages, their data, the transcript."""

"""The slides: Markdown decks, checked, built on reveal.js, shown and printed."""

"""The blocks of a page, by the word that begins their fence.

Each takes the body of the block and the place that it is in, and returns HTML.
"""

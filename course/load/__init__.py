"""`make load-N`, `make measure`, `make claims`: what the steps do under load, before and after.

`scenario` says what is measured, `locusts` runs it and gives a `result`, `compare` does so for two
steps in turn, `ladder` looks for the largest hall of each step. `chart` draws.
"""

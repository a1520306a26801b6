"""The console sessions of the docs: what a page shows, and whether it is what really happens.

    python -m course sessions docs/steps/04-decorators.md          # what each command prints
    python -m course sessions docs/steps/04-decorators.md --write  # ... put into the page
    python -m pytest tests/docs --page docs/steps/04-decorators.md # whether the page is true

A session is a fence ```console title="step 4"``` with `$ command` lines and what they print. All of
a page that are of one step run in one bash against one fresh start of that step, in their order, in
a copy of the checkout. `localhost:8000` is the step, `localhost:8001` its slow site. A line that is
only `…` stands for any number of lines, `…` in a line for anything in it.
"""

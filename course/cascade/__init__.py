"""`make cascade`: carries a fix in one step through the later ones.

Step N+1 is made from step N, so what has changed in step N is merged into step N+1, what that
changes there is merged into step N+2, and so on. The base of each merge is what a step has handed
on before: at first the step as it is committed. A conflict that was solved by hand is carried on
like any other change, and the same command again carries only what is new.

`trees` reads the files of a step, `merge` decides what becomes of each, `plan` does so for a step
and for an exercise, `state` remembers how far it is, `write` puts files in place, `tester` runs
tests, `report` prints, `begin` looks whether anything is in the way, `finish` whether anything is
wrong at the end, and `run` holds the thread.
"""

"""The commands of `make`, in one list: `make help` prints it, a test compares it to the Makefile.

Plain old Python, as bootstrap.py: help has to work where nothing else does.
"""

COMMANDS = (
    ("make step-N", "run step N on http://localhost:8000 (PORT=9000 make step-N for another port)"),
    ("make diff-N", "what step N changed (SIDE=1 make diff-N for side by side)"),
    ("make hosts-N", "step N, from 10 on, with a network for each host (Linux and root)"),
    ("make deploy-N", "restart the hosts of step N, from 10 on, while it serves"),
    ("make flask-N", "a flask command of the running step N: ARGS='--help' make flask-N"),
    ("make reset-N", "delete the data of step N, so that it starts afresh"),
    ("make test", "verify everything"),
    ("make test-N", "verify step N: its unit tests, then its promises against the running step"),
    ("make bench", "measure what the structure of the steps costs"),
    (
        "make load-N",
        "the same load on steps N-1 and N in turn: what changed, as a table and a chart",
    ),
    ("make predict-N", "guess first, then make load-N (GUESS=3 make predict-N without asking)"),
    ("make load-ui-N", "step N with Locust's web page, to try a load by hand"),
    ("make measure", "the largest hall of every step, and what it is made of (FRESH=1: again)"),
    ("make claims", "measure every performance sentence of the course (ONLY=ID: one of them)"),
    (
        "make drill-N",
        "inject the faults of step N under load, count what was lost (N from 7 on; KEEP=1)",
    ),
    ("make check-N", "check your exercise N: what works, what does not yet"),
    ("make watch-N", "check exercise N again whenever you save"),
    ("make hint-N", "the next hint for exercise N"),
    ("make solution-N", "our solution beside yours, once yours passes (or FORCE=1)"),
    ("make run-exercise-N", "run step N with your files of exercise N"),
    ("make reset-exercise-N", "begin exercise N afresh; what you have is kept"),
    ("make progress", "the exercises, done and open"),
    ("make board", "the class board, for the instructor: step 13, open to the local network"),
    (
        "make join",
        "report what you pass to it: make join BOARD=http://192.168.1.5:8100 NICKNAME=ada",
    ),
    ("make leave", "report nothing any more"),
    ("make docs", "read the course in a browser (on port 8080, or the next that is free)"),
    ("make slides", "show the slides, S for the presenter's view (port 8090, or the next)"),
    ("make slides-pdf", "print the slides and a handout with notes into .data/slides/"),
    ("make site", "build the course as pages into site/, with all checks of them"),
    (
        "make offline",
        "the class kit, for rooms without a network (PLATFORMS=all, PYTHONS='3.12 3.13')",
    ),
    ("make doctor", "why does it not work here, and what exactly to do"),
    ("make format", "format the code and sort its imports (maintainers)"),
    ("make lock", "pin what requirements.in files ask for; UPGRADE=1 for newer (maintainers)"),
    (
        "make cascade",
        "carry a change of step N to the later steps: make cascade FROM=N (maintainers)",
    ),
    ("make new-step", "the frame of one more step: NAME=14-cache make new-step (maintainers)"),
    (
        "make upgrade",
        "newer versions into all locks, and what changes: DRY=1, ONLY=NAME (maintainers)",
    ),
    ("make clean", "delete caches, logs and leftovers of tests"),
    ("make distclean", "delete also .venv, all data of all steps, the built site"),
    ("make help", "this table"),
)


def main():
    """Print the table."""
    print("Flask at Scale: one application, step by step\n")
    for command, does in COMMANDS:
        print("  {:24}{}".format(command, does))
    print("\nFirst time here: make step-1")

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
    ("make drill-N", "inject the faults of step N under load, count what was lost (N from 7 on)"),
    ("make doctor", "why does it not work here, and what exactly to do"),
    ("make format", "format the code and sort its imports (maintainers)"),
    ("make lock", "pin what requirements.in files ask for; UPGRADE=1 for newer (maintainers)"),
    ("make clean", "delete caches, logs and leftovers of tests"),
    ("make distclean", "delete also .venv and all data of all steps"),
    ("make help", "this table"),
)


def main():
    """Print the table."""
    print("Flask at Scale: one application, step by step\n")
    for command, does in COMMANDS:
        print("  {:16}{}".format(command, does))
    print("\nFirst time here: make step-1")

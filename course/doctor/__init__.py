"""`make doctor`: why does it not work here, and what exactly to do.

Standard library only, and syntax that Python 3.6 still reads: it runs with whatever Python there
is, also when .venv cannot be made.
"""

from course.doctor import browser, machine, report, running, setup
from course.doctor.finding import BAD

CHECKS = (
    setup.python,
    setup.venv,
    setup.wheels,
    setup.steps,
    setup.path,
    setup.writable,
    machine.disk,
    machine.memory,
    machine.open_files,
    machine.clock,
    running.port,
    running.servers,
    running.leftovers,
    browser.chromium,
)


def main():
    """Print every finding and the report to paste; return 2 when there is a problem, else 0."""
    findings = examine()
    for finding in findings:
        print("{0.status:<8} {0.name:<12} {0.what}".format(finding))
        if finding.remedy:
            print("{:21} → {}".format("", finding.remedy))
    problems = sum(finding.status == BAD for finding in findings)
    if problems:
        print(
            "\n{} to solve first.".format(
                "1 problem" if problems == 1 else "%d problems" % problems
            )
        )
    else:
        print("\nEverything needed is there.")
    print("\nTo ask somebody for help, send them this (no names of yours are in it):\n")
    print(report.text(findings))
    return 2 if problems else 0


def examine():
    """Return the findings of all checks."""
    return [check() for check in CHECKS]

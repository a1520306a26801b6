"""The exercises themselves: that each is one, and has a solution.

python -m pytest tests/exercises --exercise 3
"""

from course.exercises import catalog


def pytest_addoption(parser):
    parser.addoption("--exercise", type=int, action="append", help="only this one (again: more)")


def pytest_generate_tests(metafunc):
    if "exercise" in metafunc.fixturenames:
        numbers = metafunc.config.getoption("exercise", None)
        chosen = [catalog.find(n) for n in numbers] if numbers else catalog.load()
        names = [exercise.name for exercise in chosen]
        metafunc.parametrize("exercise", chosen, ids=names, scope="session")

"""Load tests: what they take from Locust's journals, what they conclude, and what they refuse."""

import json
import math
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console

from course import catalog
from course.drills.people import Person
from course.errors import CourseError
from course.exercises import catalog as exercises
from course.load import (
    chart,
    claims,
    command,
    compare,
    figures,
    floors,
    ladder,
    measure,
    provenance,
    scenario,
    usl,
)
from course.load.bar import Bar
from course.load.claims import FAILS, HOLDS, UNKNOWN, Claim
from course.load.compare import Comparison, Side
from course.load.keep import keep
from course.load.result import BUSY, LATE, SETTLE, Result, freshness, merge, read, written
from course.paths import ROOT

INF = math.inf


def journal(**values):
    empty = {"requests": {}, "problems": {}, "posted": {}, "heard": {}, "listeners": {}}
    return {"began": 100.0, "ended": 120.0, "effort": [[110, 0.2, 0.001]], **empty} | values


def test_what_came_before_the_end_of_the_warm_up_does_not_count():
    requests = {"poll": [[102, 1, True], [103.5, 1, True], [104, 0.5, True], [105, 0.1, False]]}
    result = merge([journal(requests=requests)], warm_up=3)
    assert result.times("poll") == [0.5, INF]
    assert (result.sent, result.failed, result.window) == (2, 1, 17)
    assert result.rate("poll") == pytest.approx(1 / 17)


def test_the_processes_of_one_run_are_put_together():
    one = journal(requests={"poll": [[110, 0.1, True]]}, problems={"x": 1})
    other = journal(requests={"poll": [[111, 0.2, True]]}, problems={"x": 2}, began=101, ended=119)
    result = merge([one, other], warm_up=3)
    assert sorted(result.times("poll")) == [0.1, 0.2]
    assert result.problems["x"] == 3 and result.window == 15 and len(result.cpu) == 2


def test_freshness_counts_from_the_answer_and_who_never_hears_is_infinitely_late():
    one = journal(posted={"a": 105, "b": 106}, listeners={"x": 101, "late": 105.5})
    other = journal(heard={"a": [105.5], "b": [105.9, 107]}, listeners={"y": 101})
    assert sorted(freshness([one, other], 103, 117)) == [0, 0.5, 1, INF, INF]


def test_questions_of_the_warm_up_and_of_the_last_moments_do_not_count_for_freshness():
    one = journal(posted={"a": 102.9, "b": 120 - SETTLE + 0.1}, listeners={"x": 101})
    assert merge([one], 3).fresh == []


def test_an_outage_is_the_longest_time_without_an_answer():
    records = [(1, 0.1, True), (2, 0.1, True), (3, 0.1, False), (6.5, 0.1, True), (7, 0.1, True)]
    assert Result(10, {"poll": records}).outage("poll") == 4.5
    assert Result(10, {"poll": []}).outage("poll") == 10


@pytest.mark.parametrize(
    ("effort", "reason"),
    [
        ([[110, BUSY - 0.1, 0]], None),
        ([[110, BUSY + 0.1, 0]], "bottleneck"),
        ([[110, 0.1, LATE * 2]], "late"),
        ([[101, 1, 1], [110, 0.1, 0]], None),
    ],
)
def test_a_generator_that_is_the_bottleneck_makes_the_result_invalid(effort, reason):
    invalid = merge([journal(effort=effort)], warm_up=3).invalid
    assert invalid is None if reason is None else reason in invalid


def test_a_process_without_a_journal_is_said(tmp_path):
    (tmp_path / "1.json").write_text(json.dumps(journal()))
    assert read(written(tmp_path), 3, 1).window == 17
    with pytest.raises(CourseError, match="1 of 2 processes"):
        read(written(tmp_path), 3, 2)


def test_every_step_but_the_first_has_a_scenario_that_asks_something():
    found = scenario.scenarios()
    assert list(found) == [step.number for step in catalog.load()][1:]
    for each in found.values():
        assert each.question[0].isupper() and len(each.question) > 20, each.file
        assert each.metric in compare.LABELS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[step-2]\nmetric = "p50"\nusers = 1\nwhat = "x"', "no metric 'p50'"),
        ('[step-2]\nmetric = "p95"\nusers = 1\nwhat = "x"\nspeed = 3', "unknown speed"),
        ('[step-2]\nmetric = "p95"\nusers = 1', "what"),
    ],
)
def test_a_scenario_that_is_wrong_is_said(text, reason):
    with pytest.raises(CourseError, match=reason):
        scenario.parse(text)


def test_the_first_step_is_compared_with_nothing():
    last = len(catalog.load())
    with pytest.raises(
        CourseError, match=rf"Step 1 is compared with nothing: choose 2 to {last}\."
    ):
        scenario.find(1)


def result(seconds=0.1, rate=10, fresh=0.1, **options):
    name = "question with a link"
    requests = {name: [(i / rate, seconds, True) for i in range(10 * rate)]}
    for other in ("list", "unchanged", "poll"):
        requests[other] = requests[name]
    return Result(10, requests, fresh=[fresh] * 20, cpu=[0.1], **options)


def found(number, before, after, **options):
    sides = Side(catalog.find(number - 1), before), Side(catalog.find(number), after)
    return Comparison(scenario.find(number), *sides, **options)


@pytest.mark.parametrize(
    ("number", "before", "after", "ratio"),
    [
        (7, result(1.0), result(0.1), 10),
        (9, result(rate=10), result(rate=20), 2),
        (11, result(fresh=1.5), result(fresh=0.5), 3),
        (10, result(rate=1), result(rate=10), 10),
    ],
    ids=["p95", "rate", "freshness", "outage"],
)
def test_a_ratio_above_1_is_better_whatever_is_measured(number, before, after, ratio):
    one = found(number, [before] * 2, [after] * 2)
    assert one.ratio == pytest.approx(ratio)
    assert one.ratios == pytest.approx([ratio] * 2)
    said = compare.sentence(one)
    assert f"{ratio:.2g} times" in said and said.endswith(".")


def test_nothing_measured_is_no_ratio():
    empty = Result(10, {})
    assert math.isnan(found(7, [empty], [empty]).ratio)
    assert "nothing" in compare.sentence(found(7, [empty], [empty])).lower()


@pytest.mark.parametrize("number", [4, 7, 10, 12])
def test_a_comparison_is_shown_drawn_and_said(number, tmp_path):
    out = Console(file=StringIO(), width=150)
    one = found(number, [result(0.5, 10, 1.0)] * 2, [result(0.1, 20, 0.1)] * 2)
    assert command.show(one, out, tmp_path) == 0
    text = out.file.getvalue()
    assert compare.sentence(one) in text and one.after.step.title[:20] in text
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".json") == [
        f"step-{number}-{mode}.{kind}" for mode in ("dark", "light") for kind in ("png", "svg")
    ]
    for path in tmp_path.glob("*.svg"):
        assert one.scenario.question in path.read_text()


def test_a_comparison_that_is_not_valid_says_so_and_ends_with_2(tmp_path):
    out = Console(file=StringIO(), width=150)
    one = found(7, [result()], [result(late=1)])
    assert command.show(one, out, tmp_path) == 2
    assert "Not valid: the load generator came 1.00 s late." in out.file.getvalue()


@pytest.mark.parametrize(
    ("broken", "code"), [("3 of 9 requests to step 7 failed: 3 x status 500", None), ("", 130)]
)
def test_what_was_measured_before_it_broke_is_kept_marked_and_shown(broken, code, tmp_path):
    out = Console(file=StringIO(), width=150)
    one = found(7, [result(1.0)], [result(0.1)], broken=broken or compare.INTERRUPTED)
    if code:
        assert command.show(one, out, tmp_path) == code
    else:
        with pytest.raises(CourseError, match="3 of 9 requests"):
            command.show(one, out, tmp_path)
    kept = json.loads((tmp_path / "step-7.json").read_text())
    assert kept["whole"] is False and kept["broken"] and kept["ratio"] == pytest.approx(10)
    assert "partial" in out.file.getvalue()


def test_a_step_that_does_not_start_leaves_a_comparison_with_nothing_in_it(tmp_path):
    out = Console(file=StringIO(), width=150)
    one = found(7, [], [], broken="Step 7 did not come up")
    with pytest.raises(CourseError, match="did not come up"):
        command.show(one, out, tmp_path)
    assert "not measured" in out.file.getvalue()
    assert [path.name for path in tmp_path.iterdir()] == ["step-7.json"]


@pytest.mark.parametrize("failure", [CourseError("It did not come up."), KeyboardInterrupt()])
def test_whatever_ends_a_comparison_its_rounds_are_kept(monkeypatch, failure):
    @contextmanager
    def live(step, **_):
        yield SimpleNamespace(step=step, url="http://x", slow_site_url="", names=())

    rounds = iter([result(1.0), result(0.1), failure])

    def measured(*_):
        value = next(rounds)
        if isinstance(value, BaseException):
            raise value
        return value

    monkeypatch.setattr(compare, "live", live)
    monkeypatch.setattr(compare, "fill", lambda *_: None)
    monkeypatch.setattr(compare, "measure", measured)
    one = compare.compare(scenario.find(7), Bar(Console(file=StringIO())))
    assert (len(one.before.results), len(one.after.results)) == (1, 1)
    said = compare.INTERRUPTED if isinstance(failure, KeyboardInterrupt) else str(failure)
    assert said in one.broken


def test_a_step_that_does_not_answer_is_said_in_a_line():
    gone = SimpleNamespace(url="http://127.0.0.1:9", step=SimpleNamespace(number=7))
    with (
        pytest.raises(CourseError, match=r"^Step 7 does not answer: [^\n]+$"),
        compare.talking(gone, Person("somebody", "token")) as http,
    ):
        compare.listed(http)


@pytest.mark.parametrize(
    ("guess", "said"), [(10, "close"), (14, "close"), (2, "a factor of 5"), (100, "a factor of 10")]
)
def test_a_guess_is_held_against_what_was_measured(guess, said):
    assert said in command.verdict(guess, 10.0)


def claim(minimum=3, cores=1, number=7):
    return Claim("c", "It is faster.", (number - 1, number), number, minimum, cores)


@pytest.mark.parametrize(
    ("one", "after", "outcome"),
    [
        (claim(), result(0.1), HOLDS),
        (claim(minimum=11), result(0.1), FAILS),
        (claim(), result(0.9), FAILS),
        (claim(cores=512), result(0.1), UNKNOWN),
        (claim(), result(0.1, late=1), UNKNOWN),
        (claim(), Result(10, {}), UNKNOWN),
    ],
)
def test_a_claim_that_is_false_fails_and_one_that_cannot_be_measured_says_so(one, after, outcome):
    verdict = claims.judge(one, lambda _: found(7, [result(1.0)] * 3, [after] * 3))
    assert verdict.outcome == outcome
    assert bool(verdict.reason) is (outcome == UNKNOWN)


def test_a_step_that_fails_under_the_load_fails_the_claim():
    broken = found(7, [result()], [], broken="7 of 9 requests to step 7 failed: 7 x status 500")
    verdict = claims.judge(claim(), lambda _: broken)
    assert (verdict.outcome, verdict.reason[:6]) == (FAILS, "7 of 9")


def test_interrupted_claims_end_keep_those_before_and_say_so(monkeypatch, tmp_path):
    several = [replace(claim(), id=id) for id in ("a", "b", "c")]
    monkeypatch.setattr(claims, "chosen", lambda only: several)
    good = found(7, [result(1.0)] * 3, [result(0.1)] * 3)
    outcomes = iter([good, found(7, [], [], broken=compare.INTERRUPTED)])
    monkeypatch.setattr(claims, "compare", lambda *_: next(outcomes))
    out, path = Console(file=StringIO(), width=150), tmp_path / "claims.json"
    assert claims.run((), out, results=path) == compare.STOPPED
    assert list(json.loads(path.read_text())) == ["a"]
    assert "interrupted" in out.file.getvalue()


@pytest.mark.parametrize(("minimum", "code"), [(3, 0), (30, 1)])
def test_a_planted_false_claim_turns_the_run_red(monkeypatch, tmp_path, minimum, code):
    monkeypatch.setattr(claims, "chosen", lambda only: [claim(minimum)])
    measured = found(7, [result(1.0)] * 3, [result(0.1)] * 3)
    monkeypatch.setattr(claims, "compare", lambda *_: measured)
    out, path = Console(file=StringIO(), width=150), tmp_path / "results" / "claims.json"
    assert claims.run((), out, results=path) == code
    kept = json.loads(path.read_text())["c"]
    assert kept["outcome"] == (FAILS if code else HOLDS)
    assert kept["ratio"] == pytest.approx(10) and kept["provenance"]["cores"]


def test_verdicts_of_another_machine_are_not_kept_beside_ours(tmp_path):
    path = tmp_path / "claims.json"
    other = {"provenance": provenance.here() | {"cpu": "another"}}
    path.write_text(json.dumps({"theirs": other, "ours": {"provenance": provenance.here()}}))
    claims.write([], path)
    assert list(json.loads(path.read_text())) == ["ours"]


def test_the_claims_of_the_course_are_about_steps_that_there_are():
    for each in claims.chosen(()):
        assert each.steps[0] < each.steps[1] and each.sentence.endswith(".")
        assert not any(letter.isdigit() for letter in each.sentence), "a figure written by hand"
    with pytest.raises(CourseError, match="'x' is no claim; choose from package-costs-nothing"):
        claims.chosen(("x",))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[a]\nsentence = "x"\nsteps = [6, 7]\nscenario = 7', "minimum"),
        ('[a]\nsentence = "x"\nsteps = [6, 7]\nscenario = 99\nminimum = 1', "no scenario 99"),
        ('[a]\nsentence = "x"\nsteps = [6, 8]\nscenario = 7\nminimum = 1', "earlier step"),
        ('[a]\nsentence = "x"\nscenario = 7\nminimum = 1', "steps"),
    ],
)
def test_a_claim_that_is_wrong_is_said(text, reason):
    with pytest.raises(CourseError, match=reason):
        claims.parse(text)


@pytest.mark.parametrize("limit", [1, 2, 5, 16, 57, 1500])
@pytest.mark.parametrize("first", [1, 16, 800])
def test_the_search_ends_next_to_the_limit(limit, first):
    tried = []

    def served(size):
        tried.append(size)
        return size <= limit

    low, high = ladder.search(served, first)
    assert low <= limit < high and (high - low <= 1 or high <= low * ladder.CLOSE_ENOUGH)
    assert len(tried) == len(set(tried)) and len(tried) < 20


def test_the_search_of_a_step_like_the_one_before_takes_three_trials():
    tried = []

    def served(size):
        tried.append(size)
        return size <= 100

    assert ladder.search(served, 100) == (100, 119)
    assert tried == [100, 142, 119]


def test_a_step_that_serves_nobody_has_no_hall():
    assert ladder.search(lambda size: False, 4) == (0, 1)


@pytest.mark.parametrize(
    ("answers", "hall"),
    [([True], 100), ([False, True, True], 80), ([False, False, True, True], 64)],
)
def test_a_hall_counts_only_if_it_is_served_every_time(answers, hall):
    left = iter(answers)
    low, high = ladder.confirm(lambda size: next(left), 100, 120)
    assert low == hall and high > low and not list(left)


@pytest.mark.parametrize(
    ("step", "measured", "reason"),
    [
        (6, result(), ""),
        (6, result(seconds=0.4), "p95 of requests 400 ms"),
        (6, result(fresh=4.0), "p95 of freshness 4.0 s"),
        (6, Result(10, {"poll": [(1, 0.1, False)]}, fresh=[0.1]), "1 of 1 requests failed"),
        (6, result(late=1), "the load generator came 1.00 s late"),
        (6, Result(10, {"watch": [(1, 0.1, True)]}), "p95 of freshness none"),
        (6, Result(10, {"watch": [(1, 9, True)]}, fresh=[0.1]), "p95 of requests 9.0 s"),
        (11, Result(10, {"watch": [(1, 9, True)], "vote": [(1, 0.1, True)]}, fresh=[0.1]), ""),
    ],
)
def test_a_hall_is_served_in_time_without_failures_and_with_fresh_news(step, measured, reason):
    assert ladder.judge(50, step, measured).reason == reason


def test_the_law_is_found_again_and_none_of_its_terms_is_negative():
    clients = [1, 2, 4, 8, 16, 32]
    law = usl.Law(100, 0.05, 0.001, 0)
    again = usl.fit(clients, [law.throughput(n) for n in clients])
    assert (again.single, again.contention, again.coherency) == pytest.approx((100, 0.05, 0.001))
    assert again.best == pytest.approx(math.sqrt(0.95 / 0.001)) and again.error < 1e-6
    better = usl.fit(clients, [100 * n**1.1 for n in clients])
    assert better.contention >= 0 and better.coherency >= 0
    flat = usl.fit(clients, [100] * 6)
    assert flat.contention == pytest.approx(1) and flat.coherency == pytest.approx(0, abs=1e-9)
    worse = usl.fit(clients, [60, 68, 59, 43, 33, 30])
    assert worse.contention == pytest.approx(1) and worse.coherency > 0
    assert "each one more makes all of them slower" in usl.explained(worse)
    for one in (again, better, flat, worse):
        assert usl.explained(one).startswith("One client gets ")
    with pytest.raises(ValueError, match="four measurements"):
        usl.fit([1, 2, 4], [1, 2, 3])


def test_who_comes_after_a_crowd_that_was_too_large_meets_a_step_that_was_started_anew(monkeypatch):
    running, met = [], []

    @contextmanager
    def live(step, **_):
        running.append(step.number)
        yield len(running)
        running.append("stopped")

    def serve(server, size, progress):
        met.append((server, size))
        return size

    def judge(size, number, result):
        return ladder.Trial(size, 0.1, 0.1, 0, 1, 0.1, "too slow" if size > 20 else "")

    monkeypatch.setattr(ladder, "live", live)
    monkeypatch.setattr(ladder, "serve", serve)
    monkeypatch.setattr(ladder, "judge", judge)
    monkeypatch.setattr(ladder, "fill", lambda *_: None)
    rung = ladder.climb(6, 16, Bar(Console(file=StringIO())))
    assert (rung.hall, rung.beyond) == (19, 23)
    assert running == [6, "stopped", 6, "stopped"]
    assert met == [(1, 16), (1, 23), (3, 19), (3, 19)]


def test_what_processes_used_that_have_ended_counts_too():
    work = "while time.process_time() < 0.5: pass"
    parent = (
        "import subprocess, sys, time\n"
        f"subprocess.run([sys.executable, '-c', 'import time\\n{work}'])\n"
        "print('over', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"over\n"
            assert floors.used(process.pid) >= 0.45
        finally:
            process.kill()


def test_results_of_different_machines_are_refused():
    here = provenance.here()
    provenance.check_same(here, here | {"date": "another day", "commit": "another"})
    for name in provenance.MACHINE:
        with pytest.raises(CourseError, match=f"different machines \\({name}"):
            provenance.check_same(here, here | {name: "another"})


def test_an_interrupted_run_goes_on_and_another_machines_or_commits_does_not(tmp_path):
    path = tmp_path / "measure.json"
    state = measure.begin(path, fresh=False)
    assert state["whole"] is False
    state["rungs"]["1"] = {"hall": 50}
    keep(state, path)
    assert measure.begin(path, fresh=False)["rungs"] == {"1": {"hall": 50}}
    assert measure.begin(path, fresh=True)["rungs"] == {}
    for name, reason in (("cpu", "different machines"), ("commit", "of commit another")):
        keep(state | {"provenance": state["provenance"] | {name: "another"}}, path)
        with pytest.raises(CourseError, match=f"{reason}.*FRESH=1 make measure begins again"):
            measure.begin(path, fresh=False)


@pytest.mark.parametrize(("size", "questions", "links"), [(15, 1, 0.01), (3000, 10, 2)])
def test_only_the_questions_that_a_hall_would_ask_have_links(size, questions, links):
    words = ladder.doings(size)
    rates = dict(zip(words[::2], map(float, words[1::2]), strict=True))
    assert rates["--questions"] == pytest.approx(questions)
    assert rates["--questions"] * rates["--links"] == pytest.approx(links, rel=0.01)


def test_the_ladder_is_kept_drawn_and_shown(monkeypatch, tmp_path):
    trials = [ladder.Trial(50, 0.1, 0.2, 0, 9, 0.1), ladder.Trial(60, 0.4, 0.2, 0, 9, 0.1, "slow")]

    def climb(number, first, progress):
        assert first == (16 if number == 1 else 50)  # the largest so far
        return ladder.Rung(number, 50, 60, trials)

    fitted = {"clients": [1, 2, 4, 8], "rates": [9, 18, 30, 40], "says": "One client gets 9."}
    monkeypatch.setattr(measure, "climb", climb)
    monkeypatch.setattr(
        measure, "law", lambda *_: fitted | {"law": vars(usl.fit([1, 2, 4, 8], fitted["rates"]))}
    )
    monkeypatch.setattr(measure.floors, "FLOORS", {})
    monkeypatch.setattr(measure, "UNFINISHED", tmp_path / "unfinished.json")
    out = Console(file=StringIO(), width=150)
    assert measure.measure(out, results=tmp_path / "results") == 0
    kept = json.loads((tmp_path / "results" / measure.LADDER).read_text())
    assert kept["whole"] is True and len(kept["rungs"]) == len(catalog.load())
    assert not measure.UNFINISHED.exists()
    assert "used 0.10 cores at most" in out.file.getvalue()
    assert "slow" in out.file.getvalue() and "Step 1: One client gets 9." in out.file.getvalue()
    assert len(list((tmp_path / "results").glob("*.svg"))) == 4


def test_floors_are_shown_with_their_targets_and_what_misses_one_is_marked():
    cheap = {"rates": [90, 110], "costs": [0.001], "rate": 100}
    dear = {"rates": [30], "costs": [0.003], "rate": 30}
    dear |= {"of": "hello", "ratio": 0.3, "target": 0.5}
    push = {"listeners": 1000, "messages": 32000, "p95": 0.04, "cost": 0.00005}
    state = {
        "rungs": {"1": {"step": 1, "hall": 50, "beyond": 60, "trials": []}},
        "laws": {},
        "floors": {"step 6": {"hello": cheap, "unchanged": dear}, "push": {"alone": push}},
    }
    out = Console(file=StringIO(), width=150)
    measure.show(state, out)
    text = out.file.getvalue()
    assert "0.5 or more: missed" in text and "0.30 of hello" in text and "50 millionths" in text


def test_an_interruption_keeps_what_was_measured(monkeypatch, tmp_path):
    def climb(number, first, progress):
        if number == 3:
            raise KeyboardInterrupt
        return ladder.Rung(number, 50, 60)

    monkeypatch.setattr(measure, "climb", climb)
    monkeypatch.setattr(measure, "UNFINISHED", tmp_path / "unfinished.json")
    out = Console(file=StringIO())
    assert measure.measure(out, results=tmp_path / "results") == compare.STOPPED
    assert "make measure goes on" in out.file.getvalue()
    kept = json.loads(measure.UNFINISHED.read_text())
    assert list(kept["rungs"]) == ["1", "2"] and kept["whole"] is False
    assert not (tmp_path / "results").exists()


def test_colours_of_the_charts_can_be_read_on_their_paper():
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for colours in chart.COLOURS.values():
        for name in ("ink", "before", "after"):
            light, dark = sorted(map(luminance, (colours[name], colours["paper"])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, name


@pytest.mark.parametrize(
    ("slowest", "labels", "not_there"),
    [(0.6, {"20 ms", "50 ms", "100 ms", "500 ms"}, "10⁻"), (60, {"100 ms", "1.0 s"}, "20 ms")],
)
def test_times_on_an_axis_are_durations_and_have_room(slowest, labels, not_there):
    spread = [(50, 0.02), (100, slowest)]
    drawn = chart.spreads_on([("step 1: p95 never", "after", spread, math.inf)], "p95")
    texts = set(re.findall(r"<text[^>]*>([^<]*)</text>", chart.page_svg(drawn)))
    assert labels <= texts
    assert not any(not_there in each or "times" in each for each in texts)


def test_what_95_of_100_never_had_is_said_to_be_never():
    assert chart.in_words(math.inf) == "never"


DRILLED = {
    "scene": "a worker: killed",
    "figure": "1.5 s",
    "sent": 1200,
    "failed": 0,
    "lost": None,
    "invalid": None,
}


@pytest.fixture
def results(tmp_path):
    here = {"cpu": "A chip", "cores": 2, "python": "3.11.7"}
    holds = {"outcome": HOLDS, "ratio": 17.96, "before": "522 ms", "after": "29 ms"}
    keep({"good": holds, "bad": holds | {"outcome": FAILS}}, tmp_path / "claims.json")
    rungs = {"1": {"hall": 50}, "13": {"hall": 1200}}
    listed = {"ratio": 0.76, "rate": 1234.5, "costs": [0.0011, 0.00125]}
    law = {"single": 850.4, "contention": 0.412, "coherency": 0.0031, "error": 0.02}
    laws = {"9": {"law": law, "says": "One client gets something done."}}
    ladder = {"rungs": rungs, "floors": {"step 6": {"list": listed}}, "laws": laws}
    keep(ladder | {"provenance": here}, tmp_path / "ladder.json")
    rows = [DRILLED, DRILLED | {"scene": "busy", "invalid": "too busy"}]
    keep({"rows": [*rows, *2 * [DRILLED | {"scene": "twice"}]]}, tmp_path / "drill-8.json")
    return tmp_path


@pytest.mark.parametrize(
    ("id", "text"),
    [
        ("claim:good:ratio", "18"),
        ("claim:good:before", "522 ms"),
        ("claim:good:after", "29 ms"),
        ("hall:13", "1,200"),
        ("hall:1<13", "50"),
        ("hall:13>1", "1,200"),
        ("times:13", "24"),
        ("share:6:list", "76%"),
        ("rate:6:list", "1,234"),
        ("cost:6:list", "1.10 ms"),
        ("law:9:single", "850"),
        ("law:9:contention", "41.2%"),
        ("law:9:coherency", "0.31%"),
        ("law:9:best", "14"),
        ("law:9:says", "One client gets something done."),
        ("machine", "A chip, 2 cores, Python 3.11.7"),
        ("drill:8:a worker: killed:sent", "1,200"),
        ("drill:8:a worker: killed:failed", "0"),
        ("drill:8:a worker: killed:figure", "1.5 s"),
        ("minutes:8", str(catalog.find(8).minutes)),
        ("exercise-minutes:8", str(exercises.find(8).minutes)),
        ("title:8", "A Celery job queue"),
    ],
)
def test_a_figure_is_read_out_of_the_results(results, id, text):
    assert figures.figure(id, results) == text


@pytest.mark.parametrize(
    ("id", "reason"),
    [
        ("claim:none:ratio", "no figure 'claim:none:ratio'"),
        ("claim:good:colour", "no figure"),
        ("claim:good", "no figure"),
        ("claim:bad:ratio", "'bad' fails: it has no figure"),
        ("hall:99", "no figure"),
        ("hall:1=13", "no figure"),
        ("hall:13<99", "no figure"),
        ("hall:13<1", "of step 13 has 1,200 people and that of step 1 50: rewrite the sentence"),
        ("hall:1>13", "rewrite the sentence that says 1>13"),
        ("hall:1<1", "rewrite the sentence"),
        ("share:6:none", "no figure"),
        ("rate:6:none", "no figure"),
        ("law:6:single", "no figure"),
        ("law:9:colour", "no figure"),
        ("speed", "no figure 'speed'"),
        ("drill:8:a worker: killed:lost", "no figure"),
        ("drill:8:a worker: killed:scene", "no figure"),
        ("drill:8:nobody:sent", "no figure"),
        ("drill:8:twice:sent", "no figure"),
        ("drill:8:busy:sent", "'busy' of drill 8 is not valid"),
        ("drill:9:busy:sent", r"no drill-9\.json in .* yet: make drill-9"),
        ("minutes:99", "no step 99"),
        ("exercise-minutes:x", "no figure"),
        ("title:", "no figure"),
    ],
)
def test_a_figure_that_nobody_measured_is_refused(results, id, reason):
    with pytest.raises(CourseError, match=reason):
        figures.figure(id, results)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1.17, "1.2"), (0.988, "0.99"), (1.004, "1.0"), (2.04, "2"), (119.6, "120"), (2345, "2,300")],
)
def test_a_ratio_has_two_digits_and_no_power_of_ten(ratio, text):
    assert compare.factor(ratio) == text


def test_a_reader_may_name_other_results(results, monkeypatch):
    monkeypatch.setenv(figures.VARIABLE, str(results))
    assert figures.figure("hall:13") == "1,200" and figures.folder() == results
    monkeypatch.delenv(figures.VARIABLE)
    assert figures.folder() == figures.RESULTS


def test_results_that_are_no_json_are_said(tmp_path):
    (tmp_path / "ladder.json").write_text("{")
    with pytest.raises(CourseError, match=r"ladder\.json is no JSON"):
        figures.figure("hall:1", tmp_path)


def test_without_results_it_is_said_how_to_get_them(tmp_path):
    with pytest.raises(CourseError, match="make measure"):
        figures.figure("hall:1", tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "answers 1,200 requests a second",
        "is 4.5 × faster",
        "18x",
        "within 30 ms",
        "3 times as fast",
    ],
)
def test_a_figure_written_by_hand_is_found(text):
    assert figures.by_hand(f"The list {text}.")


@pytest.mark.parametrize(
    "text",
    ["in step 3", "two processes", "`sleep(30 ms)`", "```\n30 ms\n```", "RFC 9110", "10 minutes"],
)
def test_other_numbers_are_nobodys_business(text):
    assert not figures.by_hand(text)


def test_no_text_of_the_course_states_a_figure_by_hand():
    texts = [ROOT / "README.md", ROOT / "loadtests" / "README.md"]
    texts += [path for folder in ("docs", "slides") for path in (ROOT / folder).rglob("*.md")]
    assert {path: found for path in texts if (found := figures.by_hand(path.read_text()))} == {}


def test_who_was_never_answered_has_no_p95_on_a_chart():
    spread = [(50, 0.1), (70, 0.2), (95, math.inf)]
    assert chart.label("step 9", spread, math.inf) == "step 9: no more than 70 of 100"
    assert chart.label("step 9", spread[:2], 0.2) == "step 9: p95 200 ms"
    assert chart.label("step 9", [(50, math.inf)], math.inf) == "step 9: no more than 0 of 100"


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [([0.004, 0.1], ["5 ms", "10 ms", "20 ms", "50 ms"]), ([0.002, 1.5], ["10 ms", "100 ms"])],
)
def test_the_axis_of_a_chart_has_times_not_powers_of_ten(seconds, ticks):
    spread = [(50, seconds[0]), (95, seconds[1])]
    svg = chart.page_svg(chart.spreads_on([("step 9", "before", spread, seconds[1])], "p95"))
    texts = [text.strip() for text in re.findall(r"<text[^>]*>([^<]*)<", svg)]
    assert set(ticks) <= set(texts), texts
    assert not any("10^" in text or "×" in text for text in texts), texts

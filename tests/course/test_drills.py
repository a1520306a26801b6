"""The drills: what they see as lost or duplicated, what they say, and with which exit code."""

import io
import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import httpx
import pytest
from rich.console import Console
from test_drill_load import load, posts, record, serving
from test_makefile import make

from course.drills import faults, machine, run, step9, step10, step11
from course.drills.followers import Hearing, hearing
from course.drills.jobs import Jobs, job_tally, jobs_settled
from course.drills.load import Load, bottleneck
from course.drills.people import Person
from course.drills.plan import Effort, Stream
from course.drills.progress import Progress
from course.drills.questions import Feed, Tally, settled, tally
from course.drills.report import Report, Row, below, counts, ratio, table
from course.drills.stage import Skipped
from course.errors import CourseError

KEY = "0123456789abcdef"


def console():
    return Console(record=True, width=140, file=io.StringIO())


def shown(*rows):
    out = console()
    out.print(table(Report("A drill", list(rows))))
    return out.export_text()


def question(id=1, key=KEY, links=1, status="done"):
    previews = {"status": status}
    if status == "done":
        previews["items"] = [{"url": f"u{n}"} for n in range(links)]
    return {"id": id, "source": f"Drill {key}: what?", "previews": previews}


def test_a_ratio_is_how_many_times_lower():
    assert ratio(0.5, 0.01) == 50
    assert not below(ratio(0.5, 0.05), 10)
    assert below(ratio(0.49, 0.05), 10)


def test_what_was_not_measured_misses_its_target():
    assert below(ratio(0.5, 0), 10)
    assert below(ratio(float("nan"), 0.1), 10)


def test_a_question_with_its_preview_is_complete():
    assert tally([KEY], [question()], links=1) == Tally(accepted=1, complete=1)


def test_a_question_that_is_not_there_is_lost():
    other = question(key="f" * 16)
    assert tally([KEY], [other, {"id": 5, "deleted": True}], 1) == Tally(accepted=1, lost=1)


def test_a_question_that_is_there_twice_is_duplicated():
    assert tally([KEY], [question(1), question(2)], 1).duplicated == 1


def test_a_preview_that_never_came_is_lost():
    assert tally([KEY], [question(links=0)], 1) == Tally(accepted=1, lost=1)


def test_a_preview_that_is_there_twice_is_duplicated():
    assert tally([KEY], [question(links=2)], 1).duplicated == 1


def test_a_preview_to_come_is_pending():
    assert tally([KEY], [question(status="pending")], 1) == Tally(accepted=1, pending=1)


def test_the_feed_is_followed_to_its_end():
    pages = {None: ([1, 2], True), "2": ([3], False), "3": ([2], False)}

    def feed(handler):
        after = httpx.URL(handler.path).params.get("after")
        ids, more = pages[after]
        items = ", ".join(f'{{"id": {id}, "seen": "{after}"}}' for id in ids)
        body = f'{{"items": [{items}], "next": "{max(ids)}", "more": {str(more).lower()}}}'
        handler.answer(200, body.encode())
        return True

    with serving(feed) as server:
        seen = Feed(server.url, "a-talk")
        seen.refresh()
        assert sorted(seen.items) == [1, 2, 3]
        seen.refresh()
    assert seen.items[2]["seen"] == "3"


def test_what_stays_pending_is_said_after_the_patience():
    other = "f" * 16
    items = [question(1), question(2, other, status="pending")]
    body = json.dumps({"items": items, "next": "1", "more": False}).encode()
    with serving(lambda handler: handler.answer(200, body) or True) as server:
        posted = [record(key=key, status=201) for key in (KEY, other)]
        found = settled(Progress(console()), server.url, "a-talk", posted, patience=0.2)
    assert found == Tally(accepted=2, complete=1, pending=1)


def test_jobs_are_summed_up():
    found = job_tally(["done", "failed", "lost", "queued", "unknown"])
    assert (found.accepted, found.done, found.failed, found.lost, found.pending) == (5, 1, 1, 1, 2)


def jobs(server):
    answer = Jobs.__new__(Jobs)
    answer.url, answer.talk, answer.organiser = server.url, "a-talk", Person("zoë", "token")
    return answer


def test_a_job_that_nobody_knows_any_more_is_lost():
    def forgets(handler):
        if handler.path.endswith("/result"):
            handler.answer(200, b"%PDF-1.7")
        elif "a" in handler.path.rpartition("/")[2]:
            handler.answer(303, Location=f"{handler.path}/result")
        else:
            handler.answer(404)
        return True

    with serving(forgets) as server:
        found = jobs_settled(Progress(console()), jobs(server), ["a1", "b2"], patience=0.2)
    assert (found.accepted, found.done, found.lost) == (2, 1, 1)


def test_a_job_without_its_result_is_not_done():
    def empty(handler):
        done = not handler.path.endswith("/result")
        handler.answer(303 if done else 404, Location=f"{handler.path}/result")
        return True

    with serving(empty) as server:
        assert jobs(server).status("a1") == "lost"


def test_a_refused_order_is_an_error():
    with (
        serving(lambda handler: handler.answer(503) or True) as server,
        pytest.raises(CourseError, match="refused: 503"),
    ):
        jobs(server).accepted(1)


def test_a_target_that_is_met_is_shown_beside_the_figure():
    text = shown(Row("posts", "p95 9 ms", "10 x or more", sent=1200, failed=0, zero=("failed",)))
    assert "10 x or more, 0 failed" in text
    assert "1,200" in text
    assert "missed" not in text


@pytest.mark.parametrize(
    "row",
    [
        Row("too slow", "p95 9 s", "10 x or more", missed=True),
        Row("a failure", failed=1, zero=("failed", "lost")),
        Row("a loss", lost=1, zero=("failed", "lost")),
        Row("twice", duplicated=1, zero=("duplicated",)),
    ],
)
def test_a_missed_target_is_said_in_words(row):
    assert ": missed" in shown(Row("fine"), row)
    assert Report("A drill", [Row("fine"), row]).exit_code == 1


def test_a_fact_is_no_target():
    assert Report("A drill", [Row("kill", lost=20)]).exit_code == 0


def test_an_invalid_measurement_is_neither_met_nor_missed():
    row = Row("poll", "2 x", "3 x or more", missed=True, invalid="the generator was busy")
    assert "not valid: the generator was busy" in shown(row)
    assert "missed" not in shown(row)
    assert Report("A drill", [row]).exit_code == 2


def play(monkeypatch, only=(), **scenes):
    module = SimpleNamespace(TITLE="A drill", SECONDS=1, SCENES=scenes)
    monkeypatch.setattr(run, "module_of", lambda step: module)
    out = console()
    return run.drill(None, only, None, out), out


def loaded(fault=lambda handler: False, **options):
    """A scene with a load of its own: clients that take their time, unless `options` say else."""

    def scene(stage):
        with serving(fault) as server:
            stream = Stream("read", "/", **{"users": 2, "every": 0.1} | options)
            done = load(server, stream, seconds=0.3)
        counted = counts(done.records)
        stage.add(Row("reads", zero=("failed",), invalid=bottleneck(done), **counted))

    return scene


def test_a_drill_in_which_all_went_well_ends_with_0(monkeypatch):
    code, out = play(monkeypatch, reads=loaded())
    assert code == 0
    assert "A drill" in out.export_text()


def test_a_drill_with_failures_ends_with_1(monkeypatch):
    code, out = play(monkeypatch, fine=loaded(), reads=loaded(lambda handler: handler.hang_up()))
    assert code == 1
    assert "0 failed: missed" in out.export_text()


def test_a_drill_whose_generator_was_the_bottleneck_ends_with_2(monkeypatch):
    code, out = play(monkeypatch, reads=loaded(rate=100_000))
    assert code == 2
    assert "not valid: the load generator" in out.export_text()


def test_a_scene_that_cannot_be_played_here_is_skipped(monkeypatch):
    def link(stage):
        """The link is down."""
        raise Skipped("it needs root")

    code, out = play(monkeypatch, link=link)
    assert code == 0
    assert "skipped: it needs root" in out.export_text()


def test_what_was_found_before_an_error_is_shown(monkeypatch):
    def broken(stage):
        raise CourseError("The step did not come back.")

    module = SimpleNamespace(TITLE="A drill", SECONDS=1, SCENES={"a": loaded(), "b": broken})
    monkeypatch.setattr(run, "module_of", lambda step: module)
    out = console()
    with pytest.raises(CourseError, match="did not come back"):
        run.drill(None, (), None, out)
    assert "reads" in out.export_text()


def test_a_whole_drill_is_kept_with_where_it_comes_from(monkeypatch, tmp_path):
    module = SimpleNamespace(TITLE="A drill", SECONDS=1, SCENES={"reads": loaded()})
    monkeypatch.setattr(run, "module_of", lambda step: module)
    step = SimpleNamespace(number=8)
    assert run.drill(step, (), None, console(), tmp_path) == 0
    kept = json.loads((tmp_path / "drill-8.json").read_text())
    (row,) = kept["rows"]
    assert (kept["title"], row["scene"], row["failed"]) == ("A drill", "reads", 0)
    assert row["sent"] > 0
    assert kept["provenance"]["commit"]


def test_half_a_drill_is_not_kept(monkeypatch, tmp_path):
    def broken(stage):
        raise CourseError("The step did not come back.")

    module = SimpleNamespace(TITLE="A drill", SECONDS=1, SCENES={"a": loaded(), "b": broken})
    monkeypatch.setattr(run, "module_of", lambda step: module)
    for only in ((), ("a",)):
        with pytest.raises(CourseError, match=r"did not come back|leave ONLY out"):
            run.drill(SimpleNamespace(number=8), only, None, console(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_only_one_scene_is_played(monkeypatch):
    def never(stage):
        raise AssertionError

    code, _ = play(monkeypatch, ["reads"], reads=loaded(), other=never)
    assert code == 0


def test_an_unknown_scene_is_an_error(monkeypatch):
    with pytest.raises(CourseError, match="'x' is no scene of this drill; choose reads"):
        play(monkeypatch, ["x"], reads=loaded())


def test_a_step_without_a_drill_is_one_line():
    code, lines = make("drill-1")
    assert (code, lines) == (2, ["Step 1 has no drill; the first that has one is step 7."])


@pytest.mark.parametrize("number", [7, 8, 9, 10, 11])
def test_every_scene_says_what_it_does(number):
    module = run.module_of(SimpleNamespace(number=number))
    assert all(scene.__doc__ for scene in module.SCENES.values())
    assert f"Step {number}: " in module.TITLE


def refused(**values):
    usual = {"status": 503, "retry_after": "1", "content_type": "application/problem+json"}
    return record(**usual | values)


def test_a_refusal_that_says_when_to_come_back_is_right():
    assert step9.refusals([refused(), record()], ["read"]) == []


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (refused(retry_after=None), "read: 503 without Retry-After"),
        (refused(content_type="text/html"), "read: 503 that is not JSON"),
        (refused(status=500, problem="status 500"), "read: status 500"),
        (refused(status=0, problem="no answer within 5 s"), "read: no answer within 5 s"),
    ],
)
def test_any_other_refusal_is_wrong(answer, wrong):
    assert step9.refusals([record(), answer], ["read"]) == [wrong]


def test_what_needs_no_server_that_is_gone_must_not_refuse():
    assert step9.refusals([refused()], ["stats"]) == ["read: 503"]


def test_the_recovery_lasts_until_the_last_refusal():
    answers = [refused(due=1), refused(due=6, seconds=0.5), record(due=9)]
    assert step9.recovery(answers, back=4) == 2.5
    assert step9.recovery([record(due=9)], back=4) == 0


def test_a_duplicate_shows_in_the_sum(monkeypatch):
    def twice(stage):
        with serving() as server:
            done = load(server, posts(total=2))
        items = [question(n, one.key) for n, one in enumerate(done.records * 2)]
        found = tally([one.key for one in done.records], items, 1)
        stage.add(Row("posts", duplicated=found.duplicated, zero=("duplicated",)))

    code, out = play(monkeypatch, posts=twice)
    assert code == 1
    assert "0 duplicated: missed" in out.export_text()


def test_a_load_is_too_much_when_answers_are_slow_or_fail_without_a_fault():
    assert step10.too_much([record(seconds=0.1)] * 20) is None
    assert step10.too_much([record(seconds=3)] * 20) == "p95 3.0 s"
    failed = record(status=503, problem="status 503")
    assert step10.too_much([*[record()] * 19, failed]) == "p95 100 ms, 1 x status 503"
    assert step10.too_much([]) is not None


def post(key=KEY, **values):
    return record(stream="post", key=key, status=201, ok=True, due=10, seconds=1, **values)


def told(user, *keys, at=12):
    return record(stream="follow", user=user, heard=list(keys), due=at - 0.5, seconds=0.5)


def test_who_heard_of_every_post_once_has_lost_nothing():
    found = hearing([told(0, KEY), told(1, at=11), told(1, KEY, at=14)], [post()], 2)
    assert found == Hearing(told=2, delays=[1, 3])


def test_who_was_not_told_has_lost_a_post_and_who_was_told_twice_has_it_twice():
    records = [told(0, KEY), told(0, KEY, at=15), told(1, "f" * 16)]
    found = hearing(records, [post()], 3)
    assert (found.told, found.lost, found.duplicated, found.delays) == (1, 2, 1, [1])


def test_who_hears_of_a_post_before_its_author_has_waited_for_nothing():
    assert hearing([told(0, KEY, at=10.5)], [post()], 1).delays == [0]


def test_nobody_has_to_hear_of_a_post_that_was_refused():
    assert hearing([], [record(stream="post", key=KEY, status=503)], 5).lost == 0


def test_what_takes_more_than_so_many_times_as_long_is_slower():
    assert not step11.slower(0.01, 0.02, at_most=2)
    assert step11.slower(0.01, 0.021, at_most=2)
    assert step11.slower(float("nan"), 0.01, 2)
    assert step11.slower(0.01, float("nan"), 2)


def answered(count, of, stops):
    return step11._answered(
        "polls", [record(status=200 if n < count else 0) for n in range(of)], stops
    )


def test_a_server_that_still_answers_does_not_show_what_a_drill_is_to_show():
    assert not answered(1, of=20, stops=True).bad
    assert answered(3, of=20, stops=True).bad
    assert not answered(20, of=20, stops=False).bad
    assert answered(19, of=20, stops=False).bad


def still(*records):
    held = Load("http://127.0.0.1:1", Stream("poll", "/", rate=20))
    held.records, held.effort = list(records), Effort(cpu=0.1, wall=1)
    return step11._still(held, SimpleNamespace(items={1: question(1, links=0)}), back=20)


def test_a_database_that_stands_still_is_said_in_time_and_nothing_is_lost():
    waited = refused(stream="poll", due=15, seconds=3.1)
    assert not still(waited, post(), record(stream="poll", due=30)).bad


@pytest.mark.parametrize(
    "wrong",
    [
        refused(stream="poll", due=5, seconds=12),
        refused(stream="poll", due=25, seconds=3),
        refused(stream="poll", due=15, retry_after=None),
        record(stream="poll", due=15, status=500, problem="status 500"),
        post(key="f" * 16),
    ],
)
def test_a_database_that_stands_still_otherwise_is_seen(wrong):
    assert still(refused(stream="poll", due=15, seconds=3), post(), wrong).bad


def test_where_nobody_was_refused_nothing_stood_still():
    assert still(post(), record(stream="poll", due=15)).bad


TWO = """
import subprocess, sys
child = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
subprocess.run(child, start_new_session=True)
"""


def test_what_stands_still_does_so_with_its_children_and_goes_on():
    def states():
        listing = ["ps", "-o", "stat=", "-p", ",".join(map(str, pids))]
        shown = subprocess.run(listing, capture_output=True, text=True, check=True).stdout
        return {state[0] for state in shown.split()}

    with subprocess.Popen([sys.executable, "-c", TWO], stdout=subprocess.PIPE) as parent:
        try:
            parent.stdout.readline()
            pids = [parent.pid, *faults.children(parent.pid)]
            server = SimpleNamespace(processes={"it": parent})
            stage = SimpleNamespace(progress=Progress(console()))
            with faults.standing_still(stage, server, "it"):
                assert len(pids) == 2 and states() == {"T"}
            assert "T" not in states()
        finally:
            for pid in reversed(pids):
                os.kill(pid, signal.SIGKILL)


def test_memory_that_a_program_takes_is_its_own():
    take = "import sys; kept = bytearray(b'x' * 50_000_000); print(flush=True); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", take], **pipes) as program:
        program.stdout.readline()
        assert 50_000_000 < machine.memory(program.pid) < 120_000_000
        program.stdin.close()


def test_the_share_of_the_processors_that_is_ours_is_measured():
    assert 0 < machine.free_share(0.05) <= 1


def test_a_machine_that_does_other_work_is_said(monkeypatch):
    monkeypatch.setattr(machine, "free_share", lambda: 0.4)
    reason = machine.quiet(Progress(console()), patience=0.1)
    assert reason == "other programs were at work: 40% of the processors were left"
    monkeypatch.setattr(machine, "free_share", lambda: 0.97)
    assert machine.quiet(Progress(console())) is None


SPIN = "import time\nwhile time.process_time() < 0.4: pass"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_what_we_use_ourselves_is_not_taken_for_others():
    before = machine._usage()
    subprocess.run([sys.executable, "-c", SPIN], check=True)
    after = machine._usage()
    assert after[1] - before[1] >= 0.2 * os.sysconf("SC_CLK_TCK")
    assert after[2] > before[2]


def test_other_programs_make_a_measurement_invalid(monkeypatch):
    seen = iter([(100, 50, 1000), (200, 130, 1200), (200, 130, 1200), (300, 130, 1400)])
    monkeypatch.setattr(machine, "_usage", lambda: next(seen))
    neighbours = machine.Neighbours()
    with neighbours:
        pass
    assert neighbours.reason is None
    with neighbours:
        pass
    assert neighbours.reason == "other programs used 30% of the processors meanwhile"


def test_where_nobody_can_know_nothing_is_said(monkeypatch):
    monkeypatch.setattr(machine, "_usage", lambda: None)
    with machine.Neighbours() as neighbours:
        pass
    assert neighbours.reason is None

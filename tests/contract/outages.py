"""What people meet while something that a step needs is dead: done here, judged by the tests."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
from feed import Feed
from jobs import JOB_ENDS_WITHIN, follow, order, organiser_of, path_of

from tests.podium_api import wait_until

QUESTIONS, ORDERS = 6, 3
# A dead worker's tasks come back when the broker has waited for 20 seconds.
TASKS_COME_BACK_WITHIN = 90
AT_ONCE = 20
WATCHED = 2  # the number of a talk to which nobody else writes on that server
SAYS_WHETHER_READY = 10


class Watcher:
    """Follows a talk's list in the background, and keeps every change in the order it came."""

    _error = None

    def __init__(self, podium, talk):
        self.feed = Feed(podium, talk)
        self.changes = []
        self._cursor = self.feed.end()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        try:
            while not self._stop.wait(0.2):
                self._look()
        except Exception as error:  # told by wait_for: nobody hears what a thread raises
            self._error = error

    def _look(self):
        try:
            items, self._cursor = self.feed.follow(self._cursor)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 503:  # the server is flooded meanwhile: come back
                raise
        else:
            self.changes += items

    def statuses(self, id):
        """Return how the previews of a question stood at each of its changes."""
        return [each["previews"]["status"] for each in self.changes if each["id"] == id]

    def wait_for(self, question, seconds):
        """Wait until the previews of a question have been there."""

        def there():
            if self._error:
                raise AssertionError("nobody watches any more") from self._error
            return "done" in self.statuses(question["id"])

        wait_until(
            there,
            f"the preview of {question['source']!r} does not arrive",
            seconds,
        )

    def stop(self):
        """Stop, unless that was done, once all has been seen that is there now."""
        if not self._stop.is_set():
            self.wait_for(self.feed.ask(), 30)
            self._stop.set()
            self._thread.join()


@dataclass
class KilledWorkers:
    """Questions with links, and transcripts, whose workers were killed before they were done."""

    watcher: Watcher
    progress: dict
    questions: list
    # How each job ended, and its result, fetched twice: as futures.
    jobs: list

    def wait(self):
        """Wait until all that the dead workers left is done; then nobody watches any more."""
        for question in self.questions:
            self.watcher.wait_for(question, TASKS_COME_BACK_WITHIN)
        for job in self.jobs:
            job.result()
        self.watcher.stop()


def kill_workers(server, background):
    """Let the workers of a server (a future) begin, kill them in the middle, start new ones."""
    podium = server.result()
    talk = podium.talks[WATCHED]["slug"]
    author, organiser = podium.register(), organiser_of(podium, WATCHED)
    for n in range(12):
        author.ask(f"{n}: " + "Why is that so long? " * 80, talk)
    watcher = Watcher(podium, talk)
    page = f"{podium.slow_site_url}/page"
    questions = [author.ask(f"Why {page}/{n + 1}?delay=1.5 now?", talk) for n in range(QUESTIONS)]
    paths = [path_of(order(organiser, talk)) for _ in range(ORDERS)]
    job = {}

    def begun():
        answer = organiser.get(paths[0])
        # On a busy machine it may be done before anybody has seen it run.
        assert answer.status_code in (200, 303), answer.text
        job.update(answer.json())
        return job["status"] != "queued"

    wait_until(begun, "no job begins", JOB_ENDS_WITHIN, every=0.005)
    for name in ("transcripts", "previews"):
        podium.server.running.kill(name)
    for name in ("transcripts", "previews"):
        podium.server.running.start(name)

    def fetch(path):
        end = follow(organiser, path, 0.3, TASKS_COME_BACK_WITHIN)[-1]
        return end, [organiser.get(f"{path}/result") for _ in range(2)]

    jobs = [background.submit(fetch, path) for path in paths]
    return KilledWorkers(watcher, job, questions, jobs)


class Calls:
    """What people ask of a step all the time, by name; each call returns its answer."""

    def __init__(self, podium):
        http, talk = podium.http, podium.talk
        author, voter, organiser = podium.register(), podium.register(), organiser_of(podium)
        question = author.ask("Vote for me?")
        new = {"source": "And now?"}
        feed = f"/api/v2/talks/{talk}/questions"
        self.by_name = {
            "the talks": lambda: http.get("/api/talks"),
            "a list": lambda: http.get("/api/questions", params={"talk": talk}),
            "a feed": lambda: http.get(feed),
            "a post": lambda: author.post(feed, json=new),
            "a post in version 1": lambda: author.post("/api/questions", json=new | {"talk": talk}),
            "a vote": lambda: voter.put(f"/api/questions/{question['id']}/vote"),
            "the head-count": lambda: http.get("/api/stats"),
            "an order": lambda: order(organiser, talk),
            "a page": lambda: http.get(f"/talks/{talk}"),
            "health": lambda: http.get("/healthz"),
        }
        if podium.server.step >= SAYS_WHETHER_READY:
            self.by_name["readiness"] = lambda: http.get("/readyz")
        with ThreadPoolExecutor(1) as pool:
            self.before = self.make(pool)

    def make(self, pool):
        """Make every call, in threads of `pool`; return (name, answer) for each."""
        calls = self.by_name.items()
        return list(pool.map(lambda pair: (pair[0], pair[1]()), calls))


@dataclass
class Outage:
    """What a server answered before, while and after another one was dead.

    The answers come as pairs with the names of their calls. `recovered` is how many seconds after
    the return of the other server all was well; `alive_before` and `alive_after` are the names of
    the step's own processes that ran. `notes` is for what else somebody saw.
    """

    before: list
    alive_before: set
    meanwhile: list = field(default_factory=list)
    afterwards: list = field(default_factory=list)
    recovered: float | None = None
    alive_after: set = field(default_factory=set)
    notes: dict = field(default_factory=dict)


def lose(podium, service, see=lambda notes: None):
    """Kill a service, make all calls one by one and at once, start it, and see the recovery.

    `see(notes)` is called while it is dead.
    """
    calls, running = Calls(podium), podium.server.running
    outage = Outage(calls.before, alive(running))
    with ThreadPoolExecutor(1) as one_by_one, ThreadPoolExecutor(AT_ONCE) as at_once:
        running.kill(service)
        try:
            outage.meanwhile += calls.make(one_by_one)
            see(outage.notes)
            for _ in range(3):
                outage.meanwhile += calls.make(at_once)
        finally:
            running.start(service)
        back = time.monotonic()

        def well():
            answers = calls.make(at_once)
            outage.afterwards += answers
            return all(answer.status_code < 500 for _, answer in answers)

        wait_until(well, f"not all is well although {service} is back", 30, every=0.2)
        outage.recovered = time.monotonic() - back
    return outage


def alive(running):
    """Return the names of the step's own processes that run."""
    return {name for name in running.names if running.processes[name].alive}


def lose_broker(server, killed):
    """Kill the broker of a server and bring it back; both arguments are futures.

    What is noted beside the calls: a question posted right before, one posted meanwhile, a job that
    was finished before, a job ordered afterwards.
    """
    podium = server.result()
    killed.result().wait()
    author, organiser = podium.register(), organiser_of(podium)
    page = f"{podium.slow_site_url}/page"
    finished = path_of(order(organiser, podium.talk))
    follow(organiser, finished)
    early = author.ask(f"Right before: {page}/1?delay=1 ?")

    def see(notes):
        body = {"source": f"Meanwhile: {page}/2 ?"}
        notes["post"] = author.post(f"/api/v2/talks/{podium.talk}/questions", json=body)
        notes["path"] = f"/api/v2/questions/{notes['post'].json()['id']}"
        notes["pending"] = podium.http.get(notes["path"])
        notes["finished"] = organiser.get(finished)
        notes["result"] = organiser.get(f"{finished}/result")
        notes["transcript"] = organiser.get(f"/api/talks/{podium.talk}/transcript.pdf")

    outage = lose(podium, "valkey", see)
    posts = early, outage.notes["post"].json()
    with ThreadPoolExecutor(3) as pool:
        # As futures: each of them may fail, and then the others are still worth knowing.
        outage.notes["late"] = [pool.submit(podium.settled, each) for each in posts]
        path = path_of(order(organiser, podium.talk))
        outage.notes["job"] = pool.submit(follow, organiser, path)
    outage.alive_after = alive(podium.server.running)
    return outage


def lose_database(server):
    """Kill the database of a server (a future) and bring it back."""
    podium = server.result()
    outage = lose(podium, "postgres")
    outage.alive_after = alive(podium.server.running)
    return outage

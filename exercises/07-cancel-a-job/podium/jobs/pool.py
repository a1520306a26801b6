"""A bounded pool of threads: so many work, so many jobs wait, and then it says no.

A pool that took every job would finish all of them late; a thread for each would stop the process.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from podium.services.errors import Busy


class Pool:
    def __init__(self, app, threads, waiting):
        self.app, self.free = app, threads + waiting
        self.executor = ThreadPoolExecutor(threads)
        self.lock = threading.Lock()

    @contextmanager
    def places(self, count=1):
        """Hold places for jobs, or raise Busy; start what is in the list at the end of the block.

        So nothing is written down that nobody could do, and no job starts before that is done.
        """
        self.take(count)
        jobs = []
        try:
            yield jobs
            # TODO: what executor.submit returns can take a job back that nobody has begun.
            for job in jobs:
                self.executor.submit(self.run, job)
        finally:
            self.leave(count - len(jobs))

    def take(self, count):
        with self.lock:
            if count > self.free:
                raise Busy("There is too much to do. Try again later.", wait=5)
            self.free -= count

    def leave(self, count):
        with self.lock:
            self.free += count

    def run(self, job):
        try:
            with self.app.app_context():
                job()
        except Exception:  # nobody waits for the outcome, so this is where it can be seen
            self.app.logger.exception("a job failed")
        finally:
            self.leave(1)

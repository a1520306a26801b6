"""The tasks, which run in the workers. Each may run more than once, and has its effect once."""

from functools import partial

from celery import shared_task

from podium.questions.safe_fetch import TryLater
from podium.services import answers, jobs, outbox, previews, talks


@shared_task(
    bind=True, name="fill_preview", autoretry_for=[TryLater], retry_backoff=True, max_retries=3
)
def fill_preview(self, id):
    """Tried again after up to 1, 2 and 4 seconds: at random, so that not all come at once."""
    previews.fill(id, last_try=self.request.retries == self.max_retries)


@shared_task(bind=True, name="make_transcript")
def make_transcript(self, talk_id):
    tell = partial(jobs.tell, self)
    jobs.finish(self.request.id, lambda: talks.make_transcript(talk_id, tell))


@shared_task(name="relay_outbox")
def relay_outbox():
    outbox.relay()


@shared_task(name="tidy_up")
def tidy_up():
    jobs.tidy_up()
    answers.tidy_up()

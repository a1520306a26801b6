"""The one place that makes the Celery application, and the only one that speaks to the broker."""

from contextlib import suppress

import redis
from celery import Celery, Task, current_app
from kombu.exceptions import OperationalError
from kombu.transport import redis as transport

from podium import outages

# A request must not hang on a broker that does.
PATIENCE = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 1, "interval_start": 0}
UNREACHABLE = (OperationalError, redis.RedisError)


class Channel(transport.Channel):
    """A worker that loses the broker in the middle of a task survives it, unlike with kombu 5.7.

    It could neither give back nor acknowledge the task: the connection is gone. It need not, since
    the task comes back by itself after the visibility timeout.
    """

    do_restore = False

    def basic_ack(self, delivery_tag, multiple=False):
        if self.closed:
            raise redis.ConnectionError("The connection that brought this task is gone.")
        super().basic_ack(delivery_tag, multiple)


class Transport(transport.Transport):
    Channel = Channel


def settings(config):
    """How Celery has to be set so that no task is lost: delivered at least once, maybe more often.

    A worker that dies takes its tasks with it. They come back when the broker has waited for
    `visibility_timeout`, so every task has to be over by then (`task_time_limit`), or it runs twice
    at the same time. https://docs.celeryq.dev/en/stable/userguide/configuration.html
    """
    seconds = config["TASK_SECONDS"]
    return {
        "broker_url": config["REDIS_URL"],
        "broker_transport": "podium.queue:Transport",
        "broker_transport_options": PATIENCE
        | {
            "visibility_timeout": seconds + 5,
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
        },
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "result_backend": config["REDIS_URL"],
        "result_expires": config["RESULT_SECONDS"],
        "redis_socket_timeout": 1,
        "redis_socket_connect_timeout": 1,
        "result_backend_transport_options": {"retry_policy": {"max_retries": 1}},
        "task_routes": {
            "fill_preview": "previews",
            "make_transcript": "transcripts",
            "*": "upkeep",
        },
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_publish_retry": False,
        "task_soft_time_limit": seconds - 3,
        "task_time_limit": seconds,
        "worker_prefetch_multiplier": 1,
        "beat_schedule": {
            "relay": {"task": "relay_outbox", "schedule": 5, "options": {"expires": 5}},
            "tidy": {"task": "tidy_up", "schedule": 60, "options": {"expires": 60}},
        },
    }


def init_app(app):
    """Make the Celery application of a Flask application; its tasks run in the context of `app`.

    https://flask.palletsprojects.com/en/stable/patterns/celery/
    """

    class FlaskTask(Task):
        def __call__(self, *args, **kwargs):
            with app.app_context():
                try:
                    return self.run(*args, **kwargs)
                except outages.DATABASE as error:
                    raise self.retry(exc=error, countdown=2, max_retries=None) from error

    celery_app = Celery(app.name, task_cls=FlaskTask, include=["podium.tasks"])
    celery_app.config_from_object(settings(app.config))
    celery_app.set_default()
    app.extensions["celery"] = celery_app


def send(task, *arguments, id=None):
    """Hand a task to the broker, by its name: who sends it need not import it.

    Raises one of UNREACHABLE. Arguments go over the wire as JSON: plain values, and no secrets.
    """
    # Otherwise Celery would subscribe to a result for which nobody here waits.
    current_app.send_task(task, arguments, task_id=id, ignore_result=True)


def tell(task, **progress):
    """Say how far a running task is; where that cannot be said, the task goes on all the same."""
    with suppress(*UNREACHABLE):
        task.update_state(state="PROGRESS", meta=progress)


def look_up(id):
    """The state of a task and what it has told about itself; UNREACHABLE as above."""
    meta = current_app.backend.get_task_meta(id)
    return meta["status"], meta["result"]

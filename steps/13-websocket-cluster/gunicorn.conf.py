"""How the web server runs; gunicorn finds this file by its name.

https://docs.gunicorn.org/en/stable/settings.html
"""

from gevent import monkey

# Before anything else is imported: what has been imported keeps the functions that block.
monkey.patch_all()

import os
import sys

from podium.config import Config

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', 8000)}"

# A process for each core: Python code runs on one core at a time in each of them. A connection is
# served by a greenlet, which costs some kilobytes; beyond so many, others wait until one is free.
workers = int(os.environ.get("WEB_CONCURRENCY", 2))
worker_class = "gevent"
worker_connections = 4000

# Each process has connections of its own, and PostgreSQL a limit for all of them together.
most = int(os.environ.get("DATABASE_CONNECTIONS", 40))
if workers * Config.POOL_SIZE > most:
    sys.exit(
        f"{workers} workers with {Config.POOL_SIZE} connections each are more than the {most} that "
        "the database has: lower WEB_CONCURRENCY, or raise DATABASE_CONNECTIONS with its limit."
    )

# The application is imported once and the processes are forked from it: they start at once and
# share its memory until they write to it. What they must not share are connections: see post_fork.
preload_app = True

# A worker is replaced before a small leak becomes a large one; not all of them at the same time.
max_requests = 20_000
max_requests_jitter = 5_000

# The arbiter kills a worker from which it hears nothing for so long; one that is to stop may finish
# its requests first. It listens to a file, which must not be on a disk that makes it wait.
timeout = 30
graceful_timeout = 20
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None

# Longer than the load balancer keeps an unused connection: the one who hangs up first must be the
# one who sends, or a request arrives at a connection that is closed.
keepalive = 15

# One line a request, with the ID that the load balancer gave it.
accesslog = "-"
access_log_format = '%({x-request-id}i)s %(h)s "%(r)s" %(s)s %(M)s ms'
control_socket_disable = True
limit_request_line = 8190  # the most that it allows: addresses are checked by the application


def post_fork(server, worker):
    """Forget connections that the parent opened: two processes on one would read each other's."""
    from podium.extensions import db

    app = worker.app.wsgi()
    with app.app_context():
        db.engine.dispose(close=False)


def post_worker_init(worker):
    """Listen to news as long as the worker is not to stop; who waits is sent home then."""
    listener = worker.app.wsgi().extensions["news"]
    listener.goes_on = lambda: worker.alive
    listener.listen()

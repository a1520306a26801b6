"""What the `celery` command imports: `celery --app podium.make_celery worker`."""

from podium import create_app

celery_app = create_app().extensions["celery"]

"""Jobs as the tests order and follow them, and what one server does with results that expire."""

import io
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pypdf

from tests.podium_api import SEED_PASSWORD, wait_until

JOB_ENDS_WITHIN = 120  # seconds, on a busy machine and with others waiting before it


def organiser_of(podium, number=0):
    """Log in as the organiser of that talk."""
    return podium.log_in(podium.talks[number]["organiser"], SEED_PASSWORD)


def order(person, talk):
    """Order a transcript; the answer."""
    return person.post(f"/api/v2/talks/{talk}/transcripts")


def path_of(answer):
    """Return the path of the job that an answer to an order names."""
    assert answer.status_code == 202, f"{answer.status_code}: {answer.text[:300]}"
    return urlsplit(answer.headers["Location"]).path


def follow(person, path, every=0.04, seconds=JOB_ENDS_WITHIN):
    """Ask how far a job is until it has ended; return all answers, in their order."""
    answers = []

    def ended():
        answers.append(person.get(path))
        return not is_unfinished(answers[-1])

    wait_until(ended, f"{path} is not finished", seconds, every)
    return answers


def is_unfinished(answer):
    return answer.status_code == 200 and answer.json()["status"] in ("queued", "running")


def text_of(pdf):
    """Return the text of a PDF document without blanks, as it breaks lines where it likes."""
    assert pdf.startswith(b"%PDF-")
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


@dataclass
class Expiry:
    """What became of a job whose result is kept for a few seconds: the answers of that time."""

    answers: list = field(default_factory=list)
    result: object = None
    late_result: object = None
    of_another: object = None


def watch_expiry(server):
    """Order a transcript on a server (a future) and ask about it until its result has expired."""
    podium = server.result()
    organiser, other = organiser_of(podium), podium.register()
    path = path_of(order(organiser, podium.talk))
    expiry = Expiry(follow(organiser, path))
    expiry.result = organiser.get(f"{path}/result")

    def expired():
        expiry.answers.append(organiser.get(path))
        return expiry.answers[-1].status_code == 410

    wait_until(expired, "a result that is kept for 4 seconds does not expire", 30, every=0.2)
    expiry.late_result = organiser.get(f"{path}/result")
    expiry.of_another = other.get(path)
    return expiry

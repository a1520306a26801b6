"""A crowd that visits a step and leaves, watched through the step's head-count."""

import time

WINDOW = 15  # seconds in which somebody who asked counts as present


def visit(podium, cookie):
    answer = podium.http.get("/api/talks", headers={"Cookie": f"visitor={cookie}"})
    assert answer.status_code == 200


def stats(podium):
    return podium.http.get("/api/stats").raise_for_status().json()


def watch(server):
    """Let 30 people visit a server (a future); return the head-count over time as pairs.

    Ends when they are forgotten, or a few seconds after they should have been.
    """
    podium = server.result()
    # From before the first visit: on a busy machine the last comes seconds later.
    began = time.monotonic()
    for n in range(30):
        for _ in range(2):
            visit(podium, f"crowd-{n}")
    left = time.monotonic() - began
    samples = [(left, stats(podium)["present"])]
    while samples[-1][1] > 3 and samples[-1][0] < left + WINDOW + 5:
        time.sleep(0.25)
        samples.append((time.monotonic() - began, stats(podium)["present"]))
    return samples

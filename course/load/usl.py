"""The Universal Scalability Law: what concurrency gains, and what it costs.

Throughput at N clients is X(N) = l N / (1 + s (N - 1) + k N (N - 1)). `l` is what one client gets
done, s (contention) the share of the work for which all queue, k (coherency) what each pays to
agree with each other one. With s alone throughput levels off at l / s; with k it falls again beyond
N = sqrt((1 - s) / k). Neil J. Gunther, Guerrilla Capacity Planning (Springer 2007), chapter 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy


@dataclass(frozen=True)
class Law:
    """A fit: requests a second of one client, contention, coherency, and how well it fits.

    `error` is the root of the mean square of the relative differences.
    """

    single: float
    contention: float
    coherency: float
    error: float

    def throughput(self, clients: float) -> float:
        """Return the requests a second of so many clients."""
        queue = self.contention * (clients - 1)
        talk = self.coherency * clients * (clients - 1)
        return self.single * clients / (1 + queue + talk)

    @property
    def best(self) -> float:
        """With how many clients throughput is highest; infinite where it never falls."""
        if not self.coherency:
            return math.inf
        return math.sqrt(max(0.0, 1 - self.contention) / self.coherency)


def fit(clients: Sequence[int], rates: Sequence[float]) -> Law:
    """Fit the law to measurements; ValueError when there are too few, or none is of one client.

    N / X is linear in what is sought: it is (1 + s (N - 1) + k N (N - 1)) / l. None of the three
    can be negative: one that would be is left out. Nor can more than all of the work queue.
    """
    if len(clients) < 4 or len(clients) != len(rates) or min(rates) <= 0:
        raise ValueError("four measurements or more are needed, each of them above 0")
    n, x = numpy.array(clients, float), numpy.array(rates, float)
    columns = numpy.stack([numpy.ones_like(n), n - 1, n * (n - 1)], axis=1)
    # Relative errors count, not absolute ones: the largest times would decide alone.
    weights = x / n
    chosen = [0, 1, 2]
    while True:
        found, *_ = numpy.linalg.lstsq(columns[:, chosen] * weights[:, None], n / x * weights)
        values = dict(zip(chosen, found, strict=True))
        worst = min((value, index) for index, value in values.items() if index or len(values) == 1)
        if worst[0] >= 0 or len(chosen) == 1:
            break
        chosen.remove(worst[1])
    base, s, k = (float(values.get(index, 0)) for index in range(3))
    if s > base:  # with s = 1 that is (N + k N (N - 1)) / l
        columns = numpy.stack([n, n * (n - 1)], axis=1)
        (base, k), *_ = numpy.linalg.lstsq(columns * weights[:, None], n / x * weights)
        base, k = (base, k) if k > 0 else (float(numpy.mean(1 / x)), 0)
        s = base
    law = Law(1 / base, s / base, k / base, 0.0)
    differences = [law.throughput(a) / b - 1 for a, b in zip(clients, rates, strict=True)]
    return Law(
        law.single,
        law.contention,
        law.coherency,
        math.sqrt(sum(each**2 for each in differences) / len(differences)),
    )


def explained(law: Law) -> str:
    """Return what the fit says, in a paragraph."""
    parts = [f"One client gets {law.single:,.0f} requests a second done."]
    if law.contention:
        parts.append(
            f"Contention is {law.contention:.1%}: for that share of the work everybody queues, so "
            f"no number of clients gets more than {1 / law.contention:,.1f} times as much."
        )
    else:
        parts.append("Contention is 0: nobody queues for anything.")
    if law.coherency:
        most = f"beyond {law.best:,.0f} clients more of them get less done"
        parts.append(
            f"Coherency is {law.coherency:.2%}: so much each client costs each other one, and "
            f"{most if law.best >= 1.5 else 'each one more makes all of them slower'}."
        )
    else:
        parts.append("Coherency is 0: more clients wait longer, but take nothing from the others.")
    return " ".join(parts)

"""Python runs this first in every process of a check: SIGURG prints where each thread is.

SIGURG, because who does not know it ignores it: databases, load balancers, shells.
"""

import faulthandler
import signal

faulthandler.register(signal.SIGURG, all_threads=True)

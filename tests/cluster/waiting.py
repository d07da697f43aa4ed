"""Waiting. Hang guards are generous: they only end what hangs."""

import time

HANG_GUARD = 120  # seconds
POLL = 0.2  # seconds


def wait_for(condition, what, guard=HANG_GUARD, poll=POLL):
    """The first true result of condition(); `what` may be a function that tells more when it was in vain."""
    end = time.monotonic() + guard
    while not (result := condition()):
        assert time.monotonic() < end, f"waited in vain for {what() if callable(what) else what}"
        time.sleep(poll)
    return result

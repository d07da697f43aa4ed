import time
def wait_for(condition, what, guard=120, poll=0.2):
    end = time.monotonic() + guard
    while not (result := condition()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(poll)
    return result

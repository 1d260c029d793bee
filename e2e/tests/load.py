"""Data keys under load, and whether each is in the audit log."""

import collections
import threading

from audit import events
from stack import wait_for


def call_until_killed(stack, key, kill):
    """Data keys from four clients at once until `kill` ends what answers; the request ids of those that were answered."""
    answered, enough = [], threading.Event()

    def call():
        client = stack.client("kms")
        try:
            while True:
                answer = client.generate_data_key(KeyId=key, KeySpec="AES_256")
                answered.append(answer["ResponseMetadata"]["RequestId"])
                if len(answered) > 200:
                    enough.set()
        except Exception:  # whatever a client sees when a service dies under it
            enough.set()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    enough.wait(60)
    kill()
    for thread in threads:
        thread.join(60)
    return answered


def assert_recorded_once(stack, answered):
    """Every request id of GenerateDataKey in the audit log, once."""
    def recorded():
        counts = collections.Counter(event.get("requestID") for event in events(stack, EventName="GenerateDataKey"))
        return counts if all(id in counts for id in answered) else None
    counts = wait_for("every answered call in the audit log", 20, recorded)
    assert {id: counts[id] for id in answered if counts[id] != 1} == {}
    print(f"answered {len(answered)}, missing 0, twice 0")

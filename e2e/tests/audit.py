"""Questions to the audit log, through CloudTrail's API."""

import json

from stack import wait_for


def events(stack, **attribute):
    """All events of one attribute, such as EventName="Decrypt", as CloudTrail records, newest first."""
    (key, value), = attribute.items()
    pages = stack.client("cloudtrail").get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
    found = [event for page in pages for event in page["Events"]]
    return [json.loads(event["CloudTrailEvent"]) for event in found]


def event_of_request(stack, name, request_id, seconds=2.0):
    """The event of an answered call, which must be there within the promised time, once."""
    def of_it():
        return [event for event in events(stack, EventName=name) if event.get("requestID") == request_id]
    found = wait_for(f"the event of {name} {request_id}", seconds, of_it)
    assert len(found) == 1, found
    return found[0]


def request_id(answer):
    return answer["ResponseMetadata"]["RequestId"]

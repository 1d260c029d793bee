"""Signed Query requests with members that no client library would send."""

import urllib.error
import urllib.parse
import urllib.request
from xml.etree import ElementTree

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def post(stack, service_model, operation, body):
    """Status, error code and answer of one request; of an answer only its message is read."""
    form = [("Action", operation), ("Version", service_model.api_version)]
    if isinstance(body, dict):
        for name, value in body.items():
            form += _pairs(name, value)
    request = AWSRequest("POST", stack.endpoint + "/", data=urllib.parse.urlencode(form).encode(), headers={
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
    })
    credentials = Credentials(stack.credentials["AWS_ACCESS_KEY_ID"], stack.credentials["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(credentials, service_model.signing_name, stack.region).add_auth(request)
    prepared = request.prepare()
    plain = urllib.request.Request(prepared.url, data=prepared.body, headers=dict(prepared.headers), method="POST")
    try:
        with urllib.request.urlopen(plain, timeout=30) as answer:
            return answer.status, None, {}
    except urllib.error.HTTPError as refused:
        error = ElementTree.fromstring(refused.read()).find("{*}Error")
        return refused.code, error.findtext("{*}Code"), {"message": error.findtext("{*}Message")}


def _pairs(name, value):
    if value == {}:
        return [(name, "")]
    if isinstance(value, dict):
        return [pair for key, below in value.items() for pair in _pairs(f"{name}.{key}", below)]
    if isinstance(value, list):
        return [pair for number, below in enumerate(value, 1) for pair in _pairs(f"{name}.member.{number}", below)]
    if isinstance(value, bool):
        value = "true" if value else "false"
    return [(name, str(value))]

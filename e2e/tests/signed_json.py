"""Signed JSON requests with a body that no client library would send."""

import json
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def post(stack, service_model, operation, body):
    """Status, error code and decoded answer of one request."""
    target = f"{service_model.metadata['targetPrefix']}.{operation}"
    request = AWSRequest("POST", stack.endpoint + "/", data=json.dumps(body).encode(), headers={
        "Content-Type": f"application/x-amz-json-{service_model.metadata['jsonVersion']}",
        "X-Amz-Target": target,
    })
    credentials = Credentials(stack.credentials["AWS_ACCESS_KEY_ID"], stack.credentials["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(credentials, service_model.signing_name, stack.region).add_auth(request)
    prepared = request.prepare()
    plain = urllib.request.Request(prepared.url, data=prepared.body, headers=dict(prepared.headers), method="POST")
    try:
        with urllib.request.urlopen(plain, timeout=30) as answer:
            return answer.status, None, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as refused:
        text = json.loads(refused.read() or b"{}")
        return refused.code, text.get("__type", "").rpartition("#")[2], text

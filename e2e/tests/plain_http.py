"""Plain HTTP, for what a client library would not send."""

import urllib.error
import urllib.request


def get(url):
    """Status and text of a GET, also of a refused one."""
    return send(urllib.request.Request(url))


def post(url, body=b"", headers=()):
    """Status and text of a POST, also of a refused one."""
    return send(urllib.request.Request(url, data=body, headers=dict(headers), method="POST"))


def send(request):
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()

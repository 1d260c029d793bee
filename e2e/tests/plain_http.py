"""Plain HTTP, for what a client library would not send."""

import urllib.error
import urllib.request


def get(url):
    """Status and text of a GET, also of a refused one."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()

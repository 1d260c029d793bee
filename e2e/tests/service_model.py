"""An API's service model, as botocore has it, and inputs that are made from it: valid ones, and those that break one
thing each."""

import base64
import re

import botocore.session

# A text for each pattern that the models have.
TEXTS = {
    r"^[a-zA-Z0-9:/_-]+$": "alias/model",
    r"[\u0009\u000A\u000D\u0020-\u00FF]+": "{}",
    r"[\u0020-\u00FF]*": "marker",
    r"^[\w+=,.@:/-]+$": "arn:aws:iam::111122223333:user/somebody",
    r"[\w]+": "default",
    r"^[a-zA-Z0-9-_.]+$": "name",
    r"cluster-[2-7a-zA-Z]{11,16}": "cluster-2222222222a",
    r"^https://[a-zA-Z0-9.-]+$": "https://example.com",
    r"^(/[a-zA-Z0-9\/_-]+/kms/xks/v\d{1,2})$|^(/kms/xks/v\d{1,2})$": "/kms/xks/v1",
    r"^(com|eu)\.amazonaws\.vpce\.([a-z]+-){2,3}\d+\.vpce-svc-[0-9a-z]+$": "com.amazonaws.vpce.us-east-1.vpce-svc-0a",
    r"[0-9]{12}": "111122223333",
    r"^([a-z]+-){2,3}\d+$": "eu-west-1",
    r"^[a-f0-9]+$": "a" * 64,
    r"^[A-Z2-7]+$": "A" * 20,
    r"^[a-zA-Z0-9\/+=]+$": "a" * 43,
    r"^[a-zA-Z0-9:/_\s.-]+$": "what it is",
    # IAM's, which are written with escapes of their own.
    r"[\w+=,.@-]+": "name",
    r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)": "/path/",
    r"\u002F[\u0021-\u007F]*": "/path",
    r"((/[A-Za-z0-9\.,\+@=_-]+)*)/": "/path/",
    r"[\u0020-\u00FF]+": "marker",
    r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*": "what it is",
    r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+": "key",
    r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*": "value",
    r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?": "v1",
    r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$": "alias",
    # STS's.
    r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+":
        "arn:aws:iam::111122223333:role/somebody",
    r"[\w]*": "AKIAAAAAAAAAAAAAAAAA",
    r"[\w+=,.@-]*": "name",
    r"[\w+=,.@:\/-]*": "external",
    r"[\w+=/:,.@-]*": "arn:aws:iam::111122223333:mfa/a",
    r"[\d]*": "123456",
    r".*": "a text",
    r".+": "a text",
    r"(?s).*": "SELECT 1",
    r"\d+": "111122223333",
    r"[\w|\d|\.|_]+": "eventName",
    r"^[a-f0-9\-]+$": "0b7e2a9c-1111-4222-8333-944455556666",
    r"^[a-zA-Z0-9._\-]+$": "store",
    r"^[a-zA-Z0-9._/\-:]+$": "0b7e2a9c-1111-4222-8333-944455556666",
    r"^[a-zA-Z][a-zA-Z0-9._\-]*$": "alias",
    # Secrets Manager's.
    r"^\!?[a-zA-Z0-9 :_@\/\+\=\.\-\!]*$": "value",
    r"^([a-z]+-)+\d+$": "eu-west-1",
    r"^[a-zA-Z0-9\-]+$": "0b7e2a9c-1111-4222-8333-944455556666",
    r"[0-9]+h": "3h",
    r"[0-9A-Za-z\(\)#\?\*\-\/, ]+": "rate(10 days)",
    # SSM's.
    r"^([a-zA-Z0-9:/_-]+)$": "alias/model",
    r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$": "tag",
    r"tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType": "Name",
    r"^(?!\s*$).+": "{}",
    r"s3://[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9](/.*)?": "s3://bucket/results",
}
# What matches none of these patterns but the widest, and is long enough for each.
OFF_PATTERN = "\u00e9\u20ac\n!" * 16


def model(service):
    return botocore.session.get_session().get_service_model(service)


def valid(shape):
    """A small value that the shape takes."""
    kind = shape.type_name
    if kind == "structure":
        required = shape.metadata.get("required") or shape.required_members
        return {name: valid(shape.members[name]) for name in required}
    if kind == "list":
        return [valid(shape.member)] * shape.metadata.get("min", 0)
    if kind == "map":
        return {}
    if kind == "string":
        if shape.enum:
            return shape.enum[0]
        pattern = shape.metadata.get("pattern")
        low = shape.metadata.get("min", 1)
        text = TEXTS[pattern] if pattern else "a"
        return text if len(text) >= low else (text * low)[: max(1, low)]
    if kind == "blob":
        return base64.b64encode(b"a" * max(1, shape.metadata.get("min", 1))).decode()
    if kind in ("integer", "long"):
        return shape.metadata.get("min", 1)
    if kind == "timestamp":
        return 1_900_000_000
    if kind == "boolean":
        return False
    raise AssertionError(f"no value of type {kind}")


def members(shape, path=()):
    """Every member below a structure, with its path: names, and 0 for the elements of a list."""
    for name, member in shape.members.items():
        yield from _below((*path, name), member)


def _below(path, shape):
    yield path, shape
    if shape.type_name == "structure":
        yield from members(shape, path)
    elif shape.type_name == "list":
        yield from _below((*path, 0), shape.member)


def with_value(shape, path, value):
    """A valid input but for `value` at `path`."""
    if not path:
        return value
    if path[0] == 0:
        return [with_value(shape.member, path[1:], value)]
    built = valid(shape)
    built[path[0]] = with_value(shape.members[path[0]], path[1:], value)
    return built


def _in_python(pattern):
    """The pattern with the classes of characters that Python has."""
    for unicode, python in ((r"\p{L}", r"\w"), (r"\p{N}", r"\d"), (r"\p{Z}", " ")):
        pattern = pattern.replace(unicode, python)
    return pattern


def of_wrong_type(shape):
    """A value of another JSON type."""
    return "text" if shape.type_name in ("structure", "list", "map", "boolean", "integer", "long") else {"a": "b"}


def violations(shape):
    """Values of the right type that break one constraint each, with its name."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    kind = shape.type_name
    if kind == "string":
        if shape.enum:
            yield "enum", "NO_SUCH_VALUE"
            return
        if low:
            yield "min", valid(shape)[: low - 1]
        if high:
            yield "max", (valid(shape) * (high + 1))[: high + 1]
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(_in_python(pattern), OFF_PATTERN):
            yield "pattern", OFF_PATTERN[: high or None]
    elif kind == "blob":
        if low:
            yield "min", ""
        if high:
            yield "max", base64.b64encode(b"a" * (high + 1)).decode()
    elif kind in ("integer", "long"):
        if low is not None:
            yield "min", low - 1
        if high is not None:
            yield "max", high + 1
    elif kind == "list" and high:
        yield "max", [valid(shape.member)] * (high + 1)

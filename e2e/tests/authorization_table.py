"""The tables of e2e/authorization: what AWS documents of the authorization of each operation, and policies made of it."""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

TABLES = Path(__file__).parents[1] / "authorization"
# What stands for the part of a condition key that a user chooses.
CHOSEN = {"${TagKey}": "team", "${EncryptionContextKey}": "app"}


@dataclass(frozen=True)
class Access:
    """An action on a resource type, or on none, with the condition keys that the test's request has and hasn't."""

    action: str
    on: str | None
    present: tuple
    absent: tuple


@dataclass(frozen=True)
class Request:
    """One that an operation takes: its input, and the ARNs that it is about, by resource type."""

    input: dict
    about: dict


class Table:
    """That of one service, which is an action's prefix too."""

    def __init__(self, service):
        self.service = service
        found = tomllib.loads((TABLES / f"{service}.toml").read_text())
        self.source = found["source"]
        self.resources = found.get("resources", {})
        self.groups = found.get("groups", {})
        self.several = found.get("operations", {})
        self.actions = found["actions"]
        self.foreign = found.get("foreign", {})
        self.absences = found.get("absent", [])
        self.left_out = [each["keys"] for each in found.get("left-out", [])]
        self.open = found.get("open", {})

    def operations(self):
        """Those that it has a row for."""
        return set(self.several) | set(self.open) | set(self.actions) - set(PERMISSION_ONLY)

    def accesses(self, operation):
        """All that must be allowed."""
        if operation in self.open:
            return []
        return [access for text in self.several.get(operation, [operation]) for access in self._of(operation, text)]

    def documented(self, name):
        """The condition keys of an action: its own, and those of each of its resource types."""
        row = self.foreign[name] if name in self.foreign else self.actions[name]
        own = set(self.expanded(row.get("keys", [])))
        return own, {on: set(self.expanded(self.resources[on].get("keys", []))) for on in row.get("on", [])}

    def expanded(self, keys):
        for key in keys:
            numbers = re.search(r"\{(\d+)\.\.(\d+)\}", key)
            if key in self.groups:
                yield from self.expanded(self.groups[key])
            elif numbers:
                for number in range(int(numbers[1]), int(numbers[2]) + 1):
                    yield key.replace(numbers[0], str(number))
            else:
                yield key

    def _of(self, operation, text):
        name, _, elsewhere = text.partition(" on ")
        own, of_resources = self.documented(name)
        types = [None if elsewhere == "*" else elsewhere] if elsewhere else of_resources or [None]
        for on in types:
            keys = own | of_resources.get(on, set())
            absent = keys & self._absent(operation, name)
            action = name if name in self.foreign else f"{self.service}:{name}"
            yield Access(action, on, tuple(sorted(keys - absent)), tuple(sorted(absent)))

    def _absent(self, operation, name):
        absent = set()
        for absence in self.absences:
            named = operation in absence.get("operations", [operation]) and name in absence.get("actions", [name])
            if named and operation not in absence.get("except", []):
                absent |= set(self.expanded(absence["keys"]))
        return absent


def exact(accesses, about):
    """Allows what is documented and nothing else, if all condition keys are there and absent as the table has them."""
    return document(*(
        {"Action": access.action, "Resource": about[access.on] if access.on else "*", "Condition": conditions(access)}
        for access in accesses))


def without_action(access):
    """Allows all but one action."""
    return document({"NotAction": access.action, "Resource": "*"})


def without_resource(access, arn):
    """Allows all but one action on one resource."""
    # What has no resource type is about `*`, which isn't an ARN.
    elsewhere = {"NotResource": arn} if access.on else {"Resource": "arn:*"}
    return document({"NotAction": access.action, "Resource": "*"}, {"Action": access.action} | elsewhere)


def if_key(accesses, about, access, key, there):
    """Allows what is documented if one key of one access is there, or isn't."""
    null = {"Null": {chosen(key): "false" if there else "true"}}
    return document(*(
        {"Action": each.action, "Resource": about[each.on] if each.on else "*"}
        | ({"Condition": null} if each == access else {})
        for each in accesses))


def conditions(access):
    null = {chosen(key): "false" for key in access.present} | {chosen(key): "true" for key in access.absent}
    return {"Null": null} if null else {}


def chosen(key):
    """A condition key as the test's requests have it."""
    for placeholder, name in CHOSEN.items():
        key = key.replace(placeholder, name)
    return key


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement for statement in statements]})


# Actions of which there is no operation.
PERMISSION_ONLY = ("AddTags", "ReEncryptFrom", "ReEncryptTo", "SetSourceIdentity", "TagSession")

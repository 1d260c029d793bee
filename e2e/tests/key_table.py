"""A table of branch keys, for clients that keep them in DynamoDB only: the two operations that they call, over HTTP."""

import json
import re
import threading

from local_server import Handler, LocalServer

ACTIVE, VERSION, BEACON = "branch:ACTIVE", "branch:version:", "beacon:ACTIVE"


class KeyTable:
    """Items by their keys, and the records in them as our storage has them."""

    def __init__(self):
        self.items = {}
        self.lock = threading.Lock()
        table = self

        class Operations(Handler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = json.loads(self.body())
                operation = self.headers["X-Amz-Target"].partition(".")[2]
                with table.lock:
                    status, answer = {"GetItem": table.get_item, "TransactWriteItems": table.transact_write_items}[operation](request)
                self.answer(status, json.dumps(answer).encode(), content_type="application/x-amz-json-1.0")

        self.server = LocalServer(Operations)
        self.endpoint = self.server.url

    def close(self):
        self.server.close()

    def get_item(self, request):
        item = self.items.get(key_of(request["Key"]))
        return 200, {"Item": item} if item else {}

    def transact_write_items(self, request):
        writes = [next(iter(write.items())) for write in request["TransactItems"]]
        failed = [not self.holds(kind, write) for kind, write in writes]
        if any(failed):
            reasons = [{"Code": "ConditionalCheckFailed" if each else "None"} for each in failed]
            return 400, {"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                         "Message": "a condition failed", "CancellationReasons": reasons}
        for kind, write in writes:
            if kind == "Put":
                self.items[key_of(write["Item"])] = write["Item"]
        return 200, {}

    def holds(self, kind, write):
        """The conditions that key stores write: an attribute isn't there, is there, or has a value."""
        item = self.items.get(key_of(write["Item"] if kind == "Put" else write["Key"]), {})
        names, values = write.get("ExpressionAttributeNames", {}), write.get("ExpressionAttributeValues", {})
        for part in re.split(r"\s+AND\s+", write.get("ConditionExpression", "") or "", flags=re.I):
            if not part:
                continue
            if found := re.fullmatch(r"attribute_(not_)?exists\s*\(\s*(\S+?)\s*\)", part):
                if (names.get(found[2], found[2]) in item) == bool(found[1]):
                    return False
            elif found := re.fullmatch(r"(\S+)\s*=\s*(\S+)", part):
                if item.get(names.get(found[1], found[1])) != values[found[2]]:
                    return False
            else:
                raise AssertionError(f"unknown condition {part}")
        return True

    def put(self, record):
        """Keeps a record of ours."""
        kinds = {"hierarchy-version": "N", "enc": "B"}
        item = {name: {kinds.get(name, "S"): value} for name, value in record.items()}
        self.items[key_of(item)] = item

    def records(self, branch_key):
        """The records of a branch key, by their types."""
        return {kind: {name: value for name, held in item.items() for value in held.values()}
                for (of, kind), item in self.items.items() if of == branch_key}


def key_of(item):
    return item["branch-key-id"]["S"], item["type"]["S"]


class Parameters:
    """The same branch keys in Parameter Store, where ours has them."""

    def __init__(self, client, prefix):
        self.client, self.prefix = client, prefix

    def records(self, branch_key):
        pages = self.client.get_paginator("get_parameters_by_path").paginate(Path=f"{self.prefix}{branch_key}", Recursive=True)
        texts = [parameter["Value"] for page in pages for parameter in page["Parameters"]]
        return {record["type"]: record for text in texts for record in json.loads(text)}

    def put(self, records):
        branch_key = records[ACTIVE]["branch-key-id"]
        for kind, record in records.items():
            if kind.startswith(VERSION):
                self.write(f"{branch_key}/version/{kind.removeprefix(VERSION)}", [record])
        self.write(f"{branch_key}/active", [records[ACTIVE], records[BEACON]])

    def write(self, name, records):
        self.client.put_parameter(Name=self.prefix + name, Value=json.dumps(records), Type="String", Overwrite=True,
                                  Tier="Intelligent-Tiering")

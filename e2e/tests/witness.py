"""Watches the answers that clients get, and tells which members of an API's output shapes none of them had."""

import json


class Witness:
    """Of one API; `watch` its clients."""

    def __init__(self, service_model):
        self.model = service_model
        self.called = set()
        self.seen = set()
        self.surplus = set()

    def watch(self, client):
        client.meta.events.register(f"after-call.{self.model.service_id.hyphenize()}", self._answered)
        return client

    def not_called(self):
        """The operations that nobody called with success."""
        return sorted(set(self.model.operation_names) - self.called)

    def not_seen(self):
        """The members of output shapes that were in no answer, each with its shape's name. A shape that several
        operations answer with is looked at as one."""
        wanted = set()
        for name in self.model.operation_names:
            if shape := self.model.operation_model(name).output_shape:
                wanted |= set(_members(shape))
        return sorted(wanted - self.seen)

    def _answered(self, http_response, model, **_):
        if http_response.status_code != 200:
            return
        self.called.add(model.name)
        body = json.loads(http_response.content or b"{}")
        if model.output_shape:
            self._walk(model.output_shape, body)
        elif body:
            self.surplus.add((model.name, *body))

    def _walk(self, shape, value):
        if shape.type_name == "structure":
            for name, below in value.items():
                if name in shape.members:
                    self.seen.add((shape.name, name))
                    self._walk(shape.members[name], below)
                else:
                    self.surplus.add((shape.name, name))
        elif shape.type_name == "list":
            for below in value:
                self._walk(shape.member, below)


def _members(shape):
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield shape.name, name
            yield from _members(member)
    elif shape.type_name == "list":
        yield from _members(shape.member)

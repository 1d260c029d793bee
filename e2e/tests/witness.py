"""Watches the answers that clients get, and tells which members of an API's output shapes none of them had."""

import json
from xml.etree import ElementTree


class Witness:
    """Of one API, or of some of its operations; `watch` its clients."""

    def __init__(self, service_model, operations=None):
        self.model = service_model
        self.operations = operations or service_model.operation_names
        self.called = set()
        self.seen = set()
        self.surplus = set()

    def watch(self, client):
        client.meta.events.register(f"after-call.{self.model.service_id.hyphenize()}", self._answered)
        return client

    def not_called(self):
        """The operations that nobody called with success."""
        return sorted(set(self.operations) - self.called)

    def not_seen(self):
        """The members of output shapes that were in no answer, each with its shape's name. A shape that several
        operations answer with is looked at as one."""
        wanted = set()
        for name in self.operations:
            if shape := self.model.operation_model(name).output_shape:
                wanted |= set(_members(shape))
        return sorted(wanted - self.seen)

    def _answered(self, http_response, model, **_):
        if http_response.status_code != 200:
            return
        self.called.add(model.name)
        body = self._body(http_response.content, model)
        if model.output_shape:
            self._walk(model.output_shape, body)
        elif body:
            self.surplus.add((model.name, *body))

    def _body(self, content, operation):
        if self.model.metadata["protocol"] == "json":
            return json.loads(content or b"{}")
        result = ElementTree.fromstring(content).find(f"{{*}}{operation.name}Result")
        return {} if result is None else _of_xml(result, operation.output_shape)

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


def _of_xml(element, shape):
    """An element as JSON would have it. What the shape doesn't know is there, as a text."""
    if shape is not None and shape.type_name == "list":
        return [_of_xml(below, shape.member) for below in element]
    if shape is not None and shape.type_name == "structure":
        named = {below.tag.rpartition("}")[2]: below for below in element}
        return {name: _of_xml(below, shape.members.get(name)) for name, below in named.items()}
    return element.text or ""


def _members(shape):
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield shape.name, name
            yield from _members(member)
    elif shape.type_name == "list":
        yield from _members(shape.member)

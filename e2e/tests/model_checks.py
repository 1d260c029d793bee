"""What holds for every operation of an API, by its service model: each returns what it does not hold for."""

import service_model
import signed_json
import signed_query


class ModelChecks:
    """Of one API."""

    def __init__(self, model):
        self.model = model
        json = model.metadata["protocol"] == "json"
        self.post = (signed_json if json else signed_query).post
        self.unknown, self.malformed, self.invalid = (
            ("UnknownOperationException", "SerializationException", "ValidationException") if json
            else ("InvalidAction", "MalformedInput", "ValidationError"))

    def served(self, stack):
        """The operations that are known."""
        return [name for name in self.model.operation_names
                if self.post(stack, self.model, name, ["not an object"])[1] != self.unknown]

    def unread(self, stack, operation):
        """The members of the input that may have any type, so that they can't be read."""
        shape, unread = self._input(operation), []
        for path, member in service_model.members(shape) if shape else ():
            body = service_model.with_value(shape, path, service_model.of_wrong_type(member))
            _, code, answer = self.post(stack, self.model, operation, body)
            if code != self.malformed:
                unread.append((path, member.type_name, code, answer))
        return unread

    def unenforced(self, stack, operation):
        """The constraints of the input that may be broken."""
        shape, broken = self._input(operation), []
        if not shape:
            return broken
        for name in shape.required_members:
            body = {key: value for key, value in service_model.valid(shape).items() if key != name}
            if (code := self.post(stack, self.model, operation, body)[1]) != self.invalid:
                broken.append((name, "required", code))
        for path, member in service_model.members(shape):
            for constraint, value in service_model.violations(member):
                body = service_model.with_value(shape, path, value)
                _, code, answer = self.post(stack, self.model, operation, body)
                named = str(path[-1] if path[-1] != 0 else path[-2])
                if code != self.invalid or named[1:] not in answer.get("message", ""):
                    broken.append((path, constraint, code, answer))
        return broken

    def _input(self, operation):
        """None for an operation that takes nothing."""
        return self.model.operation_model(operation).input_shape

"""A rotation function written as AWS's templates are, behind an HTTP server that answers as Lambda's runtimes do."""

import json

import boto3
from local_server import Handler, LocalServer


class Target:
    """What is rotated: a server that knows one password."""

    def __init__(self, password):
        self.password = password


def lambda_handler(event, context):
    """The four steps. `context` has the client, as the function's environment names the endpoint on AWS."""
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    client, target = context["client"], context["target"]
    metadata = client.describe_secret(SecretId=arn)
    if not metadata["RotationEnabled"]:
        raise ValueError(f"Secret {arn} is not enabled for rotation")
    versions = metadata["VersionIdsToStages"]
    if token not in versions:
        raise ValueError(f"Secret version {token} has no stage for rotation of secret {arn}.")
    if "AWSCURRENT" in versions[token]:
        return
    if "AWSPENDING" not in versions[token]:
        raise ValueError(f"Secret version {token} not set as AWSPENDING for rotation of secret {arn}.")
    pending = {"SecretId": arn, "VersionId": token, "VersionStage": "AWSPENDING"}
    if step == "createSecret":
        current = json.loads(client.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["SecretString"])
        try:
            client.get_secret_value(**pending)
        except client.exceptions.ResourceNotFoundException:
            current["password"] = f"made by {token}"
            client.put_secret_value(
                SecretId=arn, ClientRequestToken=token, SecretString=json.dumps(current),
                VersionStages=["AWSPENDING"], RotationToken=event["RotationToken"])
    elif step == "setSecret":
        target.password = json.loads(client.get_secret_value(**pending)["SecretString"])["password"]
    elif step == "testSecret":
        if json.loads(client.get_secret_value(**pending)["SecretString"])["password"] != target.password:
            raise ValueError(f"Unable to log in with the pending secret of {arn}")
    elif step == "finishSecret":
        current, = (version for version, stages in versions.items() if "AWSCURRENT" in stages)
        client.update_secret_version_stage(
            SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current)
    else:
        raise ValueError("Invalid step parameter")


class Runtime:
    """Serves the function at the address of Lambda's runtime interface emulator."""

    def __init__(self):
        self.context, self.failing = {"target": Target("first")}, set()
        runtime = self

        class Invocations(Handler):
            def do_POST(self):
                event = json.loads(self.body())
                answer, raised = None, None
                try:
                    assert self.path == "/2015-03-31/functions/function/invocations"
                    if event["Step"] in runtime.failing:
                        raise RuntimeError("told to fail")
                    lambda_handler(event, runtime.context)
                except Exception as error:  # whatever it is, a runtime answers with it
                    raised = type(error).__name__
                    answer = {"errorMessage": str(error), "errorType": raised}
                headers = {"X-Amz-Function-Error": "Unhandled"} if raised else {}
                self.answer(200, json.dumps(answer).encode(), **headers)

        self.server = LocalServer(Invocations)

    @property
    def url(self):
        return f"{self.server.url}/2015-03-31/functions/function/invocations"

    def become(self, endpoint, region, credentials):
        """From now on it has a role's credentials."""
        self.context["client"] = boto3.client(
            "secretsmanager", endpoint_url=endpoint, region_name=region,
            aws_access_key_id=credentials["AccessKeyId"], aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"])

    def close(self):
        self.server.close()

"""Registers an OpenID Connect provider: by IAM, and while IAM doesn't know how, in identity's own table."""

import os
import subprocess

from botocore.exceptions import ClientError


def register(stack, issuer, client_id):
    """The provider's ARN."""
    arn = f"arn:aws:iam::000000000000:oidc-provider/{issuer.name}"
    try:
        return stack.client("iam").create_open_id_connect_provider(
            Url=issuer.url, ClientIDList=[client_id])["OpenIDConnectProviderArn"]
    except ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidAction", error
    data = stack.directory / "data"
    port = (data / "postgres/data/postmaster.pid").read_text().splitlines()[3]
    password = (data / "secrets/identity.database-password").read_text()
    sql = ("INSERT INTO oidc_providers (account_id, url, client_ids, thumbprints, created_at) "
           f"VALUES ('000000000000', '{issuer.name}', '{{{client_id}}}', '{{}}', now())")
    subprocess.run(["psql", "-h", "127.0.0.1", "-p", port, "-U", "keywright_identity", "-c", sql], check=True,
                   env={"PATH": os.environ["PATH"], "PGPASSWORD": password}, capture_output=True)
    return arn

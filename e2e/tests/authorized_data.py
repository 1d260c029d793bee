"""Requests of every operation of Parameter Store, Secrets Manager and CloudTrail which have every condition key that can
be there."""

import json
import uuid

from authorization_table import Request
from stack import wait_for

TAGS = [{"Key": "team", "Value": "blue"}]
# The other Region of the stack.
THERE = "eu-west-1"


class ParameterRequests:
    """Of parameters that have a tag."""

    def __init__(self, stack):
        self.stack, self.ssm = stack, stack.client("ssm")

    def of(self, operation):
        if operation.endswith("ServiceSetting"):
            return self.of_setting(operation)
        name = f"/table/{uuid.uuid4()}"
        about = {"parameter": [f"arn:aws:ssm:{self.stack.region}:000000000000:parameter{name}"]}
        if operation == "PutParameter":
            new = {"Name": name, "Value": "x", "Type": "String", "Tags": TAGS, "Policies": "[]"}
            return Request(new, about)
        self.ssm.put_parameter(Name=name, Value="x", Type="String", Tags=TAGS, Tier="Advanced")
        arn, = about["parameter"]
        if operation.endswith(("ResourcePolicy", "ResourcePolicies")):
            return Request(self.of_policy(operation, arn), about)
        tagged = {"ResourceType": "Parameter", "ResourceId": name}
        return Request({
            "AddTagsToResource": tagged | {"Tags": TAGS},
            "DeleteParameters": {"Names": [name]},
            "DescribeParameters": {},
            "GetParameters": {"Names": [name]},
            "GetParametersByPath": {"Path": name, "Recursive": True},
            "LabelParameterVersion": {"Name": name, "ParameterVersion": 1, "Labels": ["prod"]},
            "ListTagsForResource": tagged,
            "RemoveTagsFromResource": tagged | {"TagKeys": ["stage"]},
            "UnlabelParameterVersion": {"Name": name, "ParameterVersion": 1, "Labels": ["prod"]},
        }.get(operation, {"Name": name}), about)

    def of_policy(self, operation, arn):
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "ssm:GetParameter", "Resource": arn}]})
        new = {"ResourceArn": arn, "Policy": policy}
        if operation == "PutResourcePolicy":
            return new
        if operation == "GetResourcePolicies":
            return {"ResourceArn": arn, "MaxResults": 5}
        made = self.ssm.put_resource_policy(**new)
        return {"ResourceArn": arn, "PolicyId": made["PolicyId"], "PolicyHash": made["PolicyHash"]}

    def of_setting(self, operation):
        setting = "/ssm/parameter-store/high-throughput-enabled"
        value = {"SettingValue": "true"} if operation == "UpdateServiceSetting" else {}
        arn = f"arn:aws:ssm:{self.stack.region}:000000000000:servicesetting{setting}"
        return Request({"SettingId": setting} | value, {"servicesetting": [arn]})


class SecretRequests:
    """Of secrets that have a tag, in a stack of two Regions."""

    def __init__(self, stack):
        self.stack, self.secrets = stack, stack.client("secretsmanager")
        self.key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]

    def of(self, operation):
        name = f"table-{uuid.uuid4()}"
        described = {"Description": "x", "KmsKeyId": self.key}
        replicas = {"AddReplicaRegions": [{"Region": THERE}], "ForceOverwriteReplicaSecret": True}
        if operation == "CreateSecret":
            # The end of its ARN isn't known before.
            arn = f"arn:aws:secretsmanager:{self.stack.region}:000000000000:secret:{name}-??????"
            return Request({"Name": name, "Tags": TAGS} | described | replicas, {"secret": [arn]})
        if operation == "StopReplicationToReplica":
            return Request({"SecretId": name}, {"secret": [self._replica(name)]})
        more = {"AddReplicaRegions": [{"Region": THERE}]} if operation == "RemoveRegionsFromReplication" else {}
        made = self.secrets.create_secret(Name=name, SecretString="x", Tags=TAGS, **more)
        if operation == "RestoreSecret":
            self.secrets.delete_secret(SecretId=name)
        secret, version = {"SecretId": name}, made["VersionId"]
        policy = {"ResourcePolicy": json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "secretsmanager:GetSecretValue",
            "Resource": "*"}]})}
        function = f"arn:aws:lambda:{self.stack.region}:000000000000:function:keywright-generic-random"
        rotation = {"RotationLambdaARN": function, "RotationRules": {"AutomaticallyAfterDays": 30}}
        if operation == "CancelRotateSecret":
            self.secrets.rotate_secret(**secret, **rotation)
        return Request({
            "BatchGetSecretValue": {"SecretIdList": [name]},
            "DeleteSecret": secret | {"RecoveryWindowInDays": 7},
            "GetRandomPassword": {"PasswordLength": 24, "ExcludeCharacters": "'", "IncludeSpace": True},
            "GetSecretValue": secret | {"VersionId": version, "VersionStage": "AWSCURRENT"},
            "ListSecrets": {},
            "PutResourcePolicy": secret | policy | {"BlockPublicPolicy": True},
            "PutSecretValue": secret | {"SecretString": "y"},
            "RemoveRegionsFromReplication": secret | {"RemoveReplicaRegions": [THERE]},
            "ReplicateSecretToRegions": secret | replicas,
            "RotateSecret": secret | rotation | {"RotateImmediately": True},
            "TagResource": secret | {"Tags": TAGS},
            "UntagResource": secret | {"TagKeys": ["stage"]},
            "UpdateSecret": secret | described,
            "UpdateSecretVersionStage": secret | {"VersionStage": "OWN", "MoveToVersionId": version},
            "ValidateResourcePolicy": secret | policy,
        }.get(operation, secret), {"secret": [made["ARN"]], "function": [function]})

    def _replica(self, name):
        """The ARN of a secret whose primary secret is in the other Region."""
        elsewhere = self.stack.client("secretsmanager", region_name=THERE)
        elsewhere.create_secret(Name=name, SecretString="x", Tags=TAGS, AddReplicaRegions=[{"Region": self.stack.region}])

        def found():
            listed = self.secrets.list_secrets(Filters=[{"Key": "name", "Values": [name]}])["SecretList"]
            return listed and listed[0]["ARN"]
        return wait_for("the replica", 30, found)


class TrailRequests:
    """Of CloudTrail's trail, and of event data stores that have a tag."""

    def __init__(self, stack):
        self.stack, self.cloudtrail = stack, stack.client("cloudtrail")
        self.kept = self.made()

    def made(self):
        return self.cloudtrail.create_event_data_store(
            Name=f"table-{uuid.uuid4()}", TerminationProtectionEnabled=False, TagsList=TAGS)["EventDataStoreArn"]

    def of(self, operation):
        prefix = f"arn:aws:cloudtrail:{self.stack.region}:000000000000"
        if operation == "CreateEventDataStore":
            # Its id isn't known before.
            about = {"eventdatastore": [f"{prefix}:eventdatastore/*"]}
            return Request({"Name": f"table-{uuid.uuid4()}", "TagsList": TAGS}, about)
        store = self.made() if operation in ("DeleteEventDataStore", "RestoreEventDataStore") else self.kept
        about = {"trail": [f"{prefix}:trail/keywright"], "eventdatastore": [store]}
        if operation == "RestoreEventDataStore":
            self.cloudtrail.delete_event_data_store(EventDataStore=store)
        statement = {"QueryStatement": f"SELECT count(*) FROM {store.rsplit('/', 1)[1]}"}
        if operation in ("CancelQuery", "DescribeQuery", "GetQueryResults"):
            query = self.cloudtrail.start_query(**statement)["QueryId"]
            # So that each run is answered alike.
            wait_for("the query's end", 60, lambda: self.cloudtrail.describe_query(
                QueryId=query)["QueryStatus"] not in ("QUEUED", "RUNNING"))
            return Request({"QueryId": query}, about)
        if operation == "StartQuery":
            return Request(statement, about)
        if operation in ("GetEventDataStore", "DeleteEventDataStore", "RestoreEventDataStore", "UpdateEventDataStore",
                         "ListQueries"):
            return Request({"EventDataStore": store}, about)
        return Request({
            "CreateTrail": {"Name": "keywright", "S3BucketName": "bucket"},
            "ListTags": {"ResourceIdList": [store]},
            **{name: {} for name in ("DescribeTrails", "ListEventDataStores", "ListPublicKeys", "ListTrails",
                                      "LookupEvents")},
            **{name: {"TrailName": "keywright"} for name in ("GetEventSelectors", "GetInsightSelectors")},
            "PutEventSelectors": {"TrailName": "keywright", "EventSelectors": []},
        }.get(operation, {"Name": "keywright"}), about)

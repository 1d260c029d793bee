"""Requests of every operation of IAM, and of those of STS that are signed, which have every condition key that can be
there."""

import json
import uuid

from authorization_table import Request

TAGS = [{"Key": "team", "Value": "blue"}]
BOUNDARY = "arn:aws:iam::aws:policy/AdministratorAccess"
INLINE = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
    "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}]})
TO_MAKE = ("CreateUser", "CreateGroup", "CreateRole")
# What is about nothing in particular.
ABOUT_ALL = {
    "ListUsers": {}, "ListGroups": {}, "ListRoles": {}, "ListPolicies": {}, "ListOpenIDConnectProviders": {},
    "CreateAccountAlias": {"AccountAlias": "table"}, "DeleteAccountAlias": {"AccountAlias": "table"}, "ListAccountAliases": {},
    "GetAccountSummary": {}, "GetAccountAuthorizationDetails": {}, "GetAccountPasswordPolicy": {}, "ListVirtualMFADevices": {},
    "ListServerCertificates": {}, "ListSAMLProviders": {}, "ListInstanceProfiles": {},
    "SimulateCustomPolicy": {"PolicyInputList": [INLINE], "ActionNames": ["s3:GetObject"]},
    "GetContextKeysForCustomPolicy": {"PolicyInputList": [INLINE]},
}


class IamRequests:
    """Of users, groups and roles with a path, of which users and roles have a tag and a permissions boundary."""

    def __init__(self, stack):
        self.iam = stack.client("iam")

    def of(self, operation):
        if operation in ABOUT_ALL:
            return Request(ABOUT_ALL[operation], {})
        if "ServiceLinkedRole" in operation:
            return self._of_service(operation)
        name, path = f"t-{uuid.uuid4().hex[:12]}", "/table/"
        if "OpenIDConnectProvider" in operation:
            return self._of_provider(operation, f"{name}.example.com")
        if operation in OF_POLICIES:
            return self._of_policy(operation, name, path)
        kind = kind_of(operation)
        member = f"{kind.title()}Name"
        new = {member: name, "Path": path}
        if kind != "group":
            new |= {"Tags": TAGS, "PermissionsBoundary": BOUNDARY}
        if kind == "role":
            new |= {"AssumeRolePolicyDocument": TRUST}
        about = {kind: [f"arn:aws:iam::000000000000:{kind}{path}{name}"]}
        if operation in TO_MAKE:
            return Request(new, about)
        getattr(self.iam, f"create_{kind}")(**new)
        if operation in ("UpdateUser", "UpdateGroup"):
            about[kind].append(f"arn:aws:iam::000000000000:{kind}{path}{name}-new")
        if operation in OF_PRINCIPALS:
            actions = {"ActionNames": ["s3:GetObject"]} if operation.startswith("Simulate") else {}
            return Request({"PolicySourceArn": about[kind][0]} | actions, about)
        return Request(self._input(operation, kind, {member: name}), about)

    def _input(self, operation, kind, named):
        name = next(iter(named.values()))
        if operation in ("AddUserToGroup", "RemoveUserFromGroup"):
            self.iam.create_user(UserName=f"{name}-member")
            if operation == "RemoveUserFromGroup":
                self.iam.add_user_to_group(GroupName=name, UserName=f"{name}-member")
            return named | {"UserName": f"{name}-member"}
        if operation in ("UpdateAccessKey", "DeleteAccessKey", "GetAccessKeyLastUsed"):
            key = {"AccessKeyId": self.iam.create_access_key(**named)["AccessKey"]["AccessKeyId"]}
            return {"UpdateAccessKey": named | key | {"Status": "Inactive"}, "GetAccessKeyLastUsed": key}.get(
                operation, named | key)
        if operation in ("UpdateUser", "UpdateGroup"):
            return named | {f"New{kind.title()}Name": f"{name}-new"}
        if operation.startswith(("Attach", "Detach")):
            if operation.startswith("Detach"):
                getattr(self.iam, f"attach_{kind}_policy")(**named, PolicyArn=BOUNDARY)
            return named | {"PolicyArn": BOUNDARY}
        if operation.endswith("PermissionsBoundary") and operation.startswith("Put"):
            return named | {"PermissionsBoundary": BOUNDARY}
        if operation in (f"{verb}{kind.title()}Policy" for verb in ("Put", "Get", "Delete")):
            own = named | {"PolicyName": "own"}
            if operation.startswith("Put"):
                return own | {"PolicyDocument": INLINE}
            getattr(self.iam, f"put_{kind}_policy")(**own, PolicyDocument=INLINE)
            return own
        if operation == "UpdateAssumeRolePolicy":
            return named | {"PolicyDocument": TRUST}
        if operation == "UpdateRoleDescription":
            return named | {"Description": "x"}
        if operation.startswith("Tag"):
            return named | {"Tags": TAGS}
        return named | ({"TagKeys": ["stage"]} if operation.startswith("Untag") else {})

    def _of_policy(self, operation, name, path):
        arn = f"arn:aws:iam::000000000000:policy{path}{name}"
        new, about = {"PolicyName": name, "Path": path, "PolicyDocument": INLINE, "Tags": TAGS}, {"policy": [arn]}
        if operation == "CreatePolicy":
            return Request(new, about)
        self.iam.create_policy(**new)
        if operation == "DeletePolicyVersion":
            self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=INLINE)
        more = {
            "CreatePolicyVersion": {"PolicyDocument": INLINE}, "GetPolicyVersion": {"VersionId": "v1"},
            "DeletePolicyVersion": {"VersionId": "v2"}, "SetDefaultPolicyVersion": {"VersionId": "v1"},
            "TagPolicy": {"Tags": TAGS}, "UntagPolicy": {"TagKeys": ["stage"]},
        }.get(operation, {})
        return Request({"PolicyArn": arn} | more, about)

    def _of_provider(self, operation, name):
        arn = f"arn:aws:iam::000000000000:oidc-provider/{name}"
        new = {"Url": f"https://{name}", "ClientIDList": ["app"], "ThumbprintList": ["a" * 40], "Tags": TAGS}
        about = {"oidc-provider": [arn]}
        if operation == "CreateOpenIDConnectProvider":
            return Request(new, about)
        self.iam.create_open_id_connect_provider(**new)
        more = {
            "AddClientIDToOpenIDConnectProvider": {"ClientID": "other"},
            "RemoveClientIDFromOpenIDConnectProvider": {"ClientID": "app"},
            "UpdateOpenIDConnectProviderThumbprint": {"ThumbprintList": ["b" * 40]},
            "TagOpenIDConnectProvider": {"Tags": TAGS}, "UntagOpenIDConnectProvider": {"TagKeys": ["stage"]},
        }.get(operation, {})
        return Request({"OpenIDConnectProviderArn": arn} | more, about)

    def _of_service(self, operation):
        new = {"AWSServiceName": "kms.amazonaws.com", "CustomSuffix": uuid.uuid4().hex[:8]}
        if operation == "CreateServiceLinkedRole":
            any_name = "arn:aws:iam::000000000000:role/aws-service-role/kms.amazonaws.com/*_" + new["CustomSuffix"]
            return Request(new, {"role": [any_name]})
        made = self.iam.create_service_linked_role(**new)["Role"]
        about = {"role": [made["Arn"]]}
        if operation == "DeleteServiceLinkedRole":
            return Request({"RoleName": made["RoleName"]}, about)
        task = self.iam.delete_service_linked_role(RoleName=made["RoleName"])["DeletionTaskId"]
        return Request({"DeletionTaskId": task}, about)


def kind_of(operation):
    """What an operation is about."""
    if operation == "ListGroupsForUser":
        return "user"
    if operation == "UpdateAssumeRolePolicy":
        return "role"
    return next((kind for kind in ("group", "role") if kind.title() in operation), "user")


OF_PRINCIPALS = ("SimulatePrincipalPolicy", "GetContextKeysForPrincipalPolicy")
OF_POLICIES = {
    "CreatePolicy", "GetPolicy", "DeletePolicy", "ListEntitiesForPolicy", "CreatePolicyVersion", "GetPolicyVersion",
    "DeletePolicyVersion", "ListPolicyVersions", "SetDefaultPolicyVersion", "TagPolicy", "UntagPolicy", "ListPolicyTags",
}


class StsRequests:
    """Of a role that has a tag, and trusts the account."""

    def __init__(self, stack):
        self.stack, self.iam = stack, stack.client("iam")

    def of(self, operation):
        if operation == "AssumeRole":
            name = f"t-{uuid.uuid4().hex[:12]}"
            role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=TAGS)["Role"]["Arn"]
            asked = {"RoleArn": role, "RoleSessionName": "table", "ExternalId": "external", "SourceIdentity": "somebody",
                     "Tags": TAGS, "TransitiveTagKeys": ["team"]}
            return Request(asked, {"role": [role]})
        if operation == "GetFederationToken":
            return Request({"Name": "table", "Tags": TAGS},
                           {"federated-user": ["arn:aws:sts::000000000000:federated-user/table"]})
        return Request({
            "DecodeAuthorizationMessage": {"EncodedMessage": "x"},
            "GetAccessKeyInfo": {"AccessKeyId": self.stack.credentials["AWS_ACCESS_KEY_ID"]},
        }.get(operation, {}), {})

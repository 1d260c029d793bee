//! Condition keys: their types, where they occur, and values for them.

/// What the values of a key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Arn,
    Bool,
    Number,
    Date,
    Ip,
    Bytes,
}

/// A condition key.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// It has a list of values.
    pub(crate) multivalued: bool,
    /// The action whose requests have it; or a service, with its colon; or, empty, all of them.
    pub(crate) actions: &'static str,
    /// How many requests of a hundred have it.
    pub(crate) present: usize,
    pub(crate) values: &'static [&'static str],
}

const fn key(name: &'static str, kind: Kind, values: &'static [&'static str]) -> Key {
    Key { name, kind, multivalued: false, actions: "", present: 45, values }
}

const fn list(name: &'static str, values: &'static [&'static str]) -> Key {
    Key { multivalued: true, ..key(name, Kind::Text, values) }
}

const fn of(actions: &'static str, key: Key) -> Key {
    Key { actions, present: 70, ..key }
}

/// The key, if the action has it.
pub(crate) fn keys_of(action: &str) -> Vec<&'static Key> {
    let has = |key: &&Key| match key.actions {
        "" => true,
        service if service.ends_with(':') => action.starts_with(service),
        exactly => action == exactly,
    };
    KEYS.iter().filter(has).collect()
}

const TEAMS: &[&str] = &["blue", "red", "Blue", "naïve", "b*e", ""];
const BOOLS: &[&str] = &["true", "false"];

/// Those of the principal have their values from it: see `context`.
const KEYS: &[Key] = &[
    key(
        "aws:PrincipalArn",
        Kind::Arn,
        &["arn:aws:iam::444455556666:user/bob", "arn:aws:iam::111122223333:role/other"],
    ),
    key("aws:PrincipalAccount", Kind::Text, &["111122223333", "444455556666"]),
    key("aws:PrincipalType", Kind::Text, &["User", "AssumedRole", "Account", "FederatedUser"]),
    key("aws:userid", Kind::Text, &["AIDAEXAMPLEEXAMPLE99"]),
    key("aws:username", Kind::Text, &["alice", "bob"]),
    key("aws:PrincipalTag/team", Kind::Text, TEAMS),
    key("aws:PrincipalTag/resource", Kind::Text, &["blue", "db"]),
    key("aws:PrincipalTag/level", Kind::Number, &["1", "5", "10", "2.5"]),
    key("aws:ResourceTag/team", Kind::Text, TEAMS),
    key("aws:RequestTag/team", Kind::Text, TEAMS),
    key("aws:RequestTag/digest", Kind::Bytes, &["AAEC", "a2V5d3JpZ2h0", "Zm9v"]),
    list("aws:TagKeys", &["team", "stage", "owner", "Team", ""]),
    list(
        "aws:CalledVia",
        &["cloudformation.amazonaws.com", "athena.amazonaws.com", "dynamodb.amazonaws.com"],
    ),
    list("aws:PrincipalOrgPaths", &["o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", "o-a1b2c3d4e5/r-ab12/"]),
    key("aws:PrincipalOrgID", Kind::Text, &["o-a1b2c3d4e5", "o-other00000"]),
    key(
        "aws:SourceIp",
        Kind::Ip,
        &["203.0.113.7", "198.51.100.20", "10.1.2.3", "2001:db8::1", "2001:db8:0:1::9"],
    ),
    key("aws:SourceVpc", Kind::Text, &["vpc-111bbb22", "vpc-0"]),
    key("aws:SecureTransport", Kind::Bool, BOOLS),
    key("aws:MultiFactorAuthPresent", Kind::Bool, BOOLS),
    key("aws:ViaAWSService", Kind::Bool, BOOLS),
    key("aws:MultiFactorAuthAge", Kind::Number, &["30", "3600", "-1"]),
    key("aws:CurrentTime", Kind::Date, DATES),
    key("aws:TokenIssueTime", Kind::Date, DATES),
    key("aws:RequestedRegion", Kind::Text, &["us-east-1", "eu-central-1"]),
    key(
        "aws:SourceArn",
        Kind::Arn,
        &["arn:aws:sns:us-east-1:111122223333:topic-blue", "arn:aws:s3:::bucket"],
    ),
    key("aws:SourceAccount", Kind::Text, &["111122223333", "444455556666"]),
    key("aws:UserAgent", Kind::Text, &["aws-cli/2.15", "Boto3/1.34 (a+b) [x]"]),
    of(
        "kms:",
        key("kms:ViaService", Kind::Text, &["ssm.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com"]),
    ),
    of("kms:", key("kms:CallerAccount", Kind::Text, &["111122223333", "444455556666"])),
    of("kms:Decrypt", key("kms:EncryptionContext:app", Kind::Text, &["shop", "blog"])),
    of("kms:Encrypt", key("kms:EncryptionContext:app", Kind::Text, &["shop", "blog"])),
    of("kms:Decrypt", list("kms:EncryptionContextKeys", &["app", "stage"])),
    of("kms:Decrypt", key("kms:RequestAlias", Kind::Text, &["alias/blue", "alias/red"])),
    of("kms:Decrypt", list("kms:ResourceAliases", &["alias/blue", "alias/red", "alias/blue/2"])),
    of("kms:Encrypt", key("kms:MultiRegion", Kind::Bool, BOOLS)),
    of("kms:CreateGrant", list("kms:GrantOperations", &["Decrypt", "Encrypt", "CreateGrant"])),
    of("kms:CreateGrant", key("kms:GrantIsForAWSResource", Kind::Bool, BOOLS)),
    of(
        "kms:ScheduleKeyDeletion",
        key("kms:ScheduleKeyDeletionPendingWindowInDays", Kind::Number, &["7", "14", "30"]),
    ),
    of("ssm:GetParametersByPath", key("ssm:Recursive", Kind::Bool, BOOLS)),
    of("ssm:PutParameter", key("ssm:Overwrite", Kind::Bool, BOOLS)),
    of(
        "secretsmanager:GetSecretValue",
        key("secretsmanager:VersionStage", Kind::Text, &["AWSCURRENT", "AWSPENDING"]),
    ),
    of("sts:AssumeRole", key("sts:ExternalId", Kind::Text, &["12345", "*", "ab"])),
    of("sts:AssumeRole", key("sts:RoleSessionName", Kind::Text, &["alice", "s"])),
    of("sts:AssumeRole", list("sts:TransitiveTagKeys", &["team", "stage"])),
    of(
        "iam:PassRole",
        key("iam:PassedToService", Kind::Text, &["lambda.amazonaws.com", "ec2.amazonaws.com"]),
    ),
];

const DATES: &[&str] = &[
    "2026-11-26T00:00:00Z",
    "2026-11-26T01:30:00+01:30",
    "2026-11-26T12:00:00.500Z",
    "2026-11-25",
    "2027-01-01T00:00Z",
    "1795651200",
    "1795737600",
];

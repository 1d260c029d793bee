//! Who asked, as CloudTrail's `userIdentity` element shows it:
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>.

use serde::Serialize;
use time::OffsetDateTime;

use super::EventTime;

/// The caller. `invoked_by` names the service that made the call on the caller's behalf, such as `ssm.amazonaws.com`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum UserIdentity<'a> {
    /// The account's root user.
    Root {
        /// The account id again.
        principal_id: &'a str,
        /// `arn:aws:iam::<account>:root`.
        arn: &'a str,
        /// The account.
        account_id: &'a str,
        /// The access key that signed.
        #[serde(skip_serializing_if = "Option::is_none")]
        access_key_id: Option<&'a str>,
        /// The session's facts, for GetSessionToken credentials.
        #[serde(skip_serializing_if = "Option::is_none")]
        session_context: Option<SessionContext<'a>>,
        /// The calling service.
        #[serde(skip_serializing_if = "Option::is_none")]
        invoked_by: Option<&'a str>,
    },
    /// A user of the account.
    #[serde(rename = "IAMUser")]
    IamUser {
        /// The user's unique id (`AIDA...`).
        principal_id: &'a str,
        /// The user's ARN.
        arn: &'a str,
        /// The account.
        account_id: &'a str,
        /// The access key that signed.
        #[serde(skip_serializing_if = "Option::is_none")]
        access_key_id: Option<&'a str>,
        /// The user's name.
        user_name: &'a str,
        /// The session's facts, for GetSessionToken credentials.
        #[serde(skip_serializing_if = "Option::is_none")]
        session_context: Option<SessionContext<'a>>,
        /// The calling service.
        #[serde(skip_serializing_if = "Option::is_none")]
        invoked_by: Option<&'a str>,
    },
    /// A session of a role.
    AssumedRole {
        /// `<role id>:<session name>`.
        principal_id: &'a str,
        /// `arn:aws:sts::<account>:assumed-role/<role>/<session name>`.
        arn: &'a str,
        /// The account.
        account_id: &'a str,
        /// The temporary access key that signed.
        #[serde(skip_serializing_if = "Option::is_none")]
        access_key_id: Option<&'a str>,
        /// Who issued the session, and when.
        #[serde(skip_serializing_if = "Option::is_none")]
        session_context: Option<SessionContext<'a>>,
        /// The calling service.
        #[serde(skip_serializing_if = "Option::is_none")]
        invoked_by: Option<&'a str>,
    },
    /// A session which a user, or the root user, made for somebody else.
    FederatedUser {
        /// `<account>:<name>`.
        principal_id: &'a str,
        /// `arn:aws:sts::<account>:federated-user/<name>`.
        arn: &'a str,
        /// The account.
        account_id: &'a str,
        /// The temporary access key that signed.
        #[serde(skip_serializing_if = "Option::is_none")]
        access_key_id: Option<&'a str>,
        /// Who made the session, and when.
        #[serde(skip_serializing_if = "Option::is_none")]
        session_context: Option<SessionContext<'a>>,
        /// The calling service.
        #[serde(skip_serializing_if = "Option::is_none")]
        invoked_by: Option<&'a str>,
    },
    /// Who asks with a web identity token for a session.
    WebIdentityUser {
        /// `<issuer>:<audience>:<subject>`.
        principal_id: &'a str,
        /// The token's subject.
        user_name: &'a str,
        /// The issuer.
        identity_provider: &'a str,
        /// The calling service.
        #[serde(skip_serializing_if = "Option::is_none")]
        invoked_by: Option<&'a str>,
    },
    /// A caller of another account.
    #[serde(rename = "AWSAccount")]
    AwsAccount {
        /// The caller's unique id.
        principal_id: &'a str,
        /// The caller's account.
        account_id: &'a str,
        /// The calling service.
        #[serde(skip_serializing_if = "Option::is_none")]
        invoked_by: Option<&'a str>,
    },
    /// A service that acts for itself.
    #[serde(rename = "AWSService")]
    AwsService {
        /// The service, such as `secretsmanager.amazonaws.com`.
        invoked_by: &'a str,
    },
    /// Someone whose signature could not be verified: what they claim to be, unproven.
    Unknown {
        /// The access key that the request named.
        #[serde(skip_serializing_if = "Option::is_none")]
        access_key_id: Option<&'a str>,
        /// The account that the request was for.
        #[serde(skip_serializing_if = "Option::is_none")]
        account_id: Option<&'a str>,
        /// The calling service.
        #[serde(skip_serializing_if = "Option::is_none")]
        invoked_by: Option<&'a str>,
    },
}

/// The facts of a temporary session.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionContext<'a> {
    /// The role that the session is of, or who made a federated user's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_issuer: Option<SessionIssuer<'a>>,
    /// The web identity that the session was given for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_id_federation_data: Option<WebIdFederationData<'a>>,
    /// Who was said to be behind it when it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<&'a str>,
    /// When it began, and whether with a second factor.
    pub attributes: SessionAttributes,
}

/// The role, or the user, behind a session.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionIssuer<'a> {
    /// `Role`, `IAMUser` or `Root`.
    #[serde(rename = "type")]
    pub issuer_type: &'a str,
    /// Its unique id (`AROA...`).
    pub principal_id: &'a str,
    /// Its ARN.
    pub arn: &'a str,
    /// Its account.
    pub account_id: &'a str,
    /// Its name; a root user has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<&'a str>,
}

/// The provider of a web identity.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebIdFederationData<'a> {
    /// The provider's ARN.
    pub federated_provider: &'a str,
}

/// How a session began.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SessionAttributes {
    /// When the credentials were issued.
    #[serde(rename = "creationDate", serialize_with = "as_event_time")]
    pub creation_date: OffsetDateTime,
    /// Whether with a second factor; CloudTrail shows it as a text.
    #[serde(rename = "mfaAuthenticated", serialize_with = "as_text")]
    pub mfa_authenticated: bool,
}

fn as_event_time<S: serde::Serializer>(moment: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    EventTime(*moment).serialize(serializer)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn as_text<S: serde::Serializer>(flag: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *flag { "true" } else { "false" })
}

//! The first operations of IAM: enough to let a second principal in.
//!
//! API: <https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html>

mod create_access_key;
mod create_user;
mod operation;
mod put_user_policy;
mod subjects;

pub use create_access_key::CreateAccessKey;
pub use create_user::CreateUser;
pub use operation::Iam;
pub use put_user_policy::PutUserPolicy;

use std::sync::Arc;

use keywright_aws_api::{Access, Accesses, Call, Shown, Target};
use keywright_policy::ResourcePolicyRule;

use crate::domain::identity::Identity;

/// An action on a user of the caller's account.
fn on_user(action: &'static str, call: &Call, arn: String) -> Accesses {
    let arn: Arc<str> = arn.into();
    let rule = ResourcePolicyRule::Additional;
    Access::new(action, Target { arn, account: Some(call.account()), policy: None, rule }).into()
}

/// The ARN under which a caller may ask about a user that may not exist.
fn arn_by_name(call: &Call, name: &str) -> String {
    format!("arn:aws:iam::{}:user/{name}", call.account())
}

fn show_user<'a>(shown: &mut Shown<'a>, call: &'a Call, user: &'a Identity, arn: &'a str) {
    debug_assert_eq!(call.account(), user.account, "users are of the caller's account");
    shown.resource(user.account.as_str(), USER, arn);
}

const USER: &str = "AWS::IAM::User";

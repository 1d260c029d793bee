//! The operations that make and change trails: there is one, and it can't be changed by the API.

use keywright_aws_api::api::ApiBuilder;
use keywright_aws_api::{Accesses, Authorized, Call, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::named_trail::{NameInput, TrailNameInput, on_trail};
use crate::error::AuditError;
use crate::service::AuditTrail;

/// None is ever made.
#[derive(Serialize)]
pub struct Never {}

/// Operations that are refused, each by the member that names its trail.
macro_rules! unsupported {
    ($($name:ident: $input:ident.$member:ident as $shown:literal;)+) => {
        $(
            #[doc = concat!("<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_", stringify!($name), ".html>")]
            pub struct $name;

            impl Operation for $name {
                type Service = AuditTrail;
                type Input = $input;
                type Output = Never;
                type Resource = ();
                type Error = AuditError;

                const NAME: &'static str = stringify!($name);
                const ACTION: &'static str = concat!("cloudtrail:", stringify!($name));
                const READ_ONLY: bool = false;

                async fn load(_trail: &AuditTrail, _call: &Call, _input: &$input) -> Result<(), AuditError> {
                    Ok(())
                }

                fn accesses(call: &Call, input: &$input, (): &()) -> Accesses {
                    on_trail(Self::ACTION, call, &input.$member).into()
                }

                async fn run(
                    _trail: &AuditTrail,
                    _request: Authorized<'_, Self>,
                    _work: &mut PostgresWork,
                ) -> Result<Never, AuditError> {
                    Err(AuditError::Unsupported(MESSAGE))
                }

                fn show<'a>(
                    shown: &mut Shown<'a>,
                    _call: &'a Call,
                    input: &'a $input,
                    _resource: Option<&'a ()>,
                    _output: Option<&'a Never>,
                ) {
                    shown.request.push_str($shown, input.$member.as_str());
                }
            }
        )+

        /// Registers all of them.
        pub(super) fn register(api: ApiBuilder<AuditTrail>) -> ApiBuilder<AuditTrail> {
            api$(.operation::<$name>())+
        }
    };
}

unsupported! {
    CreateTrail: NameInput.name as "name";
    UpdateTrail: NameInput.name as "name";
    DeleteTrail: NameInput.name as "name";
    StartLogging: NameInput.name as "name";
    StopLogging: NameInput.name as "name";
    PutEventSelectors: TrailNameInput.trail_name as "trailName";
}

const MESSAGE: &str = "Every account has the trail keywright, which records all events of all Regions and cannot be \
                       changed, stopped or joined by others.";

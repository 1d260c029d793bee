//! How the operations of IAM are written down.

use keywright_audit_log::Fields;

use super::policies::EntityType;
use super::tag::Tag;

/// Defines an operation, which is its own input: a member is in the audit record if it says `as` which name.
///
/// `changes` or `reads`, then what it is about and what it answers; the input; by which `name` the subject is found; which
/// condition `keys` it adds; what besides must be allowed if it has `tags`; which `also` is a resource; what of its `answer` is recorded; what it does.
macro_rules! iam_operation {
    (
        $(#[$doc:meta])*
        $operation:ident: $access:ident $subject:ty => $output:ty {
            $( $(#[$attribute:meta])* $member:ident: $type:ty $(as $shown:literal)? ),* $(,)?
        }
        name($name_call:pat, $name_input:pat) $name:block
        $(keys($keys_input:ident, $keys:ident) $add_keys:block)?
        $(tags($tags_input:ident) $tagging:literal)?
        $(also($also_input:ident, $also_subject:ident) $also:block)?
        $(answer($response:ident, $answer:ident) $show_answer:block)?
        run($directory:pat, $request:pat, $work:pat) $run:block
    ) => {
        $(#[$doc])*
        #[derive(keywright_aws_api::Input)]
        pub(crate) struct $operation {
            $( $(#[$attribute])* $member: $type, )*
        }

        impl $crate::operations::iam::operation::IamOperation for $operation {
            type Input = Self;
            type Output = $output;
            type Subject = $subject;

            const NAME: &'static str = stringify!($operation);
            const ACTION: &'static str = concat!("iam:", stringify!($operation));
            const READ_ONLY: bool = $crate::operations::iam::define::only_reads!($access);

            fn name(
                $name_call: &keywright_aws_api::Call,
                $name_input: &Self,
            ) -> Result<
                <$subject as $crate::operations::iam::operation::Subject>::Name,
                $crate::error::IdentityError,
            > $name

            $(
                fn condition_keys(
                    $keys_input: &Self,
                    $keys: &mut keywright_aws_api::context::ContextKeys,
                ) $add_keys
            )?

            $(
                fn other_action($tags_input: &Self) -> Option<&'static str> {
                    $tags_input.tags.as_deref().is_some_and(|tags| !tags.is_empty()).then_some($tagging)
                }
            )?

            $(
                fn other_arn($also_input: &Self, $also_subject: &$subject) -> Option<String> $also
            )?

            async fn run(
                $directory: &$crate::directory::Directory,
                $request: $crate::operations::iam::operation::About<'_, Self>,
                $work: &mut keywright_service::PostgresWork,
            ) -> Result<$output, $crate::error::IdentityError> $run

            #[allow(unused_variables, reason = "not every operation has a member that is recorded")]
            fn show<'a>(request: &mut keywright_audit_log::Fields<'a>, input: &'a Self) {
                $($(
                    $crate::operations::iam::define::Recorded::record(&input.$member, request, $shown);
                )?)*
            }

            $(
                fn show_answer<'a>(
                    $response: &mut keywright_audit_log::Fields<'a>,
                    $answer: &'a $output,
                ) $show_answer
            )?
        }
    };
}

/// Whether an operation that `reads` or `changes` is read-only.
macro_rules! only_reads {
    (reads) => {
        true
    };
    (changes) => {
        false
    };
}

/// Has an audit record show an enum of the wire by its string.
macro_rules! recorded_enum {
    ($name:ident) => {
        impl $crate::operations::iam::define::Recorded for $name {
            fn record<'a>(&'a self, request: &mut keywright_audit_log::Fields<'a>, name: &'static str) {
                request.push_str(name, self.as_str());
            }
        }
    };
}

pub(super) use {iam_operation, only_reads, recorded_enum};

/// A member of an input, as its audit record shows it.
pub(super) trait Recorded {
    fn record<'a>(&'a self, request: &mut Fields<'a>, name: &'static str);
}

impl Recorded for String {
    fn record<'a>(&'a self, request: &mut Fields<'a>, name: &'static str) {
        request.push_str(name, self.as_str());
    }
}

impl Recorded for i32 {
    fn record<'a>(&'a self, request: &mut Fields<'a>, name: &'static str) {
        request.push_i64(name, i64::from(*self));
    }
}

impl Recorded for bool {
    fn record<'a>(&'a self, request: &mut Fields<'a>, name: &'static str) {
        request.push_bool(name, *self);
    }
}

impl Recorded for Vec<String> {
    fn record<'a>(&'a self, request: &mut Fields<'a>, name: &'static str) {
        request.push_list(name, self.iter().map(String::as_str));
    }
}

impl Recorded for Vec<Tag> {
    fn record<'a>(&'a self, request: &mut Fields<'a>, name: &'static str) {
        request.push_objects(name, self.iter().map(Tag::shown));
    }
}

impl Recorded for Vec<EntityType> {
    fn record<'a>(&'a self, request: &mut Fields<'a>, name: &'static str) {
        request.push_list(name, self.iter().map(|entity| entity.as_str()));
    }
}

impl<T: Recorded> Recorded for Option<T> {
    fn record<'a>(&'a self, request: &mut Fields<'a>, name: &'static str) {
        if let Some(value) = self {
            value.record(request, name);
        }
    }
}

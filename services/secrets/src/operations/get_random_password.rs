//! GetRandomPassword.

use keywright_aws_api::shape::SecretTextOut;
use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_random_password::{DEFAULT_LENGTH, PasswordError, PasswordRules};
use keywright_service::PostgresWork;
use serde::Serialize;

use crate::error::Error;
use crate::service::Secrets;

/// Input of
/// [GetRandomPassword](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html).
#[derive(Input)]
pub struct GetRandomPasswordInput {
    /// How many characters; 32 by default.
    #[member(range = 1..=4096)]
    pub password_length: Option<i64>,
    /// Characters that don't come in.
    #[member(length = 0..=4096)]
    pub exclude_characters: Option<String>,
    /// Whether digits don't.
    pub exclude_numbers: Option<bool>,
    /// Whether signs don't.
    pub exclude_punctuation: Option<bool>,
    /// Whether upper-case letters don't.
    pub exclude_uppercase: Option<bool>,
    /// Whether lower-case letters don't.
    pub exclude_lowercase: Option<bool>,
    /// Whether the space does.
    pub include_space: Option<bool>,
    /// Whether each type that comes in is there at least once; so it is by default.
    pub require_each_included_type: Option<bool>,
}

/// Output of GetRandomPassword.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetRandomPasswordOutput {
    random_password: SecretTextOut,
}

/// The operation.
pub struct GetRandomPassword;

impl Operation for GetRandomPassword {
    type Service = Secrets;
    type Input = GetRandomPasswordInput;
    type Output = GetRandomPasswordOutput;
    type Resource = ();
    type Error = Error;

    const NAME: &'static str = "GetRandomPassword";
    const ACTION: &'static str = "secretsmanager:GetRandomPassword";
    const READ_ONLY: bool = true;

    async fn load(_service: &Secrets, _call: &Call, _input: &GetRandomPasswordInput) -> Result<(), Error> {
        Ok(())
    }

    fn accesses(_call: &Call, _input: &GetRandomPasswordInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetRandomPasswordOutput, Error> {
        let input = request.input;
        let length = input.password_length.map_or(Ok(DEFAULT_LENGTH), usize::try_from);
        let is_on = |switch: Option<bool>| switch.unwrap_or(false);
        let rules = PasswordRules {
            length: length.map_err(|_| PasswordError::Length)?,
            exclude_characters: input.exclude_characters.as_deref().unwrap_or_default(),
            exclude_numbers: is_on(input.exclude_numbers),
            exclude_punctuation: is_on(input.exclude_punctuation),
            exclude_uppercase: is_on(input.exclude_uppercase),
            exclude_lowercase: is_on(input.exclude_lowercase),
            include_space: is_on(input.include_space),
            require_each_included_type: input.require_each_included_type.unwrap_or(true),
        };
        let password = rules.generate(service.random.as_ref())?;
        Ok(GetRandomPasswordOutput { random_password: SecretTextOut(password) })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetRandomPasswordInput,
        _resource: Option<&'a ()>,
        _output: Option<&'a GetRandomPasswordOutput>,
    ) {
        if let Some(length) = input.password_length {
            shown.request.push_i64("passwordLength", length);
        }
        shown.request.push_opt_str("excludeCharacters", input.exclude_characters.as_deref());
        for (name, switch) in [
            ("excludeNumbers", input.exclude_numbers),
            ("excludePunctuation", input.exclude_punctuation),
            ("excludeUppercase", input.exclude_uppercase),
            ("excludeLowercase", input.exclude_lowercase),
            ("includeSpace", input.include_space),
            ("requireEachIncludedType", input.require_each_included_type),
        ] {
            if let Some(switch) = switch {
                shown.request.push_bool(name, switch);
            }
        }
    }
}

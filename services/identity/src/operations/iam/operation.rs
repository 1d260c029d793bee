//! What nearly every operation of IAM is: one action on one subject, which is an entity of the caller's account.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use keywright_audit_log::Fields;
use keywright_aws_api::{
    Access, Accesses, AccountId, Authorized, Call, Operation, Shown, Target, context::ContextKeys,
    shape::Input,
};
use keywright_policy::ResourcePolicyRule;
use keywright_service::PostgresWork;
use keywright_store::Connection;
use serde::Serialize;

use crate::directory::Directory;
use crate::error::IdentityError;

/// An operation of IAM; [`Iam`] makes an [`Operation`] of it.
pub(crate) trait IamOperation: Send + Sync + 'static {
    /// The request's shape.
    type Input: Input + Send + Sync;
    /// The answer's shape.
    type Output: Serialize + Send + Sync;
    /// What it is about.
    type Subject: Subject;

    /// Its name, such as `GetUser`.
    const NAME: &'static str;
    /// The IAM action, such as `iam:GetUser`.
    const ACTION: &'static str;
    /// Whether it changes nothing.
    const READ_ONLY: bool;

    /// Which subject the request is about.
    ///
    /// # Errors
    /// [`IdentityError`] for what names none.
    fn name(call: &Call, input: &Self::Input) -> Result<<Self::Subject as Subject>::Name, IdentityError>;

    /// The condition keys that it adds to those of its subject, such as `iam:PolicyARN`.
    fn condition_keys(_input: &Self::Input, _keys: &mut ContextKeys) {}

    /// Another action on the subject that must be allowed: whoever makes something with tags must be allowed to tag it.
    fn other_action(_input: &Self::Input) -> Option<&'static str> {
        None
    }

    /// The ARN of another resource on which it must be allowed: that of the subject under its new name.
    fn other_arn(_input: &Self::Input, _subject: &Self::Subject) -> Option<String> {
        None
    }

    /// Does it.
    ///
    /// # Errors
    /// [`IdentityError`] with AWS's code.
    fn run(
        directory: &Directory,
        request: About<'_, Self>,
        work: &mut PostgresWork,
    ) -> impl Future<Output = Result<Self::Output, IdentityError>> + Send;

    /// What of the request its record shows.
    fn show<'a>(request: &mut Fields<'a>, input: &'a Self::Input);

    /// What of the answer its record shows; nothing of what only reads.
    fn show_answer<'a>(_response: &mut Fields<'a>, _output: &'a Self::Output) {}
}

/// A request that was decoded and authorized.
pub(crate) struct About<'a, O: IamOperation + ?Sized> {
    /// The facts of the request.
    pub(crate) call: &'a Call,
    /// The decoded input.
    pub(crate) input: &'a O::Input,
    /// What it is about.
    pub(crate) subject: &'a O::Subject,
}

/// What an operation of IAM is about: an identity, a policy, a provider, the account.
pub(crate) trait Subject: Sized + Send + Sync + 'static {
    /// By what it is found.
    type Name: Send;

    /// Finds it. For what is to be made, makes it without storing it.
    ///
    /// # Errors
    /// [`IdentityError::NoSuchEntity`] when it isn't there.
    fn find(
        directory: &Directory,
        connection: &Connection,
        account: AccountId,
        name: Self::Name,
    ) -> impl Future<Output = Result<Self, IdentityError>> + Send;

    /// Its ARN.
    fn arn(&self) -> String;

    /// The ARN under which a caller may ask about one that isn't found.
    fn arn_of(account: AccountId, name: &Self::Name) -> String;

    /// CloudTrail's type of it, such as `AWS::IAM::User`; none for the account.
    fn resource_type(&self) -> Option<&'static str>;

    /// Adds the condition keys `aws:ResourceTag/...` and `iam:ResourceTag/...`, and others of its own.
    fn condition_keys(&self, _keys: &mut ContextKeys) {}
}

/// An [`IamOperation`] as the pipeline knows it.
pub(crate) struct Iam<O>(PhantomData<fn() -> O>);

/// A subject with its ARN, which the record shows.
pub(crate) struct Loaded<S> {
    subject: S,
    arn: String,
}

impl<O: IamOperation> Operation for Iam<O> {
    type Service = Directory;
    type Input = O::Input;
    type Output = O::Output;
    type Resource = Loaded<O::Subject>;
    type Error = IdentityError;

    const NAME: &'static str = O::NAME;
    const ACTION: &'static str = O::ACTION;
    const READ_ONLY: bool = O::READ_ONLY;

    async fn load(
        directory: &Directory,
        call: &Call,
        input: &O::Input,
    ) -> Result<Loaded<O::Subject>, IdentityError> {
        let name = O::name(call, input)?;
        let connection = directory.store.connection().await?;
        let subject = O::Subject::find(directory, &connection, call.account(), name).await?;
        let arn = subject.arn();
        Ok(Loaded { subject, arn })
    }

    fn accesses(call: &Call, input: &O::Input, loaded: &Loaded<O::Subject>) -> Accesses {
        let mut accesses = Accesses::from(access(O::ACTION, call, loaded.arn.as_str().into()));
        let action = O::other_action(input);
        accesses.extend(action.map(|action| access(action, call, loaded.arn.as_str().into())));
        let other = O::other_arn(input, &loaded.subject);
        accesses.extend(other.map(|arn| access(O::ACTION, call, arn.into())));
        accesses
    }

    fn accesses_unloaded(call: &Call, input: &O::Input) -> Accesses {
        match O::name(call, input) {
            Ok(name) => access(O::ACTION, call, O::Subject::arn_of(call.account(), &name).into()).into(),
            Err(_) => Access::any(O::ACTION).into(),
        }
    }

    fn context_keys(_: &Call, input: &O::Input, loaded: &Loaded<O::Subject>, keys: &mut ContextKeys) {
        loaded.subject.condition_keys(keys);
        O::condition_keys(input, keys);
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<O::Output, IdentityError> {
        let Authorized { call, input, resource, .. } = request;
        O::run(directory, About { call, input, subject: &resource.subject }, work).await
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        call: &'a Call,
        input: &'a O::Input,
        loaded: Option<&'a Loaded<O::Subject>>,
        output: Option<&'a O::Output>,
    ) {
        O::show(&mut shown.request, input);
        if let Some(output) = output
            && !O::READ_ONLY
        {
            O::show_answer(&mut shown.response, output);
        }
        if let Some(Loaded { subject, arn }) = loaded
            && let Some(resource_type) = subject.resource_type()
        {
            shown.resource(call.account_ref().as_str(), resource_type, arn);
        }
    }
}

fn access(action: &'static str, call: &Call, arn: Arc<str>) -> Access {
    let rule = ResourcePolicyRule::Additional;
    Access::new(action, Target { arn, account: Some(call.account()), policy: None, rule })
}

//! One operation's way, from its decoded input to its answer.

use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::authorize::{self, DecidingGrants};
use super::log_cause;
use super::metrics::OperationMetrics;
use super::record::{self, Told};
use crate::api::{Api, OperationInfo};
use crate::error::{ApiError, Common};
use crate::http::HttpResponse;
use crate::operation::{Authorized, Call, Operation};
use crate::protocol::Incoming;
use crate::shown::Shown;
use crate::work::{ServiceState, UnitOfWork, WorkError};

/// A registered operation, without its types.
pub(crate) trait Handler<S>: Send + Sync {
    fn info(&self) -> OperationInfo;

    fn handle<'a>(
        &'a self,
        api: &'a Api<S>,
        call: Call,
        incoming: Incoming<'a>,
    ) -> BoxFuture<'a, HttpResponse>;
}

/// The handler of operation `O`.
pub(crate) fn handler<O: Operation>(signing_name: &'static str) -> Box<dyn Handler<O::Service>> {
    Box::new(Served::<O> { metrics: OperationMetrics::new(signing_name, O::NAME), operation: PhantomData })
}

struct Served<O> {
    metrics: OperationMetrics,
    operation: PhantomData<fn() -> O>,
}

impl<O: Operation> Handler<O::Service> for Served<O> {
    fn info(&self) -> OperationInfo {
        OperationInfo {
            name: O::NAME,
            action: O::ACTION,
            read_only: O::READ_ONLY,
            signed: O::SIGNED,
            members: <O::Input as crate::shape::Input>::MEMBERS,
        }
    }

    fn handle<'a>(
        &'a self,
        api: &'a Api<O::Service>,
        call: Call,
        incoming: Incoming<'a>,
    ) -> BoxFuture<'a, HttpResponse> {
        Box::pin(async move {
            let started = Instant::now();
            let answer = serve::<O>(api, &call, incoming).await;
            match answer {
                Ok(body) => {
                    self.metrics.succeeded(started.elapsed());
                    api.settings.protocol.answer(call.request_id, body)
                }
                Err(error) => {
                    self.metrics.failed(error.code(&api.settings.protocol).0, started.elapsed());
                    log_cause(api, O::NAME, call.request_id, &error);
                    api.settings.protocol.encode_error(&error, call.request_id)
                }
            }
        })
    }
}

/// Runs the operation and makes its record durable; the encoded answer is let go only behind that.
async fn serve<O: Operation>(
    api: &Api<O::Service>,
    call: &Call,
    incoming: Incoming<'_>,
) -> Result<Vec<u8>, ApiError> {
    let input = match incoming.decode::<O::Input>() {
        Ok(input) => input,
        Err(error) => {
            let told = Told { shown: Shown::default(), grants: None };
            record::record_operation::<O>(api, call, told, Some(&error)).await?;
            return Err(error);
        }
    };
    let mut work = api.service.work();
    let mut progress = Progress::<O> { resource: None, grants: None };
    // A bug in one operation costs one request, which is recorded as any other that fails.
    let attempt = AssertUnwindSafe(attempt::<O>(api, call, &input, &mut progress, &mut work)).catch_unwind();
    let outcome = match tokio::time::timeout(api.settings.time_limit, attempt).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_panic)) => Err(ApiError::internal("the operation panicked")),
        Err(_elapsed) => Err(ApiError::common(Common::ServiceUnavailable, "the request took too long")),
    };
    let encoded = outcome.and_then(|output| {
        let body = api.settings.protocol.encode::<O>(&output, call.request_id)?;
        Ok((output, body))
    });
    match encoded {
        Ok((output, body)) => {
            match settle::<O>(api, call, progress.told(call, &input, Some(&output)), work).await {
                Ok(()) => {
                    O::succeeded(&api.service, call, &input, progress.resource.as_ref(), &output);
                    Ok(body)
                }
                Err(error) => {
                    record::record_operation::<O>(api, call, progress.told(call, &input, None), Some(&error))
                        .await?;
                    Err(error)
                }
            }
        }
        Err(error) => {
            work.abandon().await;
            record::record_operation::<O>(api, call, progress.told(call, &input, None), Some(&error)).await?;
            Err(error)
        }
    }
}

/// How far an operation got, for its record.
struct Progress<O: Operation> {
    resource: Option<O::Resource>,
    /// Present once the operation is authorized.
    grants: Option<DecidingGrants>,
}

impl<O: Operation> Progress<O> {
    fn told<'a>(&'a self, call: &'a Call, input: &'a O::Input, output: Option<&'a O::Output>) -> Told<'a> {
        let mut shown = Shown::default();
        O::show(&mut shown, call, input, self.resource.as_ref(), output);
        Told { shown, grants: self.grants.as_ref() }
    }
}

/// Loads, counts, decides, runs.
async fn attempt<O: Operation>(
    api: &Api<O::Service>,
    call: &Call,
    input: &O::Input,
    progress: &mut Progress<O>,
    work: &mut <O::Service as ServiceState>::Work,
) -> Result<O::Output, ApiError> {
    if !api.recorder.is_accepting() {
        return Err(record::journal_refuses());
    }
    let loaded = match O::load(&api.service, call, input).await {
        Ok(loaded) => progress.resource.insert(loaded),
        Err(error) => {
            O::admit(&api.service, call, input, None)?;
            // Who may not use a resource isn't told whether it exists.
            authorize::authorize::<O>(call, input, None)?;
            return Err(error.into());
        }
    };
    O::admit(&api.service, call, input, Some(loaded))?;
    progress.grants = Some(authorize::authorize::<O>(call, input, Some(loaded))?);
    let request = Authorized::after_authorization(call, input, loaded);
    O::run(&api.service, request, work).await.map_err(Into::into)
}

/// Commits what was changed, with its record, and makes the record durable in the journal.
async fn settle<O: Operation>(
    api: &Api<O::Service>,
    call: &Call,
    told: Told<'_>,
    work: <O::Service as ServiceState>::Work,
) -> Result<(), ApiError> {
    let entries = record::entries::<O>(api, call, told, None)?;
    if !work.is_begun() {
        return record::append(api, entries).await;
    }
    work.finish(&entries).await.map_err(|error| match error {
        WorkError::RolledBack(cause) => ApiError::unavailable("the change could not be stored", cause),
        WorkError::Unknown(cause) => ApiError::unavailable(
            "the connection to the store broke; the change may or may not be stored",
            cause,
        ),
    })?;
    // From here on the change and its records are durable in the outbox, whatever becomes of the journal.
    let appended = entries.into_iter().map(|entry| async {
        let event_id = entry.event_id;
        match api.recorder.append(entry).await {
            Ok(()) => api.service.delivered(event_id),
            Err(error) => {
                tracing::warn!(%event_id, error = %error, "the outbox keeps a record that the journal refused")
            }
        }
    });
    futures::future::join_all(appended).await;
    Ok(())
}

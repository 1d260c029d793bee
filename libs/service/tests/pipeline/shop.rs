//! A small API: toys in a table.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::{
    Access, Accesses, ApiError, Authorized, Call, HttpApi as _, Input, Operation, Protocol, ServiceState,
    Shown, SystemClock, Target,
};
use keywright_crypto::SystemRandom;
use keywright_local_stack::testing::TestDatabase;
use keywright_service::testing::{TestCredentials, base_config};
use keywright_service::{ApiNames, Base, BaseConfig, Outbox, PostgresWork, Running};
use keywright_store::Store;
use keywright_store::refinery::{Migration, Runner};
use serde::Serialize;
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) struct Shop {
    pub(crate) running: Running,
    pub(crate) credentials: Arc<TestCredentials>,
    pub(crate) database: TestDatabase,
    _dir: TempDir,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub(crate) async fn open_with(change: impl FnOnce(&mut BaseConfig)) -> Self {
        let database = keywright_local_stack::testing::database().await;
        let (mut config, dir) = base_config(&database);
        change(&mut config);
        let table = "CREATE TABLE toys (name text PRIMARY KEY, price int NOT NULL)";
        let migrations = Runner::new(&[Migration::unapplied("V1__toys", table).unwrap()]);
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        let base = Base::start("shop", config, migrations, clock, random).await.unwrap();
        let credentials = Arc::new(TestCredentials::standard());
        let state = Arc::new(State { store: base.store.clone(), outbox: base.outbox.clone() });
        let names = ApiNames {
            event_source: "shop.amazonaws.com",
            signing_name: "shop",
            protocol: Protocol::Json11 { target_prefix: "Shop" },
            internal: false,
        };
        let regions = base.config.regions().unwrap();
        let api = base.api(names, regions, state, Arc::clone(&credentials) as _);
        let api = api.operation::<GetToy>().operation::<PutToy>().operation::<BreakToy>().build();
        assert_eq!(api.operations().len(), 3);
        let running = base.serve(vec![api]).unwrap();
        Self { running, credentials, database, _dir: dir }
    }
}

pub(crate) struct State {
    store: Store,
    outbox: Outbox,
}

impl ServiceState for State {
    type Work = PostgresWork;

    fn work(&self) -> PostgresWork {
        self.outbox.work()
    }

    fn delivered(&self, event_id: Uuid) {
        self.outbox.delivered(event_id);
    }
}

#[derive(Input)]
pub(crate) struct ToyInput {
    #[member(length = 1..=20)]
    pub(crate) name: String,
    #[member(range = 0..=1000)]
    pub(crate) price: Option<i32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ToyOutput {
    name: String,
    price: i32,
}

pub(crate) struct Toy {
    arn: Arc<str>,
    price: Option<i32>,
}

fn toy_arn(call: &Call, name: &str) -> Arc<str> {
    format!("arn:aws:shop:{}:{}:toy/{name}", call.region, call.account()).into()
}

fn target(call: &Call, toy: &Toy) -> Target {
    Target {
        arn: Arc::clone(&toy.arn),
        account: Some(call.account()),
        policy: None,
        rule: keywright_policy::ResourcePolicyRule::Additional,
    }
}

pub(crate) struct GetToy;

impl Operation for GetToy {
    type Service = State;
    type Input = ToyInput;
    type Output = ToyOutput;
    type Resource = Toy;
    type Error = ApiError;

    const NAME: &'static str = "GetToy";
    const ACTION: &'static str = "shop:GetToy";
    const READ_ONLY: bool = true;

    async fn load(state: &State, call: &Call, input: &ToyInput) -> Result<Toy, ApiError> {
        let connection = state.store.connection().await.map_err(|e| ApiError::unavailable("no store", e))?;
        let row = connection.query_opt("SELECT price FROM toys WHERE name = $1", &[&input.name]).await;
        let row = row.map_err(ApiError::internal)?;
        let row = row.ok_or_else(|| ApiError::service("NotFoundException", 400, "no such toy"))?;
        Ok(Toy { arn: toy_arn(call, &input.name), price: Some(row.get(0)) })
    }

    fn accesses(call: &Call, _input: &ToyInput, toy: &Toy) -> Accesses {
        Access::new(Self::ACTION, target(call, toy)).into()
    }

    async fn run(
        _state: &State,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ToyOutput, ApiError> {
        Ok(ToyOutput { name: request.input.name.clone(), price: request.resource.price.unwrap() })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ToyInput,
        toy: Option<&'a Toy>,
        _output: Option<&'a ToyOutput>,
    ) {
        shown.request.push_str("name", &input.name);
        if let Some(toy) = toy {
            shown.resource(keywright_service::testing::ACCOUNT, "AWS::Shop::Toy", &toy.arn);
        }
    }
}

pub(crate) struct PutToy;

impl Operation for PutToy {
    type Service = State;
    type Input = ToyInput;
    type Output = ToyOutput;
    type Resource = Toy;
    type Error = ApiError;

    const NAME: &'static str = "PutToy";
    const ACTION: &'static str = "shop:PutToy";
    const READ_ONLY: bool = false;

    async fn load(_state: &State, call: &Call, input: &ToyInput) -> Result<Toy, ApiError> {
        Ok(Toy { arn: toy_arn(call, &input.name), price: None })
    }

    fn accesses(call: &Call, _input: &ToyInput, toy: &Toy) -> Accesses {
        Access::new(Self::ACTION, target(call, toy)).into()
    }

    async fn run(
        _state: &State,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<ToyOutput, ApiError> {
        let (name, price) = (&request.input.name, request.input.price.unwrap_or(1));
        let transaction = work.transaction().await.map_err(ApiError::internal)?;
        let insert = "INSERT INTO toys (name, price) VALUES ($1, $2)";
        transaction.execute(insert, &[name, &price]).await.map_err(ApiError::internal)?;
        if name == "refused-late" {
            return Err(ApiError::service("TooLateException", 400, "refused behind the insert"));
        }
        Ok(ToyOutput { name: name.clone(), price })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ToyInput,
        _toy: Option<&'a Toy>,
        output: Option<&'a ToyOutput>,
    ) {
        shown.request.push_str("name", &input.name);
        if let Some(output) = output {
            shown.response.push_str("name", &output.name);
        }
    }
}

/// Panics or hangs, as its input says.
pub(crate) struct BreakToy;

impl Operation for BreakToy {
    type Service = State;
    type Input = ToyInput;
    type Output = ToyOutput;
    type Resource = ();
    type Error = ApiError;

    const NAME: &'static str = "BreakToy";
    const ACTION: &'static str = "shop:BreakToy";
    const READ_ONLY: bool = true;

    async fn load(_state: &State, _call: &Call, _input: &ToyInput) -> Result<(), ApiError> {
        Ok(())
    }

    fn accesses(_call: &Call, _input: &ToyInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        _state: &State,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ToyOutput, ApiError> {
        if request.input.name == "hang" {
            std::future::pending::<()>().await;
        }
        // Awaited first, so that the panic comes from a polled future and not from its making.
        tokio::time::sleep(Duration::from_millis(1)).await;
        panic!("a broken toy")
    }

    fn show<'a>(
        _shown: &mut Shown<'a>,
        _call: &'a Call,
        _input: &'a ToyInput,
        _resource: Option<&'a ()>,
        _output: Option<&'a ToyOutput>,
    ) {
    }
}

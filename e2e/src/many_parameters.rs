//! What many parameters cost: the time of a call, beside that with few, in interleaved rounds of one run.

#![expect(clippy::print_stdout, reason = "a command for people, which takes minutes")]

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio_postgres::NoTls;

use crate::client::call;
use crate::load::{self, Measured, Pressure, Requests};
use crate::requests::{
    DESCRIBE_PARAMETERS, GET_PARAMETER, GET_PARAMETERS_BY_PATH, PUT_PARAMETER, Target, signed,
};
use crate::stack::Stack;

/// What was measured.
#[derive(Debug)]
pub struct ManyParameters {
    parameters: usize,
    filled: Duration,
    walked_tree: Duration,
    walked_all: Duration,
    rows: Vec<Row>,
}

/// One kind of call, at one number of connections.
#[derive(Debug)]
struct Row {
    from: &'static str,
    name: &'static str,
    connections: usize,
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// The rate of GetParameter with few parameters, answered from the same place, over its own.
    of_get: f64,
}

/// A stack with so many parameters, a tenth of them in one subtree.
struct Filled {
    stack: Stack,
    params: SocketAddr,
    parameters: usize,
}

/// A kind of call: which stack is asked, for what.
struct Scenario<'a> {
    name: &'static str,
    filled: &'a Filled,
    target: Target,
    inputs: Vec<Value>,
}

/// Presses one stack with a thousand parameters and one with `parameters` in turn, which stand beside each other.
///
/// # Errors
/// When any call fails, or a list isn't whole.
pub fn run(keywright: &Path, parameters: usize) -> Result<ManyParameters> {
    ensure!(parameters >= 10 * FEW, "at least {} parameters, to be compared with {FEW}", 10 * FEW);
    let mut few = Filled::start(keywright)?;
    let mut many = Filled::start(keywright)?;
    println!("{FEW} parameters put into each of two stacks through the API");
    let start = Instant::now();
    many.fill(parameters)?;
    let filled = start.elapsed();
    println!(
        "the second one filled up to {parameters} in its database, in {:.1} s: through the API it would take hours",
        filled.as_secs_f64()
    );

    let tree = json!({"Path": TREE, "Recursive": true, "MaxResults": 10});
    let start = Instant::now();
    let tree_pages = many.walk(GET_PARAMETERS_BY_PATH, &tree, parameters / TREE_SHARE)?;
    let walked_tree = start.elapsed();
    println!("{} pages of {TREE} read in {:.1} s", tree_pages.len(), walked_tree.as_secs_f64());
    let all = json!({"MaxResults": 50});
    let start = Instant::now();
    let all_pages = many.walk(DESCRIBE_PARAMETERS, &all, parameters)?;
    let walked_all = start.elapsed();
    println!("{} pages of all described in {:.1} s", all_pages.len(), walked_all.as_secs_f64());

    let pages = Pages { tree: tree_pages, all: all_pages };
    let mut rows = measure(FROM_DATABASE, &from_database(&few, &many, &pages))?;
    for filled in [&mut few, &mut many] {
        filled.remember(keywright)?;
    }
    println!("both stacks started again, to remember what they have read");
    let remembered = remembered(&few, &many, &pages);
    for scenario in &remembered {
        load::each_once(scenario.filled.params, &scenario.requests()?, CONNECTIONS)?;
    }
    rows.extend(measure(FROM_MEMORY, &remembered)?);
    Ok(ManyParameters { parameters, filled, walked_tree, walked_all, rows })
}

/// The inputs of each page of the subtree, and of all.
struct Pages {
    tree: Vec<Value>,
    all: Vec<Value>,
}

/// What is asked while nothing is remembered.
fn from_database<'a>(few: &'a Filled, many: &'a Filled, pages: &Pages) -> Vec<Scenario<'a>> {
    let by_path = |name, at: usize| many.scenario(name, GET_PARAMETERS_BY_PATH, vec![page(&pages.tree, at)]);
    let described = |name, at: usize| many.scenario(name, DESCRIBE_PARAMETERS, vec![page(&pages.all, at)]);
    let last_group = format!("/other/g{:05}", (many.parameters - 1) / GROUP);
    let last_path =
        json!({"ParameterFilters": [{"Key": "Path", "Option": "Recursive", "Values": [last_group]}]});
    let (tree_end, all_end) = (pages.tree.len() - 1, pages.all.len() - 1);
    vec![
        few.gets("GetParameter, of 1,000"),
        many.gets("GetParameter, of all"),
        few.scenario("GetParametersByPath, of 1,000", GET_PARAMETERS_BY_PATH, vec![page(&pages.tree, 0)]),
        by_path("GetParametersByPath, beginning", 0),
        by_path("GetParametersByPath, middle", tree_end / 2),
        by_path("GetParametersByPath, end", tree_end),
        few.scenario("DescribeParameters, of 1,000", DESCRIBE_PARAMETERS, vec![page(&pages.all, 0)]),
        described("DescribeParameters, beginning", 0),
        described("DescribeParameters, middle", all_end / 2),
        described("DescribeParameters, end", all_end),
        many.scenario("DescribeParameters, of a path", DESCRIBE_PARAMETERS, vec![last_path]),
    ]
}

/// What is asked once it is remembered: as many parameters and pages all over the account as are asked for in turn.
fn remembered<'a>(few: &'a Filled, many: &'a Filled, pages: &Pages) -> Vec<Scenario<'a>> {
    let spread = pages.tree.iter().step_by(pages.tree.len().div_ceil(FEW_PAGES));
    vec![
        few.gets("GetParameter, of 1,000"),
        many.gets("GetParameter, of all"),
        few.scenario("GetParametersByPath, of 1,000", GET_PARAMETERS_BY_PATH, vec![page(&pages.tree, 0)]),
        many.scenario("GetParametersByPath, all over", GET_PARAMETERS_BY_PATH, spread.cloned().collect()),
    ]
}

fn measure(from: &'static str, scenarios: &[Scenario<'_>]) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for pressure in [ONE, SIXTY_FOUR] {
        rows.extend(rounds(from, scenarios, pressure)?);
    }
    Ok(rows)
}

impl Filled {
    /// A stack with the first thousand, which asks its database for each.
    fn start(keywright: &Path) -> Result<Self> {
        let stack = Stack::with_settings(keywright, None, NOTHING_REMEMBERED)?;
        let params = stack.service_address(&service(&stack))?;
        let inputs = (0..FEW).map(|n| json!({"Name": name(n), "Type": "String", "Value": value(n)}));
        let requests = signed(&stack.credentials, &params.to_string(), PUT_PARAMETER, inputs)?;
        load::each_once(params, &requests, CONNECTIONS)?;
        Ok(Self { stack, params, parameters: FEW })
    }

    /// Starts again, as a stack is that isn't told otherwise.
    fn remember(&mut self, keywright: &Path) -> Result<()> {
        self.stack.set("")?;
        self.stack.restart(keywright)?;
        self.params = self.stack.service_address(&service(&self.stack))?;
        Ok(())
    }

    /// Adds rows as PutParameter makes them, in the database itself, and waits until Postgres has settled.
    fn fill(&mut self, parameters: usize) -> Result<()> {
        let config = self.stack.database(&service(&self.stack))?;
        let (first, last) = (i64::try_from(self.parameters)?, i64::try_from(parameters)? - 1);
        tokio::runtime::Runtime::new()?.block_on(async {
            let (client, connection) = config.connect(NoTls).await?;
            let connection = tokio::spawn(connection);
            client.execute(FILL_PARAMETERS, &[&first, &last]).await?;
            client.execute(FILL_VERSIONS, &[]).await?;
            // What autovacuum would do in the midst of the measuring.
            client.batch_execute("VACUUM ANALYZE").await?;
            drop(client);
            anyhow::Ok(connection.await??)
        })?;
        self.parameters = parameters;
        Ok(())
    }

    /// Reads a list to its end; gives the input of each page.
    fn walk(&self, target: Target, input: &Value, expected: usize) -> Result<Vec<Value>> {
        let (mut pages, mut found, mut input) = (vec![input.clone()], 0, input.clone());
        loop {
            let answer = call(&self.stack.credentials, self.params, target, input.clone())?;
            found += answer.get("Parameters").and_then(Value::as_array).context("Parameters")?.len();
            let Some(token) = answer.get("NextToken") else { break };
            input.as_object_mut().context("an object")?.insert("NextToken".to_owned(), token.clone());
            pages.push(input.clone());
        }
        ensure!(found == expected, "{found} parameters are listed, not {expected}");
        Ok(pages)
    }

    fn scenario(&self, name: &'static str, target: Target, inputs: Vec<Value>) -> Scenario<'_> {
        Scenario { name, filled: self, target, inputs }
    }

    /// GetParameter of names all over the account, as many in both cases, in no order of theirs.
    fn gets(&self, name: &'static str) -> Scenario<'_> {
        let named = (0..DISTINCT).map(|n| json!({"Name": self::name(n * STRIDE % self.parameters)}));
        self.scenario(name, GET_PARAMETER, named.collect())
    }
}

fn service(stack: &Stack) -> String {
    format!("params.{}", stack.credentials.region)
}

fn page(pages: &[Value], at: usize) -> Value {
    pages.get(at).cloned().unwrap_or_default()
}

/// Every tenth parameter is in the subtree; the others are in groups of a hundred. `FILL_PARAMETERS` makes the same names.
fn name(n: usize) -> String {
    if n.is_multiple_of(TREE_SHARE) {
        format!("{TREE}/p{n:07}")
    } else {
        format!("/other/g{:05}/p{n:07}", n / GROUP)
    }
}

fn value(n: usize) -> String {
    format!("value {n:07} of a parameter, as long as a URL is")
}

fn rounds(from: &'static str, scenarios: &[Scenario<'_>], pressure: Pressure) -> Result<Vec<Row>> {
    let mut all: Vec<Vec<Measured>> = scenarios.iter().map(|_| Vec::new()).collect();
    for round in 1..=ROUNDS {
        for (scenario, measured) in scenarios.iter().zip(&mut all) {
            let latest = load::run(scenario.filled.params, &scenario.requests()?, pressure)
                .with_context(|| scenario.name.to_owned())?;
            println!(
                "round {round}: from {from:<8} {:<32} {:>3} connections {:>8.0}/s  p50 {:.3} ms",
                scenario.name,
                pressure.connections,
                latest.rate(),
                latest.latency_ms(0.5)
            );
            measured.push(latest);
        }
    }
    let medians = all.into_iter().map(|mut rounds| {
        rounds.sort_by(|a, b| a.rate().total_cmp(&b.rate()));
        rounds.into_iter().nth(ROUNDS / 2).context("at least one round")
    });
    let medians = medians.collect::<Result<Vec<_>>>()?;
    let get = medians.first().context("GetParameter")?.rate();
    let rows = scenarios.iter().zip(&medians).map(|(scenario, median)| Row {
        from,
        name: scenario.name,
        connections: pressure.connections,
        rate: median.rate(),
        p50_ms: median.latency_ms(0.5),
        p99_ms: median.latency_ms(0.99),
        of_get: get / median.rate(),
    });
    Ok(rows.collect())
}

impl Scenario<'_> {
    /// Signed now: a signature is good for five minutes.
    fn requests(&self) -> Result<Requests> {
        let host = self.filled.params.to_string();
        signed(&self.filled.stack.credentials, &host, self.target, self.inputs.iter().cloned())
    }
}

impl fmt::Display for ManyParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{} parameters, {} of them below {TREE}, beside a stack with {FEW}; both are `keywright dev`, asked at the \
             port of Parameter Store;\nmedian of {ROUNDS} interleaved rounds of {} s; filled in {:.1} s; the subtree read \
             in {:.1} s, 10 a page; all described in {:.1} s, 50 a page\n",
            self.parameters,
            self.parameters / TREE_SHARE,
            ONE.duration.as_secs(),
            self.filled.as_secs_f64(),
            self.walked_tree.as_secs_f64(),
            self.walked_all.as_secs_f64(),
        )?;
        writeln!(
            f,
            "| from | call | connections | calls/s | p50 ms | p99 ms | cost, of GetParameter of {FEW} |"
        )?;
        writeln!(f, "|---|---|---:|---:|---:|---:|---:|")?;
        for row in &self.rows {
            writeln!(
                f,
                "| {} | {} | {} | {:.0} | {:.3} | {:.3} | {:.2} |",
                row.from, row.name, row.connections, row.rate, row.p50_ms, row.p99_ms, row.of_get
            )?;
        }
        Ok(())
    }
}

const FEW: usize = 1_000;
/// One of so many parameters is in the subtree.
const TREE_SHARE: usize = 10;
const TREE: &str = "/one/subtree";
const GROUP: usize = 100;
const CONNECTIONS: usize = 32;
const DISTINCT: usize = 20_000;
/// Coprime to any power of ten.
const STRIDE: usize = 7_654_321;
const ROUNDS: usize = 3;
const NOTHING_REMEMBERED: &str = "[parameters_memory]\nmebibytes = 0\n\n[pages_memory]\nmebibytes = 0\n";
const FROM_DATABASE: &str = "database";
const FROM_MEMORY: &str = "memory";
/// So many pages of the subtree.
const FEW_PAGES: usize = 1_000;
const ONE: Pressure = Pressure {
    connections: 1,
    threads: 1,
    warm_up: Duration::from_millis(500),
    duration: Duration::from_secs(3),
};
const SIXTY_FOUR: Pressure = Pressure {
    connections: 64,
    threads: 2,
    warm_up: Duration::from_millis(500),
    duration: Duration::from_secs(3),
};

/// Copies of the first thousand rows, with names as [`name`] makes them.
const FILL_PARAMETERS: &str = include_str!("sql/fill_parameters.sql");
const FILL_VERSIONS: &str = include_str!("sql/fill_versions.sql");

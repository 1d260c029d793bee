//! `keywright audit tail`.
//!
//! LookupEvents is asked for what is new once a second. Events may be stored later than others that happened after them:
//! so now and then everything of the last minutes is looked through again, and what was shown is remembered for as long.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use keywright_aws_api::{Clock as _, SystemClock};
use keywright_service::ServiceClient;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::cloudtrail::client;
use super::output::{Output, Reader, harmless};
use super::table::cut;
use crate::commands::admin::{Target, call};
use crate::commands::stop_signals::StopSignals;
use crate::console::Console;
use crate::error::CliError;

#[derive(Args)]
pub(super) struct Tail {
    #[command(flatten)]
    target: Target,
    /// Only this operation, such as Decrypt
    #[arg(long, value_name = "NAME")]
    event_name: Option<String>,
    /// Only this service: kms, or kms.amazonaws.com
    #[arg(long, value_name = "SERVICE")]
    source: Option<String>,
    /// Only of this user, as LookupEvents names users
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Only on this resource, by its ARN
    #[arg(long, value_name = "ARN")]
    resource: Option<String>,
    /// Only what was refused or failed
    #[arg(long)]
    errors: bool,
    /// Only what changes nothing, or with `=false` only what changes something
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    read_only: Option<bool>,
    /// Begin so many seconds ago
    #[arg(long, value_name = "SECONDS", default_value = "0")]
    since_seconds: u32,
    /// Print each record as a line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    events: Vec<Event>,
    next_token: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    event_id: String,
    event_time: f64,
    cloud_trail_event: String,
}

/// What has been shown of the last minutes, by time and id.
#[derive(Default)]
struct Shown(BTreeMap<(i64, String), ()>);

impl Tail {
    pub(super) async fn run(self, _console: &Console) -> Result<ExitCode, CliError> {
        let mut stop = StopSignals::take()?;
        let output = Output::open();
        let trail = client(&self.target)?;
        let begun = SystemClock.now() - Duration::from_secs(self.since_seconds.into());
        let (mut shown, mut last_sweep) = (Shown::default(), None::<Instant>);
        loop {
            let sweeps = last_sweep.is_none_or(|last| last.elapsed() >= SWEEP_INTERVAL);
            if sweeps {
                last_sweep = Some(Instant::now());
            }
            let polled = tokio::select! {
                () = stop.next() => return Ok(ExitCode::SUCCESS),
                polled = self.poll(&trail, begun, sweeps, &mut shown) => polled?,
            };
            for event in polled {
                if self.print(&output, &event)? == Reader::Gone {
                    return Ok(ExitCode::SUCCESS);
                }
            }
            tokio::select! {
                () = stop.next() => return Ok(ExitCode::SUCCESS),
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
    }

    /// What is new, in the order of time.
    async fn poll(
        &self,
        trail: &ServiceClient,
        begun: OffsetDateTime,
        sweeps: bool,
        shown: &mut Shown,
    ) -> Result<Vec<Event>, CliError> {
        let since = begun.max(SystemClock.now() - WINDOW);
        shown.forget_before(since.unix_timestamp());
        let mut input = Map::from_iter([("StartTime".to_owned(), json!(since.unix_timestamp()))]);
        if let Some((key, value)) = self.attribute() {
            let attributes = json!([{ "AttributeKey": key, "AttributeValue": value }]);
            input.insert("LookupAttributes".to_owned(), attributes);
        }
        let mut new = Vec::new();
        loop {
            let page: Page = call(trail, "LookupEvents", &input).await?;
            let before = new.len();
            new.extend(page.events.into_iter().filter(|event| shown.is_new(event)));
            // Behind a page without news is only what came late, which the next sweep finds.
            let is_done = !sweeps && new.len() == before;
            match page.next_token {
                Some(token) if !is_done => _ = input.insert("NextToken".to_owned(), token.into()),
                _ => break,
            }
        }
        new.sort_by(|a, b| (a.seconds(), &a.event_id).cmp(&(b.seconds(), &b.event_id)));
        new.retain(|event| self.wants(event));
        Ok(new)
    }

    /// What LookupEvents itself can look for: one thing, the one that finds least.
    fn attribute(&self) -> Option<(&'static str, String)> {
        None.or_else(|| self.resource.clone().map(|arn| ("ResourceName", arn)))
            .or_else(|| self.user.clone().map(|user| ("Username", user)))
            .or_else(|| self.event_name.clone().map(|name| ("EventName", name)))
            .or_else(|| self.source.as_deref().map(|source| ("EventSource", source_name(source))))
            .or_else(|| self.read_only.map(|read_only| ("ReadOnly", read_only.to_string())))
    }

    fn wants(&self, event: &Event) -> bool {
        let Ok(record) = serde_json::from_str::<Value>(&event.cloud_trail_event) else { return true };
        let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        // Asking what happens is something that happens.
        let is_own = text("/eventName") == "LookupEvents"
            && text("/userIdentity/accessKeyId") == self.target.access_key_id
            && self.event_name.as_deref() != Some("LookupEvents");
        let is_on = |arn: &String| {
            let resources = record.get("resources").and_then(Value::as_array);
            resources
                .is_some_and(|all| all.iter().any(|one| one.get("ARN").and_then(Value::as_str) == Some(arn)))
        };
        !is_own
            && self.event_name.as_deref().is_none_or(|name| text("/eventName") == name)
            && self.source.as_deref().is_none_or(|source| text("/eventSource") == source_name(source))
            && self.resource.as_ref().is_none_or(is_on)
            && self.read_only.is_none_or(|wanted| record.get("readOnly") == Some(&Value::Bool(wanted)))
            && (!self.errors || record.get("errorCode").is_some_and(Value::is_string))
    }

    fn print(&self, output: &Output, event: &Event) -> Result<Reader, CliError> {
        if self.json {
            return output.print(&format!("{}\n", event.cloud_trail_event));
        }
        let record = serde_json::from_str(&event.cloud_trail_event).unwrap_or(Value::Null);
        output.print(&line(&record, output.width(), output.has_colours()))
    }
}

impl Event {
    fn seconds(&self) -> i64 {
        self.event_time as i64
    }
}

impl Shown {
    /// Whether it wasn't shown; it counts as shown from now on.
    fn is_new(&mut self, event: &Event) -> bool {
        self.0.insert((event.seconds(), event.event_id.clone()), ()).is_none()
    }

    fn forget_before(&mut self, seconds: i64) {
        // One more second: the first one is asked for with its parts.
        self.0 = self.0.split_off(&(seconds - 1, String::new()));
    }
}

fn source_name(source: &str) -> String {
    if source.contains('.') { source.to_owned() } else { format!("{source}.amazonaws.com") }
}

/// A record in a line: when, who, what, on what, and what was wrong.
fn line(record: &Value, width: Option<usize>, colours: bool) -> String {
    let text = |pointer: &str| harmless(record.pointer(pointer).and_then(Value::as_str).unwrap_or_default());
    let time = text("/eventTime").replace('T', " ").replace('Z', "");
    let service = text("/eventSource").split('.').next().unwrap_or_default().to_owned();
    let who =
        ["/userIdentity/userName", "/userIdentity/arn", "/userIdentity/invokedBy", "/userIdentity/type"];
    let who = who.into_iter().map(text).find(|who| !who.is_empty()).unwrap_or_default();
    let who = who.rsplit(":assumed-role/").next().unwrap_or_default().to_owned();
    let what = format!("{service}:{}", text("/eventName"));
    let on = text("/resources/0/ARN");
    let on = on.splitn(6, ':').last().unwrap_or_default().to_owned();
    let error = text("/errorCode");
    let whole = width.unwrap_or(usize::MAX);
    let fixed = format!("{time:<19}  {:<20}  {:<32}", cut(&who, 20), cut(&what, 32));
    let room =
        whole.saturating_sub(fixed.chars().count() + 2 + if error.is_empty() { 0 } else { error.len() + 2 });
    let (red, dim, plain) = if colours { ("\u{1b}[31m", "\u{1b}[2m", "\u{1b}[0m") } else { ("", "", "") };
    let mut line = format!("{fixed}  {dim}{}{plain}", cut(&on, room.max(1)));
    if !error.is_empty() {
        line.push_str(&format!("  {red}{error}{plain}"));
    }
    if !colours {
        line.truncate(line.trim_end().len());
    }
    line.push('\n');
    line
}

const POLL_INTERVAL: Duration = Duration::from_secs(1);
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);
/// Events that are stored later than this after they happened are not shown.
const WINDOW: Duration = Duration::from_secs(180);

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, time: f64) -> Event {
        Event { event_id: id.to_owned(), event_time: time, cloud_trail_event: "{}".to_owned() }
    }

    #[test]
    fn an_event_is_new_once_as_long_as_it_can_be_found() {
        let mut shown = Shown::default();
        assert!(shown.is_new(&event("a", 100.0)) && shown.is_new(&event("b", 100.0)));
        assert!(!shown.is_new(&event("a", 100.0)));
        shown.forget_before(100);
        assert!(!shown.is_new(&event("a", 100.0)), "its second is still asked for");
        shown.forget_before(102);
        assert!(shown.0.is_empty());
    }

    #[test]
    fn a_record_fits_into_a_line_and_cannot_move_the_cursor() {
        let record = json!({
            "eventTime": "2026-11-26T20:00:00Z", "eventSource": "kms.amazonaws.com", "eventName": "Decrypt",
            "userIdentity": {"arn": "arn:aws:sts::1:assumed-role/app/\u{1b}[2Js"}, "errorCode": "AccessDeniedException",
            "resources": [{"ARN": "arn:aws:kms:us-east-1:111122223333:key/0197a3f2-1111-2222-3333-444455556666"}],
        });
        let shown = line(&record, Some(110), false);
        assert_eq!(
            shown,
            "2026-11-26 20:00:00  app/\u{fffd}[2Js             kms:Decrypt                       key/0197a…  \
             AccessDeniedException\n"
        );
        assert!(shown.chars().count() <= 111);
        assert!(line(&record, None, false).contains("key/0197a3f2-1111-2222-3333-444455556666"));
        assert!(line(&record, Some(110), true).contains("\u{1b}[31mAccessDeniedException"));
    }
}

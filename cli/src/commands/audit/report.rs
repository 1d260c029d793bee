//! `keywright audit report`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use keywright_aws_api::{Clock as _, SystemClock};
use keywright_service::ServiceClient;
use serde_json::{Value, json};
use time::{Date, Month, Time};

use super::cloudtrail::{client, query};
use super::csv::csv;
use super::output::Output;
use super::prices::{Class, Prices};
use super::since::Moment;
use super::table::{bar, table};
use crate::commands::admin::Target;
use crate::console::Console;
use crate::error::CliError;

#[derive(Args)]
pub(super) struct Report {
    #[command(flatten)]
    target: Target,
    /// The month, such as 2026-11; without it, the present one
    #[arg(long, value_parser = parse_month)]
    month: Option<Date>,
    /// A TOML file of prices for 10,000 requests
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Print one object
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV: a line for each key, each principal, each day and each priced class
    #[arg(long)]
    csv: bool,
}

/// Requests, by something.
struct Section {
    name: &'static str,
    rows: Vec<(String, u64)>,
}

/// What the requests of a class cost.
struct Cost {
    account: String,
    class: String,
    requests: u64,
    price: Option<f64>,
}

impl Report {
    pub(super) async fn run(self, _console: &Console) -> Result<ExitCode, CliError> {
        let prices = self.prices.as_deref().map(Prices::read).transpose()?;
        let month = self.month.unwrap_or_else(|| SystemClock.now().date());
        let (from, to) = range(month);
        let trail = client(&self.target)?;
        let mut sections = Vec::new();
        for (name, column) in SECTIONS {
            sections.push(section(&trail, name, column, from, to).await?);
        }
        let costs = costs(&trail, from, to, prices.as_ref()).await?;
        let output = Output::open();
        let text = if self.json {
            format!("{:#}\n", as_json(month, &sections, &costs, prices.as_ref()))
        } else if self.csv {
            as_csv(&sections, &costs)
        } else {
            let width = output.width().unwrap_or(DEFAULT_WIDTH);
            as_text(month, &sections, &costs, prices.as_ref(), width)
        };
        output.print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn section(
    trail: &ServiceClient,
    name: &'static str,
    column: &str,
    from: Moment,
    to: Moment,
) -> Result<Section, CliError> {
    let order = if name == "day" { "1" } else { "2 DESC, 1" };
    let statement = format!(
        "SELECT {column}, count(*) FROM events WHERE eventTime >= {} AND eventTime < {} AND {} GROUP BY 1 ORDER BY {order} \
         LIMIT 1000",
        from.sql(),
        to.sql(),
        if name == "key" {
            "eventSource = 'kms.amazonaws.com' AND resources[1].ARN IS NOT NULL"
        } else {
            "true"
        },
    );
    let found = query(trail, &statement).await?;
    let rows = found.rows.into_iter().filter_map(|row| match row.as_slice() {
        [what, count] => Some((what.clone(), count.parse().ok()?)),
        _ => None,
    });
    Ok(Section { name, rows: rows.collect() })
}

async fn costs(
    trail: &ServiceClient,
    from: Moment,
    to: Moment,
    prices: Option<&Prices>,
) -> Result<Vec<Cost>, CliError> {
    let statement = format!(
        "SELECT recipientAccountId, eventSource, eventName, count(*) FROM events WHERE eventTime >= {} AND eventTime < {} \
         GROUP BY 1, 2, 3",
        from.sql(),
        to.sql()
    );
    let found = query(trail, &statement).await?;
    Ok(add_up(found.rows, prices))
}

fn add_up(rows: Vec<Vec<String>>, prices: Option<&Prices>) -> Vec<Cost> {
    let mut counts: BTreeMap<(String, String), (u64, Option<&Class>)> = BTreeMap::new();
    for row in rows {
        let [account, source, name, count] = row.as_slice() else { continue };
        let service = source.split('.').next().unwrap_or_default();
        let count: u64 = count.parse().unwrap_or(0);
        let class = prices.and_then(|prices| prices.class_of(&format!("{service}:{name}")));
        let class_name = match class {
            Some(class) => class.name.clone(),
            None => service.to_owned(),
        };
        let entry = counts.entry((account.clone(), class_name)).or_default();
        *entry = (entry.0 + count, class);
    }
    let cost = |((account, class), (requests, of)): (_, (u64, Option<&Class>))| {
        let price = of.map(|of| of.price(requests));
        Cost { account, class, requests, price }
    };
    counts.into_iter().map(cost).collect()
}

fn as_text(
    month: Date,
    sections: &[Section],
    costs: &[Cost],
    prices: Option<&Prices>,
    width: usize,
) -> String {
    let mut text = format!("Requests of {}\n", month_name(month));
    for section in sections {
        let most = section.rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let bars = (width / 3).clamp(8, 40);
        let shown: &[_] = section.rows.get(..TOP).unwrap_or(&section.rows);
        let rows: Vec<_> = shown
            .iter()
            .map(|(what, count)| {
                let what = if what.is_empty() { "(none)" } else { what };
                vec![what.to_owned(), count.to_string(), bar(*count, most, bars)]
            })
            .collect();
        let columns = [format!("by {}", section.name), "requests".to_owned(), String::new()];
        text.push('\n');
        text.push_str(&table(&columns, &rows, Some(width)));
        if section.rows.len() > TOP {
            text.push_str(&format!("... and {} more\n", section.rows.len() - TOP));
        }
    }
    let price = |cost: &Cost| cost.price.map_or_else(|| "-".to_owned(), |price| format!("{price:.4}"));
    let rows = costs
        .iter()
        .map(|cost| vec![cost.account.clone(), cost.class.clone(), cost.requests.to_string(), price(cost)]);
    let mut rows: Vec<_> = rows.collect();
    let total: f64 = costs.iter().filter_map(|cost| cost.price).sum();
    let requests: u64 = costs.iter().map(|cost| cost.requests).sum();
    let sum = if prices.is_some() { format!("{total:.4}") } else { "-".to_owned() };
    rows.push(vec!["total".to_owned(), String::new(), requests.to_string(), sum]);
    let currency = prices.map_or_else(|| "no prices".to_owned(), |prices| prices.currency.clone());
    let columns = ["account".to_owned(), "class".to_owned(), "requests".to_owned(), currency];
    text.push('\n');
    text.push_str(&table(&columns, &rows, Some(width)));
    text
}

fn as_json(month: Date, sections: &[Section], costs: &[Cost], prices: Option<&Prices>) -> Value {
    let by = |section: &Section| {
        let rows = section.rows.iter().map(|(what, count)| json!({ section.name: what, "requests": count }));
        (section.name.to_owned(), Value::Array(rows.collect()))
    };
    let mut report: serde_json::Map<_, _> = sections.iter().map(by).collect();
    let costs = costs.iter().map(|cost| {
        json!({"account": cost.account, "class": cost.class, "requests": cost.requests, "price": cost.price})
    });
    report.insert("month".to_owned(), month_name(month).into());
    report.insert("usage".to_owned(), Value::Array(costs.collect()));
    report.insert("currency".to_owned(), json!(prices.map(|prices| &prices.currency)));
    Value::Object(report)
}

fn as_csv(sections: &[Section], costs: &[Cost]) -> String {
    let columns = ["by", "what", "requests", "price"].map(str::to_owned);
    let mut rows = Vec::new();
    for section in sections {
        for (what, count) in &section.rows {
            rows.push(vec![section.name.to_owned(), what.clone(), count.to_string(), String::new()]);
        }
    }
    for cost in costs {
        let price = cost.price.map_or_else(String::new, |price| format!("{price:.6}"));
        rows.push(vec![
            "class".to_owned(),
            format!("{}/{}", cost.account, cost.class),
            cost.requests.to_string(),
            price,
        ]);
    }
    csv(&columns, &rows)
}

/// From the first day of a month to that of the next one.
fn range(month: Date) -> (Moment, Moment) {
    let first = month.replace_day(1).unwrap_or(month);
    let next = match first.month() {
        Month::December => Date::from_calendar_date(first.year() + 1, Month::January, 1),
        other => Date::from_calendar_date(first.year(), other.next(), 1),
    };
    let midnight = |day: Date| Moment(day.with_time(Time::MIDNIGHT).assume_utc());
    (midnight(first), midnight(next.unwrap_or(first)))
}

fn parse_month(text: &str) -> Result<Date, String> {
    let parsed = text.split_once('-').and_then(|(year, month)| {
        let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
        let year = year.parse().ok().filter(|year| (2000..=9998).contains(year))?;
        Date::from_calendar_date(year, month, 1).ok()
    });
    parsed.ok_or_else(|| "give a month such as 2026-11".to_owned())
}

fn month_name(month: Date) -> String {
    format!("{:04}-{:02}", month.year(), u8::from(month.month()))
}

const SECTIONS: [(&str, &str); 3] = [
    ("key", "resources[1].ARN"),
    ("principal", "coalesce(userIdentity.arn, '')"),
    ("day", "date(eventTime)"),
];
const TOP: usize = 31;
const DEFAULT_WIDTH: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        vec![
            row(["1", "kms.amazonaws.com", "Sign", "10000"]),
            row(["1", "kms.amazonaws.com", "Decrypt", "20000"]),
            row(["1", "kms.amazonaws.com", "Encrypt", "20000"]),
            row(["1", "ssm.amazonaws.com", "GetParameter", "5"]),
        ]
    }

    #[test]
    fn requests_are_priced_by_their_class() {
        let prices: Prices = toml::from_str(
            "currency = 'USD'\n[[class]]\nname = 'sign'\noperations = ['kms:Sign']\nper_10000 = 0.15\n\
             [[class]]\nname = 'symmetric'\noperations = ['kms:*']\nper_10000 = 0.03",
        )
        .unwrap();
        let costs = add_up(rows(), Some(&prices));
        let of = |class: &str| costs.iter().find(|cost| cost.class == class).unwrap();
        assert_eq!((of("symmetric").requests, of("ssm").price), (40_000, None));
        assert!((of("symmetric").price.unwrap() - 0.12).abs() < 1e-9);
        let text = as_text(parse_month("2026-11").unwrap(), &[], &costs, Some(&prices), 80);
        assert!(text.contains("total                  50005  0.2700"), "{text}");
    }

    #[test]
    fn a_month_ends_where_the_next_one_begins() {
        let (from, to) = range(parse_month("2026-12").unwrap());
        assert_eq!(
            (from.sql().as_str(), to.sql().as_str()),
            ("'2026-12-01 00:00:00'", "'2027-01-01 00:00:00'")
        );
        for bad in ["2026", "2026-13", "1-1", "x-y"] {
            assert!(parse_month(bad).is_err(), "{bad}");
        }
    }
}

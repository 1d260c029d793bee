use proptest::prelude::*;
use time::Duration;
use time::macros::datetime;

use super::*;

fn rules(days: Option<u16>, expression: Option<&str>, duration: Option<u8>) -> RotationRules {
    RotationRules::checked(days, expression, duration)
        .unwrap_or_else(|reason| panic!("{expression:?}: {reason}"))
}

fn window(
    rules: &RotationRules,
    rotated: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> (OffsetDateTime, OffsetDateTime) {
    let window = rules.next_window(rotated, now).unwrap();
    (window.opens, window.closes)
}

#[test]
fn days_count_from_the_last_rotation_and_windows_end_with_the_day() {
    let now = datetime!(2026-03-10 13:20 UTC);
    let by_days = rules(Some(30), None, None);
    let whole_day = (datetime!(2026-04-09 00:00 UTC), datetime!(2026-04-10 00:00 UTC));
    assert_eq!(window(&by_days, Some(now), now), whole_day);
    assert_eq!(
        by_days.next_window(Some(now), now).unwrap().last_second(),
        datetime!(2026-04-09 23:59:59 UTC)
    );
    let short = rules(None, Some("rate(30 days)"), Some(3));
    assert_eq!(window(&short, None, now), (datetime!(2026-04-09 00:00 UTC), datetime!(2026-04-09 03:00 UTC)));
}

#[test]
fn what_was_missed_is_made_up_for_in_the_next_window() {
    let (rotated, late) = (datetime!(2026-03-10 13:20 UTC), datetime!(2026-06-01 05:30 UTC));
    let whole_day = rules(Some(30), None, None);
    assert_eq!(window(&whole_day, Some(rotated), late).0, datetime!(2026-06-01 00:00 UTC));
    let short = rules(Some(30), None, Some(3));
    assert_eq!(window(&short, Some(rotated), late).0, datetime!(2026-06-02 00:00 UTC));
    let hours = rules(None, Some("rate(6 hours)"), None);
    assert_eq!(
        window(&hours, Some(rotated), late),
        (datetime!(2026-06-01 05:00 UTC), datetime!(2026-06-01 06:00 UTC))
    );
}

#[test]
fn hours_begin_at_midnight_and_windows_close_after_one() {
    let now = datetime!(2026-03-10 13:20 UTC);
    let hours = rules(None, Some("rate(6 hours)"), None);
    assert_eq!(window(&hours, None, now), (datetime!(2026-03-11 00:00 UTC), datetime!(2026-03-11 01:00 UTC)));
    assert_eq!(
        window(&hours, Some(now), now),
        (datetime!(2026-03-10 19:00 UTC), datetime!(2026-03-10 20:00 UTC))
    );
}

#[test]
fn a_window_of_cron_is_used_once() {
    let cron = rules(None, Some("cron(0 8 * * ? *)"), Some(4));
    let open = datetime!(2026-03-10 09:00 UTC);
    assert_eq!(window(&cron, None, open).0, datetime!(2026-03-10 08:00 UTC), "an open one counts");
    assert_eq!(window(&cron, Some(open), open).0, datetime!(2026-03-11 08:00 UTC));
    assert_eq!(window(&cron, None, datetime!(2026-03-10 12:00 UTC)).0, datetime!(2026-03-11 08:00 UTC));
    let twice = rules(None, Some("cron(0 4/12 * * ? *)"), None);
    assert_eq!(
        window(&twice, Some(datetime!(2026-03-10 04:10 UTC)), open),
        (datetime!(2026-03-10 16:00 UTC), datetime!(2026-03-10 17:00 UTC))
    );
}

#[test]
fn a_window_runs_neither_into_the_next_one_nor_into_the_next_day() {
    for (days, expression, duration) in [
        (None, None, Some(3)),
        (Some(1), Some("rate(1 day)"), None),
        (None, Some("rate(4 hours)"), Some(5)),
        (None, Some("cron(0 8/8 * * ? *)"), Some(9)),
        (None, Some("cron(0 20 * * ? *)"), Some(5)),
        (None, Some("cron(0 4/12 * * ? *)"), Some(9)),
    ] {
        assert!(RotationRules::checked(days, expression, duration).is_err(), "{expression:?} {duration:?}");
    }
    for (expression, duration) in
        [("rate(4 hours)", 4), ("cron(0 20 * * ? *)", 4), ("cron(0 8/8 * * ? *)", 8), ("rate(1 day)", 24)]
    {
        rules(None, Some(expression), Some(duration));
    }
    for text in ["0h", "25h", "h", "3", "-1h"] {
        assert_eq!(hours(text), None, "{text}");
    }
}

fn any_rules() -> impl Strategy<Value = RotationRules> {
    let expression = prop_oneof![
        (1..1000_u16).prop_map(|days| format!("rate({days} days)")),
        (4..500_u16).prop_map(|hours| format!("rate({hours} hours)")),
        (0..24_u8, 1..29_u8).prop_map(|(hour, day)| format!("cron(0 {hour} {day} * ? *)")),
        (0..24_u8, 1..8_u8, 1..5_u8).prop_map(|(hour, day, n)| format!("cron(0 {hour} ? * {day}#{n} *)")),
        (0..12_u8, 4..12_u8).prop_map(|(hour, step)| format!("cron(0 {hour}/{step} L * ? *)")),
    ];
    (expression, proptest::option::of(1..5_u8))
        .prop_filter_map("windows that fit", |(expression, duration)| {
            RotationRules::checked(None, Some(&expression), duration).ok()
        })
}

proptest! {
    #[test]
    fn the_next_window_is_never_past_and_opens_behind_the_last_rotation(
        rules in any_rules(),
        now in 0..4_000_000_000_i64,
        ago in proptest::option::of(0..100_000_000_i64),
    ) {
        let now = OffsetDateTime::from_unix_timestamp(now).unwrap();
        let rotated = ago.map(|ago| now - Duration::seconds(ago));
        let window = rules.next_window(rotated, now).unwrap();
        prop_assert!(window.closes > now && window.opens < window.closes);
        prop_assert!(rotated.is_none_or(|rotated| window.opens > rotated), "{rotated:?} {window:?}");
        prop_assert_eq!((window.opens.minute(), window.opens.second()), (0, 0));
        if let Some(hours) = rules.duration() {
            prop_assert_eq!(window.closes - window.opens, Duration::hours(hours.into()));
        }
    }

    #[test]
    fn who_rotates_in_each_window_gets_the_next_one_and_none_twice(rules in any_rules(), now in 0..4_000_000_000_i64) {
        let mut now = OffsetDateTime::from_unix_timestamp(now).unwrap();
        let mut rotated = Some(now);
        for _ in 0..5 {
            let window = rules.next_window(rotated, now).unwrap();
            // The same answer at any time until it opens.
            prop_assert_eq!(rules.next_window(rotated, window.opens - Duration::SECOND), Some(window));
            now = window.last_second();
            prop_assert!(rotated.is_none_or(|rotated| rotated < now));
            rotated = Some(now);
        }
    }
}

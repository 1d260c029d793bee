//! Statements as people write them who come from CloudTrail Lake: the forms that AWS's guide, its console's samples and
//! its published sample queries have. Those that can't be run here are named, with what is said of them.

use super::sample_statements::RUN;
use super::tests::translated;

#[test]
fn the_usual_forms_are_translated() {
    for statement in RUN {
        translated(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

#[test]
fn what_is_not_served_is_refused_by_its_name() {
    for (statement, expected) in REFUSED {
        assert_eq!(translated(statement).unwrap_err().to_string(), *expected, "{statement}");
    }
}

const REFUSED: &[(&str, &str)] = &[
    ("SELECT array_agg(eventName) FROM {eds}", "function 'array_agg' is not supported"),
    ("SELECT map_agg(eventName, eventTime) FROM {eds}", "function 'map_agg' is not supported"),
    ("SELECT max_by(eventName, eventTime) FROM {eds}", "function 'max_by' is not supported"),
    (
        "SELECT approx_percentile(length(eventName), 0.9) FROM {eds}",
        "function 'approx_percentile' is not supported",
    ),
    ("SELECT filter(resources, r -> r.type = 'x') FROM {eds}", "this kind of expression is not supported"),
    ("SELECT eventName FROM {eds} a JOIN {eds} b USING (eventID)", "a JOIN without ON is not supported"),
    ("SELECT date_parse('2026', '%Y') FROM {eds}", "function 'date_parse' is not supported"),
    ("SELECT eventJsonChecksum FROM {eds}", "column 'eventJsonChecksum' cannot be resolved"),
];

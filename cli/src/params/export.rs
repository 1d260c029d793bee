//! Parameters, written in the format of a file.

use std::collections::BTreeMap;

use super::document::{LIST, MARK, MARK_VERSION};
use super::dotenv;
use super::error::ParamsError;
use super::format::Format;
use super::kind::Kind;
use super::quoting::{SecretText, push_quoted, with_room};
use super::root::Root;
use super::store::{Metadata, Parameter, ParameterStore};
use super::variables::{Naming, is_variable};

/// What is exported, and how.
#[derive(Debug)]
pub(crate) struct Export<'a> {
    pub(crate) root: &'a Root,
    pub(crate) one_level: bool,
    pub(crate) format: Format,
    /// Also what import needs to make the same parameters.
    pub(crate) with_types: bool,
}

/// The text of a file with `parameters`, which are below the path.
///
/// # Errors
/// When the format has no place for them; [`ParamsError::Api`].
pub(crate) async fn export(
    store: &ParameterStore,
    export: &Export<'_>,
    parameters: &[Parameter],
) -> Result<SecretText, ParamsError> {
    let bytes = parameters.iter().map(|parameter| 2 * parameter.name.len() + parameter.value.len()).sum();
    match (export.format, export.with_types) {
        (Format::Json | Format::Yaml, true) => {
            let metadata = store.metadata(export.root, export.one_level, true).await?;
            let more = metadata.values().map(room_of).sum::<usize>();
            let mut text = with_room(parameters.len(), bytes + more);
            full(&mut text, export, parameters, &metadata);
            Ok(text)
        }
        (Format::Dotenv | Format::AwsJson, true) => Err(ParamsError::NoRoomForTypes),
        (format, false) => {
            let mut text = with_room(parameters.len(), bytes);
            match format {
                Format::Dotenv => variables(&mut text, export.root, parameters)?,
                Format::Json => flat(&mut text, export.root, parameters, ("{\n", "}\n"), ("  ", ",")),
                Format::Yaml if parameters.is_empty() => text.push_str("{}\n"),
                Format::Yaml => flat(&mut text, export.root, parameters, ("", ""), ("", "")),
                Format::AwsJson => aws(&mut text, parameters),
            }
            Ok(text)
        }
    }
}

/// Names below the path and values, a line each.
fn flat(
    text: &mut SecretText,
    root: &Root,
    parameters: &[Parameter],
    (open, close): (&str, &str),
    (indent, between): (&str, &str),
) {
    text.push_str(open);
    for (index, parameter) in parameters.iter().enumerate() {
        text.push_str(indent);
        push_quoted(text, below(root, parameter));
        text.push_str(": ");
        push_quoted(text, parameter.value.expose_secret());
        text.push_str(if index + 1 < parameters.len() { between } else { "" });
        text.push('\n');
    }
    text.push_str(close);
}

fn variables(text: &mut SecretText, root: &Root, parameters: &[Parameter]) -> Result<(), ParamsError> {
    let mut named = BTreeMap::new();
    for parameter in parameters {
        let variable = Naming::default().variable(below(root, parameter));
        let name = || parameter.name.clone();
        if !is_variable(&variable) {
            return Err(ParamsError::NoVariable { name: name(), variable });
        }
        if let Some(first) = named.insert(variable.clone(), name()) {
            return Err(ParamsError::Collision { variable, first, second: name() });
        }
        dotenv::push_line(text, &variable, parameter.value.expose_secret());
    }
    Ok(())
}

/// What the AWS CLI prints of GetParametersByPath.
fn aws(text: &mut SecretText, parameters: &[Parameter]) {
    text.push_str("{\n    \"Parameters\": [");
    for (index, parameter) in parameters.iter().enumerate() {
        text.push_str(if index > 0 { ",\n        {\n" } else { "\n        {\n" });
        for (member, value) in [
            ("Name", parameter.name.as_str()),
            ("Type", parameter.kind.as_str()),
            ("Value", parameter.value.expose_secret()),
        ] {
            push_member(text, member, value, ",\n");
        }
        text.push_str(&format!("            \"Version\": {},\n", parameter.version));
        text.push_str(&format!("            \"LastModifiedDate\": {},\n", parameter.last_modified_date));
        push_member(text, "ARN", &parameter.arn, ",\n");
        push_member(text, "DataType", parameter.data_type.as_deref().unwrap_or("text"), "\n        }");
    }
    text.push_str(if parameters.is_empty() { "]\n}\n" } else { "\n    ]\n}\n" });
}

fn push_member(text: &mut SecretText, member: &str, value: &str, behind: &str) {
    text.push_str("            ");
    push_quoted(text, member);
    text.push_str(": ");
    push_quoted(text, value);
    text.push_str(behind);
}

/// Our own full form. It is JSON, which is YAML too; in YAML it is laid out as such.
fn full(
    text: &mut SecretText,
    export: &Export<'_>,
    parameters: &[Parameter],
    metadata: &BTreeMap<String, Metadata>,
) {
    let is_json = export.format == Format::Json;
    let (open, close) = if is_json { ("{", "}") } else { ("", "") };
    text.push_str(&if is_json {
        format!("{{\n  \"{MARK}\": {MARK_VERSION},\n  \"path\": \"{}\",\n  \"{LIST}\": [", export.root)
    } else {
        format!(
            "{MARK}: {MARK_VERSION}\npath: \"{}\"\n{LIST}:{}",
            export.root,
            if parameters.is_empty() { " []" } else { "" }
        )
    });
    let none = Metadata::default();
    for (index, parameter) in parameters.iter().enumerate() {
        let metadata = metadata.get(&parameter.name).unwrap_or(&none);
        text.push_str(match (is_json, index) {
            (true, 0) => "\n    ",
            (true, _) => ",\n    ",
            (false, _) => "\n  - ",
        });
        text.push_str(open);
        let mut first = true;
        for (member, value) in members(export.root, parameter, metadata) {
            text.push_str(match (first, is_json) {
                (true, _) => "",
                (false, true) => ", ",
                (false, false) => "\n    ",
            });
            first = false;
            push_name(text, member, is_json);
            push_quoted(text, value);
        }
        text.push_str(if is_json { ", " } else { "\n    " });
        push_name(text, "tags", is_json);
        text.push('{');
        for (index, (key, value)) in metadata.tags.iter().enumerate() {
            text.push_str(if index > 0 { ", " } else { "" });
            push_quoted(text, key);
            text.push_str(": ");
            push_quoted(text, value);
        }
        text.push('}');
        text.push_str(close);
    }
    text.push_str(match (is_json, parameters.is_empty()) {
        (true, true) => "]\n}\n",
        (true, false) => "\n  ]\n}\n",
        (false, _) => "\n",
    });
}

fn push_name(text: &mut SecretText, member: &str, is_json: bool) {
    if is_json {
        push_quoted(text, member);
    } else {
        text.push_str(member);
    }
    text.push_str(": ");
}

/// Empty ones are written too: an import takes back by them what is there.
fn members<'a>(
    root: &Root,
    parameter: &'a Parameter,
    metadata: &'a Metadata,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let text = |text: &'a Option<String>| text.as_deref().unwrap_or_default();
    let key = metadata.key_id.as_deref().filter(|_| parameter.kind == Kind::SecureString);
    let members = [
        ("name", Some(below(root, parameter))),
        ("type", Some(parameter.kind.as_str())),
        ("value", Some(parameter.value.expose_secret())),
        ("tier", metadata.tier.map(super::Tier::as_str)),
        ("keyId", key),
        ("description", Some(text(&metadata.description))),
        ("allowedPattern", Some(text(&metadata.allowed_pattern))),
        ("dataType", parameter.data_type.as_deref()),
    ];
    members.into_iter().filter_map(|(member, value)| Some((member, value?)))
}

fn room_of(metadata: &Metadata) -> usize {
    let texts = [&metadata.key_id, &metadata.description, &metadata.allowed_pattern];
    let tags: usize = metadata.tags.iter().map(|(key, value)| key.len() + value.len()).sum();
    texts.into_iter().flatten().map(String::len).sum::<usize>() + tags
}

/// The name below the path, by which it is listed.
fn below<'a>(root: &Root, parameter: &'a Parameter) -> &'a str {
    root.relative(&parameter.name).unwrap_or(&parameter.name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zeroize::Zeroizing;

    use super::super::tree::Tree;
    use super::super::{json as json_reader, yaml};
    use super::*;

    fn parameters() -> Vec<Parameter> {
        let values = [("a", "plain"), ("db/pass-word", "p\"$'\\\n\u{85}ü😀"), ("yes", "NO")];
        let parameter = |(name, value): (&str, &str)| {
            let parameter = json!({"Name": format!("/p/{name}"), "Type": "SecureString", "Value": value, "Version": 2,
                                   "ARN": "arn", "LastModifiedDate": 1795384531.878, "DataType": "text"});
            serde_json::from_value(parameter).unwrap()
        };
        values.into_iter().map(parameter).collect()
    }

    fn texts(tree: &Tree) -> Vec<(String, String)> {
        let Tree::Map(members) = tree else { panic!() };
        members.iter().map(|(name, _)| (name.clone(), tree.text(name).unwrap().to_owned())).collect()
    }

    fn expected() -> Vec<(String, String)> {
        let relative = |parameter: Parameter| {
            (parameter.name[3..].to_owned(), parameter.value.expose_secret().to_owned())
        };
        parameters().into_iter().map(relative).collect()
    }

    #[test]
    fn flat_files_are_read_back() {
        let root = "/p".parse().unwrap();
        let mut text = Zeroizing::new(String::new());
        flat(&mut text, &root, &parameters(), ("{\n", "}\n"), ("  ", ","));
        assert_eq!(texts(&json_reader::read(&text, "it").unwrap()), expected());
        text.clear();
        flat(&mut text, &root, &parameters(), ("", ""), ("", ""));
        assert_eq!(texts(&yaml::read(&text, "it").unwrap()), expected());
        text.clear();
        variables(&mut text, &root, &parameters()).unwrap();
        assert!(text.starts_with("A=plain\nDB_PASS_WORD=\"p\\\"\\$'\\\\\\n"), "{}", &*text);
    }

    #[test]
    fn names_that_make_one_variable_or_none_are_told() {
        let mut both = parameters();
        both[0].name = "/p/db.pass_word".to_owned();
        let mut text = Zeroizing::new(String::new());
        let error = variables(&mut text, &"/p".parse().unwrap(), &both).unwrap_err();
        assert!(matches!(error, ParamsError::Collision { variable, .. } if variable == "DB_PASS_WORD"));
        both[0].name = "/p/1a".to_owned();
        let error = variables(&mut text, &"/p".parse().unwrap(), &both).unwrap_err();
        assert!(matches!(error, ParamsError::NoVariable { .. }));
    }

    #[test]
    fn the_full_form_is_read_in_both_formats() {
        let root = "/p".parse().unwrap();
        let metadata = Metadata {
            description: Some("what: it's \"for\"".to_owned()),
            tags: [("k: ".to_owned(), "#v".to_owned())].into(),
            tier: Some(super::super::Tier::Standard),
            ..Metadata::default()
        };
        let metadata = [("/p/a".to_owned(), metadata)].into();
        for format in [Format::Json, Format::Yaml] {
            for all in [parameters(), Vec::new()] {
                let export = Export { root: &root, one_level: false, format, with_types: true };
                let mut text = Zeroizing::new(String::new());
                full(&mut text, &export, &all, &metadata);
                let read = match format {
                    Format::Json => json_reader::read(&text, "it").unwrap(),
                    _ => yaml::read(&text, "it").unwrap(),
                };
                assert_eq!(read.text(MARK), Some(MARK_VERSION));
                let Some(Tree::List(listed)) = read.get(LIST) else { panic!("{}", &*text) };
                assert_eq!(listed.len(), all.len());
                if let Some(first) = listed.first() {
                    assert_eq!(first.text("description"), Some("what: it's \"for\""));
                    assert_eq!(first.get("tags").unwrap().text("k: "), Some("#v"));
                    assert_eq!(listed[1].text("value"), Some(expected()[1].1.as_str()));
                }
            }
        }
        let mut text = Zeroizing::new(String::new());
        aws(&mut text, &parameters());
        assert!(
            matches!(json_reader::read(&text, "it").unwrap().get("Parameters"), Some(Tree::List(all)) if all.len() == 3)
        );
    }
}

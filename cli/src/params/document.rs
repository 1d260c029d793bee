//! What a file says of parameters, whatever its format.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::SecretString;
use zeroize::Zeroizing;

use super::error::ParamsError;
use super::format::Format;
use super::kind::{Kind, Tier};
use super::source::Source;
use super::tree::Tree;
use super::{dotenv, json, yaml};

/// One parameter of a file. What the file doesn't say is none.
#[derive(Debug)]
pub(crate) struct Entry {
    /// How the file calls it.
    pub(crate) key: Key,
    pub(crate) value: SecretString,
    pub(crate) kind: Option<Kind>,
    pub(crate) tier: Option<Tier>,
    pub(crate) key_id: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) allowed_pattern: Option<String>,
    pub(crate) data_type: Option<String>,
    pub(crate) tags: Option<BTreeMap<String, String>>,
}

/// How a file calls a parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// By its name below the path.
    Relative(String),
    /// By its whole name.
    Absolute(String),
    /// By an environment variable, on a line.
    Variable(String, usize),
}

impl Key {
    /// By its name, which is whole when it begins with a slash.
    fn named(name: &str) -> Self {
        if name.starts_with('/') { Self::Absolute(name.to_owned()) } else { Self::Relative(name.to_owned()) }
    }

    /// What messages call it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Relative(name) | Self::Absolute(name) => name.clone(),
            Self::Variable(name, line) => format!("{name} (line {line})"),
        }
    }
}

impl Entry {
    fn of(key: Key, value: SecretString) -> Self {
        Self {
            key,
            value,
            kind: None,
            tier: None,
            key_id: None,
            description: None,
            allowed_pattern: None,
            data_type: None,
            tags: None,
        }
    }
}

/// Reads a file: what it says, and what in it can't be parameters.
///
/// # Errors
/// When it can't be read, or not by the format.
pub(crate) fn read_entries(
    source: &Source,
    format: Option<Format>,
) -> Result<(Vec<Entry>, Vec<String>), ParamsError> {
    let (what, text) = (source.name(), source.read()?);
    let format = match format {
        Some(format) => format,
        None => source.format(&text)?,
    };
    let mut problems = Vec::new();
    let tree = match format {
        Format::Dotenv => {
            let variables = dotenv::read(&text, &what)?;
            let entries = variables
                .into_iter()
                .map(|variable| Entry::of(Key::Variable(variable.name, variable.line), variable.value));
            return Ok((entries.collect(), problems));
        }
        Format::Json | Format::AwsJson => json::read(&text, &what)?,
        Format::Yaml => yaml::read(&text, &what)?,
    };
    let entries = if let Some(listed) = full_form(&tree) {
        listed.iter().filter_map(|each| noted(full(each), &mut problems)).collect()
    } else if let Some(listed) = aws_form(&tree) {
        if let Some(Tree::List(invalid)) = tree.get("InvalidParameters")
            && !invalid.is_empty()
        {
            problems.push("InvalidParameters: the output says that not all were found".to_owned());
        }
        listed.into_iter().filter_map(|each| noted(aws(each), &mut problems)).collect()
    } else if format == Format::AwsJson {
        let reason = "it has no Parameters, as get-parameters-by-path prints them";
        return Err(ParamsError::Syntax { what, line: 1, reason });
    } else if let Tree::Map(members) = tree {
        let mut entries = Vec::new();
        flatten(members, "", &mut entries, &mut problems);
        entries
    } else {
        return Err(ParamsError::Syntax { what, line: 1, reason: "it is no object of names and values" });
    };
    Ok((entries, problems))
}

fn noted(read: Result<Entry, String>, problems: &mut Vec<String>) -> Option<Entry> {
    read.map_err(|problem| problems.push(problem)).ok()
}

/// Levels become slashes.
fn flatten(members: Vec<(String, Tree)>, above: &str, entries: &mut Vec<Entry>, problems: &mut Vec<String>) {
    for (name, member) in members {
        let name = if above.is_empty() { name } else { format!("{above}/{name}") };
        match member {
            Tree::Text(value) => entries.push(Entry::of(Key::named(&name), value)),
            Tree::Map(members) => flatten(members, &name, entries, problems),
            Tree::Null => problems.push(format!("{name}: it is null")),
            Tree::List(_) => problems.push(format!("{name}: it is a list, and a parameter is a text")),
        }
    }
}

/// The list of the form that `export --with-types` writes.
fn full_form(tree: &Tree) -> Option<&[Tree]> {
    match (tree.text(MARK), tree.get(LIST)) {
        (Some(MARK_VERSION), Some(Tree::List(listed))) => Some(listed),
        _ => None,
    }
}

fn full(tree: &Tree) -> Result<Entry, String> {
    let Tree::Map(members) = tree else { return Err("a parameter is no object".to_owned()) };
    let name = tree.text("name").ok_or("a parameter has no name")?;
    let wrong = |what: &str| format!("{name}: {what}");
    if let Some((unknown, _)) = members.iter().find(|(member, _)| !FULL_MEMBERS.contains(&member.as_str())) {
        return Err(wrong(&format!("{unknown} is not known")));
    }
    let value = tree.text("value").ok_or_else(|| wrong("it has no value"))?;
    let mut entry = Entry::of(Key::named(name), SecretString::new(value.to_owned()));
    entry.kind = tree
        .text("type")
        .map(|kind| Kind::parse(kind).ok_or_else(|| wrong("its type is none")))
        .transpose()?;
    entry.tier = tree
        .text("tier")
        .map(|tier| Tier::parse(tier).ok_or_else(|| wrong("its tier is none")))
        .transpose()?;
    let text = |member: &str| tree.text(member).map(str::to_owned);
    entry.key_id = text("keyId").filter(|key| !key.is_empty());
    entry.description = text("description");
    entry.allowed_pattern = text("allowedPattern");
    entry.data_type = text("dataType");
    entry.tags = match tree.get("tags") {
        None => None,
        Some(Tree::Map(tags)) => {
            let tag = |(key, value): &(String, Tree)| match value {
                Tree::Text(value) => Ok((key.clone(), value.expose_secret().to_owned())),
                _ => Err(wrong("the value of a tag is no text")),
            };
            Some(tags.iter().map(tag).collect::<Result<_, _>>()?)
        }
        Some(_) => return Err(wrong("its tags are no object")),
    };
    Ok(entry)
}

/// What the AWS CLI prints: `Parameters`, one `Parameter`, or the list alone, as `--query Parameters` leaves it.
fn aws_form(tree: &Tree) -> Option<Vec<&Tree>> {
    let is_parameter = |tree: &&Tree| tree.text("Name").is_some() && tree.get("Value").is_some();
    let listed = match (tree, tree.get("Parameters"), tree.get("Parameter")) {
        (Tree::List(listed), _, _) | (_, Some(Tree::List(listed)), _) => listed.iter().collect(),
        (_, _, Some(one @ Tree::Map(_))) if one.text("Type").is_some() => vec![one],
        _ => return None,
    };
    Some(listed).filter(|listed: &Vec<&Tree>| listed.iter().all(is_parameter))
}

fn aws(tree: &Tree) -> Result<Entry, String> {
    let name = tree.text("Name").ok_or("a parameter has no Name")?;
    let value = tree.text("Value").ok_or_else(|| format!("{name}: its Value is no text"))?;
    let mut entry = Entry::of(Key::named(name), SecretString::new(value.to_owned()));
    if let Some(kind) = tree.text("Type") {
        entry.kind = Some(Kind::parse(kind).ok_or_else(|| format!("{name}: its Type is none"))?);
    }
    entry.data_type = tree.text("DataType").map(str::to_owned);
    if entry.kind == Some(Kind::SecureString) && is_sealed(value) {
        return Err(format!("{name}: its Value is still encrypted: get it with --with-decryption"));
    }
    Ok(entry)
}

/// Whether it is what GetParameter shows of a SecureString without decryption: ciphertext in base64, of AWS or of ours.
fn is_sealed(value: &str) -> bool {
    let beginning = value.get(..BEGINNING).and_then(|text| STANDARD.decode(text).ok()).map(Zeroizing::new);
    value.len() >= SHORTEST_CIPHERTEXT
        && beginning.is_some_and(|bytes| match bytes.as_slice() {
            // KMS's own: ours, and AWS's.
            [b'K', b'W', ..] | [1, 2, 2, 0, ..] => true,
            // An envelope of the advanced tier: ours, with KMS's ciphertext of the data key, and AWS's.
            [1, _, _, b'K', b'W', ..] | [1, 0x80, 3, ..] => true,
            _ => false,
        })
}

/// What our own full form is known by, and its members.
pub(super) const MARK: &str = "keywright-parameters";
pub(super) const MARK_VERSION: &str = "1";
pub(super) const LIST: &str = "parameters";
const FULL_MEMBERS: [&str; 9] =
    ["name", "type", "value", "tier", "keyId", "description", "allowedPattern", "dataType", "tags"];
/// As much of base64 as is looked at.
const BEGINNING: usize = 12;
/// A header, a nonce and a tag in base64.
const SHORTEST_CIPHERTEXT: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: Format, text: &str) -> (Vec<Entry>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, text).unwrap();
        read_entries(&Source::of(path), Some(format)).unwrap()
    }

    fn shown(entries: &[Entry]) -> Vec<(String, &str, Option<Kind>)> {
        entries.iter().map(|entry| (entry.key.shown(), entry.value.expose_secret(), entry.kind)).collect()
    }

    #[test]
    fn flat_and_nested_objects_are_read_and_what_is_no_text_is_told() {
        let text =
            r#"{"db/url": "x", "db": {"port": 5432, "on": true}, "n": null, "l": ["secret"], "/abs": "y"}"#;
        let (entries, problems) = read(Format::Json, text);
        let expected = [("db/url", "x"), ("db/port", "5432"), ("db/on", "true"), ("/abs", "y")];
        assert_eq!(shown(&entries), expected.map(|(name, value)| (name.to_owned(), value, None)));
        assert_eq!(entries[3].key, Key::Absolute("/abs".to_owned()));
        assert_eq!(problems, ["n: it is null", "l: it is a list, and a parameter is a text"]);
        assert_eq!(
            shown(&read(Format::Yaml, "db:\n  port: 5432\n").0),
            [("db/port".to_owned(), "5432", None)]
        );
    }

    #[test]
    fn the_aws_clis_outputs_are_read() {
        let one =
            r#"{"Name": "/a/b", "Type": "SecureString", "Value": "v", "Version": 1, "DataType": "text"}"#;
        for text in [
            format!(r#"{{"Parameters": [{one}], "InvalidParameters": []}}"#),
            format!("[{one}]"),
            format!(r#"{{"Parameter": {one}}}"#),
        ] {
            let (entries, problems) = read(Format::Json, &text);
            assert_eq!(shown(&entries), [("/a/b".to_owned(), "v", Some(Kind::SecureString))], "{problems:?}");
        }
        let (_, problems) = read(Format::AwsJson, r#"{"Parameters": [], "InvalidParameters": ["/x"]}"#);
        assert_eq!(problems.len(), 1);
        let sealed = one.replace("\"v\"", &format!("\"AQICAHhA{}\"", "a".repeat(120)));
        let (entries, problems) = read(Format::AwsJson, &format!("[{sealed}]"));
        assert!(entries.is_empty() && problems[0].contains("--with-decryption"), "{problems:?}");
    }

    #[test]
    fn the_full_form_has_all_of_a_parameter() {
        let text = r#"{"keywright-parameters": 1, "parameters": [
            {"name": "a", "type": "SecureString", "value": "v", "tier": "Advanced", "keyId": "alias/x",
             "description": "", "allowedPattern": "", "dataType": "text", "tags": {"k": "v"}},
            {"name": "b", "value": "v", "type": "Secure"}, {"name": "c", "value": "v", "Type": "String"}, {"name": "d"}]}"#;
        let (entries, problems) = read(Format::Json, text);
        let [entry] = entries.as_slice() else { panic!("{problems:?}") };
        assert_eq!((entry.tier, entry.key_id.as_deref()), (Some(Tier::Advanced), Some("alias/x")));
        assert_eq!(
            (entry.description.as_deref(), entry.tags.as_ref().unwrap()["k"].as_str()),
            (Some(""), "v")
        );
        assert_eq!(problems, ["b: its type is none", "c: Type is not known", "d: it has no value"]);
    }
}

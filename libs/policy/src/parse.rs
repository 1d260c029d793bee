//! From JSON to a document: the grammar, element by element, each error with its path.

use std::collections::{BTreeMap, HashSet};

use crate::document::{
    Actions, Conditions, Effect, PolicyDocument, PrincipalSet, PrincipalType, Principals, Resources,
    Statement, Version,
};
use crate::json::Node;
use crate::{PolicyError, PrincipalName, Problem, arn, condition};

/// Reads a whole document.
pub(crate) fn document(node: &Node) -> Result<PolicyDocument, PolicyError> {
    let elements = Elements::of(node, String::new(), &["Version", "Id", "Statement"])?;
    let version = match elements.text("Version")? {
        None | Some("2008-10-17") => Version::V2008,
        Some("2012-10-17") => Version::V2012,
        Some(_) => return Err(PolicyError::at("Version", Problem::Version)),
    };
    let id = elements.text("Id")?.map(str::to_owned);
    let statements = match elements.get("Statement") {
        None => return Err(elements.missing("Statement")),
        Some(Node::Array(nodes)) if nodes.is_empty() => {
            return Err(PolicyError::at("Statement", Problem::Empty));
        }
        Some(Node::Array(nodes)) => {
            let read = |(index, node)| statement(node, format!("Statement[{index}]"), version);
            nodes.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?
        }
        Some(single) => vec![statement(single, "Statement".to_owned(), version)?],
    };
    let mut sids = HashSet::new();
    for (index, sid) in statements.iter().enumerate().filter_map(|(i, s)| Some((i, s.sid.as_deref()?))) {
        if !sid.is_empty() && !sids.insert(sid) {
            return Err(PolicyError::at(format!("Statement[{index}].Sid"), Problem::DuplicateSid));
        }
    }
    Ok(PolicyDocument { version, id, statements })
}

fn statement(node: &Node, path: String, version: Version) -> Result<Statement, PolicyError> {
    let elements = Elements::of(node, path, &STATEMENT_ELEMENTS)?;
    let variables = version == Version::V2012;
    let check_resource = |pattern: &str| check_resource(pattern, variables);
    let effect = match elements.text("Effect")? {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        Some(_) => return Err(elements.wrong("Effect", Problem::Effect)),
        None => return Err(elements.missing("Effect")),
    };
    let actions = match elements.either("Action", "NotAction")? {
        Some(("Action", node)) => Actions::Only(elements.patterns("Action", node, check_action)?),
        Some((name, node)) => Actions::AllBut(elements.patterns(name, node, check_action)?),
        None => return Err(elements.missing("Action")),
    };
    let resources = match elements.either("Resource", "NotResource")? {
        Some(("Resource", node)) => {
            Some(Resources::Only(elements.patterns("Resource", node, check_resource)?))
        }
        Some((name, node)) => Some(Resources::AllBut(elements.patterns(name, node, check_resource)?)),
        None => None,
    };
    let principals = match elements.either("Principal", "NotPrincipal")? {
        Some(("Principal", node)) => Some(Principals::Only(principal_set(node, elements.path("Principal"))?)),
        Some((name, _)) if effect == Effect::Allow => {
            return Err(elements.wrong(name, Problem::NotPrincipalAllows));
        }
        Some((name, node)) => Some(Principals::AllBut(principal_set(node, elements.path(name))?)),
        None => None,
    };
    let conditions = match elements.get("Condition") {
        Some(node) => conditions(node, elements.path("Condition"), variables)?,
        None => Conditions::new(),
    };
    let sid = elements.text("Sid")?.map(str::to_owned);
    Ok(Statement { sid, effect, principals, actions, resources, conditions })
}

fn principal_set(node: &Node, path: String) -> Result<PrincipalSet, PolicyError> {
    if matches!(node, Node::String(name) if name == "*") {
        return Ok(PrincipalSet::Everyone);
    }
    let elements = Elements::of(node, path, &PrincipalType::ALL.map(PrincipalType::name))?;
    let mut names = BTreeMap::new();
    for kind in PrincipalType::ALL {
        if let Some(node) = elements.get(kind.name()) {
            let check = |name: &str| PrincipalName::parse(kind, name).map(drop).ok_or(Problem::Principal);
            names.insert(kind, elements.patterns(kind.name(), node, check)?);
        }
    }
    if names.is_empty() {
        return Err(PolicyError::at(elements.path, Problem::Empty));
    }
    Ok(PrincipalSet::Named(names))
}

fn conditions(node: &Node, path: String, variables: bool) -> Result<Conditions, PolicyError> {
    let mut all = Conditions::new();
    for (operator, keys) in object(node, &path)? {
        let path = format!("{path}.{operator}");
        condition::check_operator(operator).map_err(|problem| PolicyError::at(&path, problem))?;
        let keys = condition_keys(operator, object(keys, &path)?, &path, variables)?;
        all.insert(operator.clone(), keys);
    }
    Ok(all)
}

fn condition_keys(
    operator: &str,
    keys: &[(String, Node)],
    path: &str,
    variables: bool,
) -> Result<BTreeMap<String, Vec<String>>, PolicyError> {
    let mut all = BTreeMap::new();
    let mut seen = HashSet::new();
    for (key, node) in keys {
        let path = format!("{path}.{key}");
        condition::check_key(key).map_err(|problem| PolicyError::at(&path, problem))?;
        if !seen.insert(key.to_ascii_lowercase()) {
            return Err(PolicyError::at(path, Problem::DuplicateConditionKey));
        }
        let values = strings(node, &path, true)?;
        for (index, value) in values.iter().enumerate() {
            condition::check_value(operator, value, variables)
                .map_err(|problem| PolicyError::at(format!("{path}[{index}]"), problem))?;
        }
        all.insert(key.clone(), values);
    }
    Ok(all)
}

fn check_action(action: &str) -> Result<(), Problem> {
    if action == "*" || action == "*:*" {
        return Ok(());
    }
    let (vendor, name) = action.split_once(':').ok_or(Problem::Action)?;
    let vendor_fits = !vendor.is_empty() && vendor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let name_fits =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"*?-_".contains(&b));
    if vendor_fits && name_fits { Ok(()) } else { Err(Problem::Action) }
}

fn check_resource(resource: &str, variables: bool) -> Result<(), Problem> {
    if resource == "*" { Ok(()) } else { arn::check_resource(resource, variables) }
}

fn object<'n>(node: &'n Node, path: &str) -> Result<&'n [(String, Node)], PolicyError> {
    match node {
        Node::Object(entries) => Ok(entries),
        _ => Err(PolicyError::at(path, Problem::WrongType { expected: "an object" })),
    }
}

/// A string or an array of strings; `scalars` admits booleans and numbers as their text. The array may not be empty.
fn strings(node: &Node, path: &str, scalars: bool) -> Result<Vec<String>, PolicyError> {
    let text = |node: &Node, path: String| match node {
        Node::String(text) => Ok(text.clone()),
        Node::Scalar(text) if scalars => Ok(text.clone()),
        _ => Err(PolicyError::at(path, Problem::WrongType { expected: "a string" })),
    };
    match node {
        Node::Array(items) if items.is_empty() => Err(PolicyError::at(path, Problem::Empty)),
        Node::Array(items) => {
            items.iter().enumerate().map(|(index, item)| text(item, format!("{path}[{index}]"))).collect()
        }
        single => Ok(vec![text(single, path.to_owned())?]),
    }
}

/// The elements of one object, none of them unknown.
struct Elements<'n> {
    entries: &'n [(String, Node)],
    path: String,
}

impl<'n> Elements<'n> {
    fn of(node: &'n Node, path: String, known: &[&str]) -> Result<Self, PolicyError> {
        let shown = if path.is_empty() { "the document" } else { &path };
        let entries = object(node, shown)?;
        let elements = Self { entries, path };
        match elements.entries.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            Some((key, _)) => Err(elements.wrong(key, Problem::UnknownElement)),
            None => Ok(elements),
        }
    }

    fn get(&self, name: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    fn text(&self, name: &str) -> Result<Option<&'n str>, PolicyError> {
        match self.get(name) {
            None => Ok(None),
            Some(Node::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, Problem::WrongType { expected: "a string" })),
        }
    }

    fn either(
        &self,
        name: &'static str,
        negated: &'static str,
    ) -> Result<Option<(&'static str, &'n Node)>, PolicyError> {
        match (self.get(name), self.get(negated)) {
            (Some(_), Some(_)) => Err(self.wrong(negated, Problem::Exclusive(name, negated))),
            (Some(node), None) => Ok(Some((name, node))),
            (None, Some(node)) => Ok(Some((negated, node))),
            (None, None) => Ok(None),
        }
    }

    fn patterns(
        &self,
        name: &str,
        node: &Node,
        check: impl Fn(&str) -> Result<(), Problem>,
    ) -> Result<Vec<String>, PolicyError> {
        let path = self.path(name);
        let patterns = strings(node, &path, false)?;
        for (index, pattern) in patterns.iter().enumerate() {
            check(pattern).map_err(|problem| PolicyError::at(format!("{path}[{index}]"), problem))?;
        }
        Ok(patterns)
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn wrong(&self, name: &str, problem: Problem) -> PolicyError {
        PolicyError::at(self.path(name), problem)
    }

    fn missing(&self, name: &'static str) -> PolicyError {
        let path = if self.path.is_empty() { "the document" } else { &self.path };
        PolicyError::at(path, Problem::Missing(name))
    }
}

const STATEMENT_ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

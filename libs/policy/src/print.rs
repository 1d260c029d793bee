//! A document as canonical JSON: elements in the grammar's order, every list an array.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::document::{
    Actions, Effect, PolicyDocument, PrincipalSet, PrincipalType, Principals, Resources, Statement, Version,
};

impl fmt::Display for PolicyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for PolicyDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("Version", self.version.name())?;
        if let Some(id) = &self.id {
            map.serialize_entry("Id", id)?;
        }
        map.serialize_entry("Statement", &self.statements)?;
        map.end()
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(sid) = &self.sid {
            map.serialize_entry("Sid", sid)?;
        }
        map.serialize_entry("Effect", self.effect.name())?;
        match &self.principals {
            Some(Principals::Only(set)) => map.serialize_entry("Principal", set)?,
            Some(Principals::AllBut(set)) => map.serialize_entry("NotPrincipal", set)?,
            None => {}
        }
        match &self.actions {
            Actions::Only(patterns) => map.serialize_entry("Action", patterns)?,
            Actions::AllBut(patterns) => map.serialize_entry("NotAction", patterns)?,
        }
        match &self.resources {
            Some(Resources::Only(patterns)) => map.serialize_entry("Resource", patterns)?,
            Some(Resources::AllBut(patterns)) => map.serialize_entry("NotResource", patterns)?,
            None => {}
        }
        if !self.conditions.is_empty() {
            map.serialize_entry("Condition", &self.conditions)?;
        }
        map.end()
    }
}

impl Serialize for PrincipalSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Everyone => serializer.serialize_str("*"),
            Self::Named(names) => names.serialize(serializer),
        }
    }
}

impl Serialize for PrincipalType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Version {
    /// Its name in the JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

impl Effect {
    /// Its name in the JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

//! The JSON of a database's secret.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html>

use keywright_crypto::SecretString;
use serde_json::{Map, Value};
use zeroize::Zeroize as _;

use crate::RotationError;

/// A secret's members, erased on drop.
pub(crate) struct Document {
    members: Map<String, Value>,
    stage: &'static str,
}

/// What a rotator reads of a secret.
pub(crate) struct DatabaseSecret {
    pub(crate) stage: &'static str,
    pub(crate) engine: Option<String>,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) username: String,
    pub(crate) password: SecretString,
    pub(crate) database: Option<String>,
    pub(crate) master_arn: Option<String>,
    /// `None`: the secret doesn't say.
    pub(crate) ssl: Option<bool>,
}

/// What distinguishes one kind of server's secrets from another's.
pub(crate) struct SecretForm {
    /// What `engine` may be.
    pub(crate) engines: &'static [&'static str],
    /// Whether `engine` may be absent.
    pub(crate) engine_optional: bool,
    pub(crate) default_port: u16,
    /// Whose password it is when the secret names no user.
    pub(crate) default_username: Option<&'static str>,
}

impl Document {
    pub(crate) fn parse(value: &SecretString, stage: &'static str) -> Result<Self, RotationError> {
        // The parser's own error could quote the secret.
        match serde_json::from_str(value.expose_secret()) {
            Ok(members) => Ok(Self { members, stage }),
            Err(_) => Err(RotationError::InvalidSecret { stage, problem: "is not a JSON object" }),
        }
    }

    /// What `form` says such a secret has.
    pub(crate) fn database_secret(&self, form: &SecretForm) -> Result<DatabaseSecret, RotationError> {
        match self.text("engine")? {
            Some(engine) if form.engines.contains(&engine) => {}
            None if form.engine_optional => {}
            Some(_) | None => {
                return Err(self.invalid("has an \"engine\" that isn't this rotator's, or none"));
            }
        }
        let username = self.text("username")?.or(form.default_username);
        let username = username.ok_or_else(|| self.invalid("has no \"username\""))?;
        let password = self.text("password")?.ok_or_else(|| self.invalid("has no \"password\""))?;
        let host = self.text("host")?.ok_or_else(|| self.invalid("has no \"host\""))?;
        for text in [username, password, host] {
            if text.is_empty() || text.contains('\0') {
                return Err(self.invalid("has an empty host, username or password, or one with a NUL"));
            }
        }
        Ok(DatabaseSecret {
            stage: self.stage,
            engine: self.text("engine")?.map(str::to_owned),
            host: host.to_owned(),
            port: self.port()?.unwrap_or(form.default_port),
            username: username.to_owned(),
            password: SecretString::new(password.to_owned()),
            database: self.text("dbname")?.filter(|name| !name.is_empty()).map(str::to_owned),
            master_arn: self.text("masterarn")?.filter(|arn| !arn.is_empty()).map(str::to_owned),
            ssl: self.ssl()?,
        })
    }

    /// The members that say where the server is, for the secret of another of its users.
    pub(crate) fn about_its_server(&self) -> Self {
        let of_server = |(name, _): &(&String, &Value)| ABOUT_THE_SERVER.contains(&name.as_str());
        let members =
            self.members.iter().filter(of_server).map(|(name, value)| (name.clone(), value.clone()));
        Self { members: members.collect(), stage: self.stage }
    }

    /// The same with another member; the others stay as they are.
    pub(crate) fn set(&mut self, member: &str, value: &str) {
        if let Some(Value::String(mut old)) = self.members.insert(member.to_owned(), Value::from(value)) {
            old.zeroize();
        }
    }

    pub(crate) fn to_secret(&self) -> Result<SecretString, RotationError> {
        let text = serde_json::to_string(&self.members);
        text.map(SecretString::new).map_err(|_| self.invalid("can't be written as JSON"))
    }

    /// A member that is text or absent. `null` is absent.
    pub(crate) fn text(&self, member: &str) -> Result<Option<&str>, RotationError> {
        match self.members.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => {
                Err(self
                    .invalid("has an engine, host, username, password, dbname or masterarn that is no text"))
            }
        }
    }

    fn port(&self) -> Result<Option<u16>, RotationError> {
        let port = match self.members.get("port") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(number)) => number.as_u64().and_then(|port| u16::try_from(port).ok()),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        port.filter(|port| *port != 0).map(Some).ok_or_else(|| self.invalid("has a \"port\" that isn't one"))
    }

    /// As AWS's templates read it: a boolean, or its name in any case.
    fn ssl(&self) -> Result<Option<bool>, RotationError> {
        match self.members.get("ssl") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(ssl)) => Ok(Some(*ssl)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            // There it would mean plaintext, perhaps; here it is a mistake.
            Some(_) => Err(self.invalid("has an \"ssl\" that is neither true nor false")),
        }
    }

    fn invalid(&self, problem: &'static str) -> RotationError {
        RotationError::InvalidSecret { stage: self.stage, problem }
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        self.members.values_mut().for_each(erase);
    }
}

fn erase(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(erase),
        Value::Object(members) => members.values_mut().for_each(erase),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl DatabaseSecret {
    /// That both are about the same server and, where it matters, the same user.
    pub(crate) fn must_match(&self, pending: &Self, same_user: bool) -> Result<(), RotationError> {
        let mismatch = |member, found: &str, expected: &str| {
            let (found, expected) = (found.to_owned(), expected.to_owned());
            Err(RotationError::Mismatch { member, stage: self.stage, found, expected })
        };
        if same_user && self.username != pending.username {
            return mismatch("username", &self.username, &pending.username);
        }
        if self.host != pending.host {
            return mismatch("host", &self.host, &pending.host);
        }
        if self.port != pending.port {
            return mismatch("port", &self.port.to_string(), &pending.port.to_string());
        }
        Ok(())
    }
}

const ABOUT_THE_SERVER: [&str; 4] = ["engine", "host", "port", "ssl"];

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: SecretForm = SecretForm {
        engines: &["postgres"],
        engine_optional: false,
        default_port: 5432,
        default_username: None,
    };

    fn read(text: &str) -> Result<DatabaseSecret, RotationError> {
        Document::parse(&SecretString::new(text.to_owned()), "AWSCURRENT")?.database_secret(&FORM)
    }

    #[test]
    fn the_members_of_awss_structure_are_read() {
        let secret = read(
            r#"{"engine": "postgres", "host": "db", "port": "5433", "username": "app", "password": "p", "dbname": "d",
                "masterarn": "arn:m", "ssl": "True", "other": [1]}"#,
        )
        .unwrap();
        assert_eq!((secret.host.as_str(), secret.port, secret.username.as_str()), ("db", 5433, "app"));
        assert_eq!(secret.password.expose_secret(), "p");
        assert_eq!((secret.database.as_deref(), secret.master_arn.as_deref()), (Some("d"), Some("arn:m")));
        assert_eq!(secret.ssl, Some(true));
        let least =
            read(r#"{"engine": "postgres", "host": "db", "username": "app", "password": "p"}"#).unwrap();
        assert_eq!((least.port, least.ssl, least.database, least.master_arn), (5432, None, None, None));
    }

    #[test]
    fn what_can_not_work_is_refused_without_quoting_the_secret() {
        let good = r#"{"engine": "postgres", "host": "db", "username": "app", "password": "hunter2"}"#;
        for (from, to) in [
            ("\"postgres\"", "\"mysql\""),
            ("\"engine\"", "\"engin\""),
            ("\"host\"", "\"hos\""),
            ("\"username\"", "\"user\""),
            ("\"password\"", "\"pass\""),
            ("\"hunter2\"", "\"\""),
            ("\"hunter2\"", "\"hunter2\\u0000\""),
            ("\"hunter2\"", "2222"),
            ("{", "{\"port\": 0, "),
            ("{", "{\"port\": 70000, "),
            ("{", "{\"ssl\": \"maybe\", "),
            ("}", ""),
        ] {
            let Err(error) = read(&good.replace(from, to)) else { panic!("{from} {to}") };
            let error = error.to_string();
            assert!(error.starts_with("the value of AWSCURRENT ") && !error.contains("hunter"), "{error}");
        }
    }

    #[test]
    fn members_that_a_rotation_does_not_change_stay_as_they_are() {
        let value = SecretString::new(r#"{"a": {"b": [1, null]}, "password": "old", "port": "1"}"#.into());
        let mut document = Document::parse(&value, "AWSCURRENT").unwrap();
        document.set("password", "new\"\\\u{1}é");
        assert_eq!(
            document.to_secret().unwrap().expose_secret(),
            r#"{"a":{"b":[1,null]},"password":"new\"\\\u0001é","port":"1"}"#
        );
    }
}

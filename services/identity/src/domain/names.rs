//! The names that IAM's entities are given.

use std::fmt;

/// Text which breaks the rules for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// See [`IdentityName`].
    #[error("the name of a user, group or role has 1 to 128 letters, digits and characters of _+=,.@-")]
    IdentityName,
    /// See [`Path`].
    #[error("a path is / or begins and ends with /, with up to 512 visible ASCII characters")]
    Path,
    /// See [`PolicyName`].
    #[error("a policy name has 1 to 128 letters, digits and characters of _+=,.@-")]
    PolicyName,
    /// See [`ServiceName`].
    #[error("a service name is a lower-case host name such as kms.amazonaws.com")]
    ServiceName,
    /// See [`SigningScope`].
    #[error("a signing scope has 1 to 64 lower-case letters, digits and hyphens")]
    SigningScope,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $error:ident, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes the text if it follows the rules.
            ///
            /// # Errors
            #[doc = concat!("[`NameError::", stringify!($error), "`].")]
            pub fn parse(text: &str) -> Result<Self, NameError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.into())) } else { Err(NameError::$error) }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of a user, group or role: 1 to 128 of letters, digits and `_+=,.@-`; unique among its kind in the account
    /// without regard to case. Users and roles have at most 64, which their operations see to.
    IdentityName, IdentityName, |text| is_friendly(text, 128)
}

name! {
    /// The name of a policy: 1 to 128 of letters, digits and `_+=,.@-`.
    PolicyName, PolicyName, |text| is_friendly(text, 128)
}

name! {
    /// The path before a name: `/`, or visible ASCII characters between slashes; at most 512.
    Path, Path, |text| {
        text == "/"
            || ((3..=512).contains(&text.len())
                && text.starts_with('/')
                && text.ends_with('/')
                && text.bytes().all(|byte| byte.is_ascii_graphic()))
    }
}

name! {
    /// The name of one of our services, such as `kms.amazonaws.com`.
    ServiceName, ServiceName, |text| {
        text.len() <= 128
            && text.contains('.')
            && text.split('.').all(|label| {
                !label.is_empty()
                    && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            })
    }
}

name! {
    /// A service's name in credential scopes, such as `kms`.
    SigningScope, SigningScope, |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
}

impl Path {
    /// The path of what was given none: `/`.
    #[must_use]
    pub fn root() -> Self {
        Self("/".into())
    }
}

fn is_friendly(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_iams_rules() {
        assert_eq!(IdentityName::parse("a.b@c_d+=,-").unwrap().as_str(), "a.b@c_d+=,-");
        for bad in ["", "a b", "a/b", "ä", "*", &"a".repeat(129)] {
            assert_eq!(IdentityName::parse(bad), Err(NameError::IdentityName), "{bad}");
        }
        assert!(PolicyName::parse(&"a".repeat(128)).is_ok());
        assert_eq!(PolicyName::parse(&"a".repeat(129)), Err(NameError::PolicyName));
    }

    #[test]
    fn paths_are_between_slashes() {
        for good in ["/", "/division/", "/a/b/"] {
            assert_eq!(Path::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a", "/a", "a/", "//", "/a b/"] {
            assert_eq!(Path::parse(bad), Err(NameError::Path), "{bad}");
        }
    }

    #[test]
    fn services_are_host_names_and_scopes_are_labels() {
        assert!(ServiceName::parse("kms.amazonaws.com").is_ok());
        for bad in ["kms", "KMS.amazonaws.com", ".com", "kms.", "k*.com"] {
            assert_eq!(ServiceName::parse(bad), Err(NameError::ServiceName), "{bad}");
        }
        assert!(SigningScope::parse("keywright-identity").is_ok());
        for bad in ["", "*", "kms/", "KMS"] {
            assert_eq!(SigningScope::parse(bad), Err(NameError::SigningScope), "{bad}");
        }
    }
}

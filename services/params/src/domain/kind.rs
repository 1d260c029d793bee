//! Types and tiers.

use serde::Serialize;

keywright_aws_api::wire_enum! {
    /// The type of a parameter.
    pub enum ParameterType {
        /// Text.
        String = "String",
        /// Texts, separated by commas.
        StringList = "StringList",
        /// Text that KMS encrypts.
        SecureString = "SecureString",
    }
}

keywright_aws_api::wire_enum! {
    /// The tier that a request asks for.
    pub enum ParameterTier {
        /// Up to 4 KB.
        Standard = "Standard",
        /// Up to 8 KB.
        Advanced = "Advanced",
        /// Standard as long as that suffices.
        IntelligentTiering = "Intelligent-Tiering",
    }
}

/// The tier that a version has. It also says how a SecureString is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Tier {
    /// Up to 4 KB; a SecureString is encrypted by KMS itself.
    Standard,
    /// Up to 8 KB; a SecureString is encrypted under a data key.
    Advanced,
}

impl Tier {
    /// The most bytes of a value.
    #[must_use]
    pub const fn max_value_bytes(self) -> usize {
        match self {
            Self::Standard => 4096,
            Self::Advanced => 8192,
        }
    }

    /// AWS's string.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => ParameterTier::Standard.as_str(),
            Self::Advanced => ParameterTier::Advanced.as_str(),
        }
    }

    /// The tier of AWS's string.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Standard, Self::Advanced].into_iter().find(|tier| tier.as_str() == text)
    }
}

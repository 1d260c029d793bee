//! Types and tiers, as files and flags name them.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub(crate) enum Kind {
    #[value(name = "String")]
    String,
    #[value(name = "StringList")]
    StringList,
    #[value(name = "SecureString")]
    SecureString,
}

impl Kind {
    /// AWS's word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::StringList => "StringList",
            Self::SecureString => "SecureString",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::String, Self::StringList, Self::SecureString].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The tier that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub(crate) enum Tier {
    #[value(name = "Standard")]
    Standard,
    #[value(name = "Advanced")]
    Advanced,
    #[value(name = "Intelligent-Tiering")]
    #[serde(rename = "Intelligent-Tiering")]
    IntelligentTiering,
}

impl Tier {
    /// AWS's word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Advanced => "Advanced",
            Self::IntelligentTiering => "Intelligent-Tiering",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Standard, Self::Advanced, Self::IntelligentTiering]
            .into_iter()
            .find(|tier| tier.as_str() == text)
    }

    /// The most bytes of a value.
    pub(super) const fn max_value_bytes(self) -> usize {
        match self {
            Self::Standard => 4_096,
            Self::Advanced | Self::IntelligentTiering => 8_192,
        }
    }
}

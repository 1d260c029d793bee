//! Platform configuration registers: what was measured.

use std::collections::BTreeMap;

use ciborium::Value;

/// What is attested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// A Nitro enclave.
    Enclave,
    /// An instance with a NitroTPM.
    NitroTpm,
}

/// The registers of a document, at least one, by their numbers from 0 to 31.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registers(BTreeMap<u8, Vec<u8>>);

impl Registers {
    /// What a register holds, if the document tells.
    #[must_use]
    pub fn get(&self, number: u8) -> Option<&[u8]> {
        self.0.get(&number).map(Vec::as_slice)
    }

    /// Every number once, with as many bytes as a digest has.
    pub(crate) fn parse(value: Value) -> Option<Self> {
        let Value::Map(entries) = value else { return None };
        let mut registers = BTreeMap::new();
        for (number, content) in entries {
            let (Value::Integer(number), Value::Bytes(content)) = (number, content) else { return None };
            let number = u8::try_from(number).ok().filter(|number| *number < COUNT)?;
            if !LENGTHS.contains(&content.len()) || registers.insert(number, content).is_some() {
                return None;
            }
        }
        (!registers.is_empty()).then_some(Self(registers))
    }
}

const COUNT: u8 = 32;

const LENGTHS: [usize; 3] = [32, 48, 64];

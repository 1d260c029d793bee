//! Finding a token among those of a library.

use std::path::Path;

use cryptoki::context::Pkcs11;
use cryptoki::mechanism::MechanismType;
use cryptoki::slot::{Slot, TokenInfo};

use crate::error::Fault;
use crate::{HsmError, TokenSelector};

/// The slot of the one token that `selector` names.
pub(crate) fn find(
    library: &Pkcs11,
    module: &Path,
    selector: &TokenSelector,
) -> Result<(Slot, TokenInfo), Fault> {
    let mut found = None;
    for slot in library.get_slots_with_token()? {
        // A token that is pulled out at this moment is no reason not to find another.
        let Ok(info) = library.get_token_info(slot) else { continue };
        if !info.token_initialized() || !is_named(&info, selector) {
            continue;
        }
        if found.replace((slot, info)).is_some() {
            let (module, token) = (module.to_owned(), selector.clone());
            return Err(HsmError::AmbiguousToken { module, token }.into());
        }
    }
    found.ok_or_else(|| HsmError::NoSuchToken { module: module.to_owned(), token: selector.clone() }.into())
}

/// Refuses a token without the mechanisms that this crate is built on.
pub(crate) fn check_mechanisms(library: &Pkcs11, slot: Slot) -> Result<(), Fault> {
    let offered = library.get_mechanism_list(slot)?;
    match NEEDED.iter().find(|(needed, _)| !offered.contains(needed)) {
        Some((_, mechanism)) => Err(HsmError::MissingMechanism { mechanism }.into()),
        None => Ok(()),
    }
}

fn is_named(info: &TokenInfo, selector: &TokenSelector) -> bool {
    match selector {
        TokenSelector::Label(label) => info.label().trim_end() == label,
        TokenSelector::Serial(serial) => info.serial_number().trim_end() == serial,
    }
}

const NEEDED: [(MechanismType, &str); 3] = [
    (MechanismType::AES_KEY_GEN, "CKM_AES_KEY_GEN"),
    (MechanismType::AES_CBC_ENCRYPT_DATA, "CKM_AES_CBC_ENCRYPT_DATA"),
    (MechanismType::AES_GCM, "CKM_AES_GCM"),
];

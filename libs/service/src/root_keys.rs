//! `[root_key]` and, while it is being replaced, `[previous_root_key]`.

use std::sync::Arc;

use keywright_crypto::Random;
use keywright_root_key::RootKeys;

use crate::error::ServiceError;
use crate::root_key::RootKeySection;

/// Opens the root key, and the one before it where that is named. Only the former is ever made, as
/// [`RootKeySection::open`] says.
///
/// # Errors
/// [`ServiceError`] with what to set or to bring back.
pub async fn open_root_keys(
    current: &RootKeySection,
    previous: Option<&RootKeySection>,
    nothing_wrapped: bool,
    random: Arc<dyn Random>,
) -> Result<RootKeys, ServiceError> {
    let root_key = current.open(nothing_wrapped, Arc::clone(&random)).await?;
    let Some(previous) = previous else { return Ok(RootKeys::from(root_key)) };
    let previous = previous.open(false, random).await?;
    if previous.id() == root_key.id() {
        return Err(ServiceError::own(
            "root_key and previous_root_key are the same key: name the former one under previous_root_key, or drop it",
        ));
    }
    Ok(RootKeys::with_previous(root_key, previous))
}

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;

    use super::*;

    #[tokio::test]
    async fn the_former_one_must_be_there_and_another() {
        let dir = tempfile::tempdir().unwrap();
        let section = |name: &str| RootKeySection::key_file(dir.path().join(name));
        let open = async |previous: &str, nothing_wrapped: bool| {
            let (current, previous) = (section("new"), section(previous));
            let random = Arc::new(SystemRandom);
            let opened = open_root_keys(&current, Some(&previous), nothing_wrapped, random).await;
            opened.map_err(|error| error.to_string())
        };
        let absent = open("old", true).await.unwrap_err();
        assert!(absent.contains("old does not exist"), "{absent}");
        assert!(!dir.path().join("old").exists());
        section("old").open(true, Arc::new(SystemRandom)).await.unwrap();
        let both = open("old", false).await.unwrap();
        assert_ne!(both.current().id(), both.previous().unwrap().id());
        let same = open("new", false).await.unwrap_err();
        assert!(same.contains("previous_root_key"), "{same}");
    }
}

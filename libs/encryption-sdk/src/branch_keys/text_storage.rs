use serde_json::Value;

use super::{BoxError, BranchKeyItem, BranchKeyRecord, BranchKeyStorage, BranchKeyStoreError};
use crate::BoxFuture;

/// A place that keeps texts by their names, such as Parameter Store or Secrets Manager.
pub trait TextStore: Send + Sync {
    /// The text of this name, if there is one.
    ///
    /// # Errors
    /// When it isn't known whether there is.
    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<String>, BoxError>>;

    /// Keeps a new text; false if there is one of this name.
    ///
    /// # Errors
    /// When it isn't known to be kept.
    fn create<'a>(&'a self, name: &'a str, text: &'a str) -> BoxFuture<'a, Result<bool, BoxError>>;

    /// Keeps a text in place of the one of this name.
    ///
    /// # Errors
    /// When it isn't known to be kept.
    fn replace<'a>(&'a self, name: &'a str, text: &'a str) -> BoxFuture<'a, Result<(), BoxError>>;
}

/// Keeps branch keys as texts: each version by itself, what changes (the active version, with the beacon key) in one text.
///
/// A version is kept before it becomes the active one, so that a crash leaves at most one that nothing was encrypted with.
/// Of two who make new versions at the same moment, one may become the active one over the other; what either has
/// encrypted can be decrypted.
pub struct TextBranchKeyStorage<T> {
    texts: T,
    prefix: String,
}

impl<T: TextStore> TextBranchKeyStorage<T> {
    /// Names begin with `prefix`: `/branch-keys/` leads to `/branch-keys/ID/active`.
    pub fn new(texts: T, prefix: impl Into<String>) -> Self {
        Self { texts, prefix: prefix.into() }
    }

    fn name(&self, branch_key_id: &str, item: BranchKeyItem) -> String {
        let Self { prefix, .. } = self;
        let id = name_of(branch_key_id);
        match item {
            BranchKeyItem::Version(version) => format!("{prefix}{id}/version/{version}"),
            BranchKeyItem::Active | BranchKeyItem::Beacon => format!("{prefix}{id}/active"),
        }
    }

    async fn get(
        &self,
        branch_key_id: &str,
        item: BranchKeyItem,
    ) -> Result<Vec<BranchKeyRecord>, BranchKeyStoreError> {
        let name = self.name(branch_key_id, item);
        let text = self.texts.get(&name).await.map_err(BranchKeyStoreError::Storage)?;
        text.map_or(Ok(Vec::new()), |text| from_text(&text))
    }

    async fn put(
        &self,
        item: BranchKeyItem,
        records: &[&BranchKeyRecord],
        branch_key_id: &str,
    ) -> Result<(), BranchKeyStoreError> {
        let (name, text) = (self.name(branch_key_id, item), to_text(records));
        if self.texts.create(&name, &text).await.map_err(BranchKeyStoreError::Storage)? {
            return Ok(());
        }
        // Whoever calls again when an answer is lost finds what the first call has kept. No two keys have the same text.
        match self.texts.get(&name).await.map_err(BranchKeyStoreError::Storage)? {
            Some(kept) if kept == text => Ok(()),
            _ => Err(BranchKeyStoreError::AlreadyExists(branch_key_id.to_owned())),
        }
    }

    async fn change(
        &self,
        version: &BranchKeyRecord,
        active: &BranchKeyRecord,
        replaced: &BranchKeyRecord,
    ) -> Result<(), BranchKeyStoreError> {
        let id = version.branch_key_id();
        self.put(version.item()?, &[version], id).await?;
        let kept = self.get(id, BranchKeyItem::Active).await?;
        if !kept.contains(replaced) {
            return Err(BranchKeyStoreError::Changed(id.to_owned()));
        }
        let others = kept.iter().filter(|record| *record != replaced);
        let records: Vec<_> = [active].into_iter().chain(others).collect();
        let name = self.name(id, BranchKeyItem::Active);
        self.texts.replace(&name, &to_text(&records)).await.map_err(BranchKeyStoreError::Storage)
    }
}

impl<T: TextStore> BranchKeyStorage for TextBranchKeyStorage<T> {
    fn read<'a>(
        &'a self,
        branch_key_id: &'a str,
        item: BranchKeyItem,
    ) -> BoxFuture<'a, Result<Option<BranchKeyRecord>, BranchKeyStoreError>> {
        Box::pin(async move {
            for record in self.get(branch_key_id, item).await? {
                if record.item()? == item {
                    return Ok(Some(record));
                }
            }
            Ok(None)
        })
    }

    fn create<'a>(
        &'a self,
        version: &'a BranchKeyRecord,
        active: &'a BranchKeyRecord,
        beacon: &'a BranchKeyRecord,
    ) -> BoxFuture<'a, Result<(), BranchKeyStoreError>> {
        Box::pin(async move {
            let id = version.branch_key_id();
            // Looked at first, so that who is refused leaves no version behind.
            let kept = self.get(id, BranchKeyItem::Active).await?;
            if !kept.is_empty() && kept.iter().ne([active, beacon]) {
                return Err(BranchKeyStoreError::AlreadyExists(id.to_owned()));
            }
            self.put(version.item()?, &[version], id).await?;
            self.put(BranchKeyItem::Active, &[active, beacon], id).await
        })
    }

    fn replace_active<'a>(
        &'a self,
        version: &'a BranchKeyRecord,
        active: &'a BranchKeyRecord,
        replaced: &'a BranchKeyRecord,
    ) -> BoxFuture<'a, Result<(), BranchKeyStoreError>> {
        Box::pin(self.change(version, active, replaced))
    }
}

fn to_text(records: &[&BranchKeyRecord]) -> String {
    Value::Array(records.iter().map(|record| Value::Object(record.to_object())).collect()).to_string()
}

fn from_text(text: &str) -> Result<Vec<BranchKeyRecord>, BranchKeyStoreError> {
    let objects: Vec<_> =
        serde_json::from_str(text).map_err(|_| BranchKeyStoreError::Record("not records in json"))?;
    objects.into_iter().map(BranchKeyRecord::from_object).collect()
}

/// An id within a name: what names may not have is written in hexadecimal, behind an underscore.
fn name_of(branch_key_id: &str) -> String {
    let mut name = String::with_capacity(branch_key_id.len());
    for byte in branch_key_id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.') {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("_{byte:02x}"));
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_differ_have_names_that_differ() {
        assert_eq!(name_of("bbb9baf1-03e6-4716-a586-6bf29995314b"), "bbb9baf1-03e6-4716-a586-6bf29995314b");
        assert_eq!(name_of("a/b_c@ü"), "a_2fb_5fc_40_c3_bc");
    }
}

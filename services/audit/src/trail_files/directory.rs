//! The directory that stands for a trail's bucket.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};

use super::error::TrailError;

/// Where objects are files.
#[derive(Clone, Debug)]
pub(super) struct Directory(PathBuf);

impl Directory {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Writes an object, packed, so that it is there as a whole or not at all; on a thread that may block.
    pub(super) async fn write_packed(&self, object: &str, content: Vec<u8>) -> Result<(), TrailError> {
        let path = self.0.join(object);
        self.blocking(path, move |path| write(path, &packed(&content)?)).await
    }

    /// Writes what a bucket keeps as the object's metadata, beside it.
    pub(super) async fn write_metadata(&self, object: &str, content: Vec<u8>) -> Result<(), TrailError> {
        let path = self.0.join(format!("{object}{METADATA}"));
        self.blocking(path, move |path| write(path, &content)).await
    }

    async fn blocking(
        &self,
        path: PathBuf,
        work: impl FnOnce(&Path) -> std::io::Result<()> + Send + 'static,
    ) -> Result<(), TrailError> {
        let target = path.clone();
        let done = tokio::task::spawn_blocking(move || work(&target)).await;
        let done = done.unwrap_or_else(|ended| Err(std::io::Error::other(ended)));
        done.map_err(|cause| TrailError::File { path, cause })
    }
}

/// The same bytes for the same content.
fn packed(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    packer.write_all(content)?;
    packer.finish()
}

fn write(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let partial = path.with_extension("partial");
    let mut file = File::create(&partial)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    File::open(parent)?.sync_all()
}

/// What the name of an object's metadata ends with.
const METADATA: &str = ".metadata.json";

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[tokio::test]
    async fn an_object_is_a_packed_file_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let directory = Directory::new(dir.path().to_owned());
        for _ in 0..2 {
            directory.write_packed("a/b/c.json.gz", b"{}".to_vec()).await.unwrap();
        }
        directory.write_metadata("a/b/c.json.gz", b"m".to_vec()).await.unwrap();
        let mut text = String::new();
        let file = File::open(dir.path().join("a/b/c.json.gz")).unwrap();
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
        assert_eq!(text, "{}");
        assert_eq!(fs::read_dir(dir.path().join("a/b")).unwrap().count(), 2);
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "").unwrap();
        let refused =
            Directory::new(dir.path().to_owned()).write_packed("a/b", Vec::new()).await.unwrap_err();
        assert!(refused.to_string().contains("a/b"), "{refused}");
    }
}

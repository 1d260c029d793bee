//! What the fuzz targets do, with all that fuzzing has found worth keeping.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "a crate of its own elsewhere")]
mod targets;

/// What is run with one input.
type Target = fn(&[u8]);

#[test]
fn every_input_of_the_corpus_is_taken_as_it_should() {
    let targets: [(&str, Target); 4] = [
        ("header", targets::header),
        ("body", targets::body),
        ("decrypt", targets::decrypt),
        ("frames", targets::frames),
    ];
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus"));
    for (name, target) in targets {
        let files: Vec<_> =
            fs::read_dir(corpus.join(name)).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(files.len() > 10, "{name} has lost its corpus");
        for file in files {
            let input = fs::read(&file).unwrap();
            let taken = std::panic::catch_unwind(|| target(&input));
            assert!(taken.is_ok(), "{}", file.display());
        }
    }
}

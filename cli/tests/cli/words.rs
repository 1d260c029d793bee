//! What the command says of itself, and the exports of a stack.

use std::process::Output;

use crate::dev_process::keywright;

fn run(arguments: &[&str]) -> (bool, String, String) {
    let Output { status, stdout, stderr } = keywright(arguments).output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn the_help_names_the_commands_and_shows_examples() {
    let (succeeded, help, _) = run(&["--help"]);
    assert!(succeeded);
    for part in [
        "speaks the AWS wire",
        "  dev  ",
        "  env  ",
        "  admin  ",
        "  params  ",
        "  secrets  ",
        "  exec  ",
        "  encrypt  ",
        "  decrypt  ",
        "Examples:",
        "source .keywright/credentials.env",
    ] {
        assert!(help.contains(part), "{part:?} is missing:\n{help}");
    }
    let (succeeded, nothing, shown) = run(&[]);
    assert!(!succeeded && nothing.is_empty());
    assert!(shown.contains("Usage: keywright <COMMAND>"), "{shown}");
}

#[test]
fn the_help_of_dev_gives_flags_defaults_and_variables() {
    let (succeeded, help, _) = run(&["dev", "--help"]);
    assert!(succeeded);
    for part in [
        "--listen",
        "[default: 127.0.0.1:4566]",
        "--data-dir",
        "[default: .keywright]",
        "--regions",
        "[default: us-east-1]",
        "--account",
        "[default: 000000000000]",
        "--log",
        "KAFKA_BROKERS",
    ] {
        assert!(help.contains(part), "{part:?} is missing:\n{help}");
    }
    assert!(help.lines().all(|line| line.len() <= 100), "{help}");
}

#[test]
fn the_version_is_the_packages() {
    let (succeeded, version, _) = run(&["--version"]);
    assert!(succeeded);
    assert_eq!(version, format!("keywright {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_exports_are_those_of_the_last_stack_there() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().to_str().unwrap();
    let (succeeded, nothing, error) = run(&["env", "--data-dir", data_dir]);
    assert!(!succeeded && nothing.is_empty());
    assert!(error.contains(data_dir) && error.contains("keywright dev"), "{error}");

    let file = "export AWS_ENDPOINT_URL=http://127.0.0.1:4566\nexport AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n\
                export AWS_SECRET_ACCESS_KEY=a/b+c\nexport AWS_REGION=eu-west-1\n\
                export AWS_DEFAULT_REGION=eu-west-1\n";
    std::fs::write(dir.path().join("credentials.env"), file).unwrap();
    let (succeeded, printed, _) = run(&["env", "--data-dir", data_dir]);
    assert!(succeeded);
    assert_eq!(printed, file);
}

#[test]
fn values_that_are_none_are_refused_by_flag() {
    for (flag, value, reason) in [
        ("--listen", "localhost", "invalid socket address"),
        ("--regions", "us-east-1,Paris", "a Region name has"),
        ("--regions", "", "a Region name has"),
        ("--account", "123", "exactly 12 digits"),
    ] {
        let (succeeded, _, error) = run(&["dev", flag, value]);
        assert!(!succeeded);
        assert!(error.contains(flag) && error.contains(reason), "{flag} {value:?}: {error}");
    }
}

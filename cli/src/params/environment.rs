//! Parameters as the environment of a program.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::error::ParamsError;
use super::root::Root;
use super::store::Parameter;
use super::variables::Naming;

/// The variables by name, each with its parameter. Of two paths that make the same one, the later has it; `warn` is told.
///
/// # Errors
/// [`ParamsError::Collision`] within one path; [`ParamsError::ZeroByte`].
pub(crate) fn environment<'a>(
    paths: &'a [(Root, Vec<Parameter>)],
    naming: &Naming,
    mut warn: impl FnMut(&str),
) -> Result<BTreeMap<String, &'a Parameter>, ParamsError> {
    let mut all: BTreeMap<String, &Parameter> = BTreeMap::new();
    for (root, parameters) in paths {
        let mut of_path: BTreeMap<String, &Parameter> = BTreeMap::new();
        for parameter in parameters {
            let variable = naming.variable(root.relative(&parameter.name).unwrap_or(&parameter.name));
            if parameter.value.expose_secret().contains('\0') {
                return Err(ParamsError::ZeroByte { name: parameter.name.clone() });
            }
            if let Some(first) = of_path.insert(variable.clone(), parameter) {
                let (first, second) = (first.name.clone(), parameter.name.clone());
                return Err(ParamsError::Collision { variable, first, second });
            }
        }
        for (variable, parameter) in of_path {
            if let Some(former) = all.get(&variable).filter(|former| former.name != parameter.name) {
                warn(&format!("{variable} is {}, not {}", parameter.name, former.name));
            }
            all.insert(variable, parameter);
        }
    }
    Ok(all)
}

/// The file of a program, found as a shell finds it, in `path`: our own `PATH`, not one that a parameter sets.
pub(crate) fn find_program(program: &OsStr, path: Option<&OsStr>) -> Option<PathBuf> {
    if program.as_bytes().contains(&b'/') {
        return Some(PathBuf::from(program));
    }
    let path = path.unwrap_or(OsStr::new(DEFAULT_PATH));
    let is_program = |file: &PathBuf| file.is_file() && access(file, Access::EXEC_OK).is_ok();
    let here = |dir: PathBuf| {
        if dir.as_os_str().is_empty() { Path::new(".").join(program) } else { dir.join(program) }
    };
    std::env::split_paths(path).map(here).find(is_program)
}

const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(root: &str, parameters: &[(&str, &str)]) -> (Root, Vec<Parameter>) {
        let parameter = |(name, value): &(&str, &str)| {
            let parameter = json!({"Name": name, "Type": "String", "Value": value, "Version": 1, "ARN": "", "LastModifiedDate": 1});
            serde_json::from_value(parameter).unwrap()
        };
        (root.parse().unwrap(), parameters.iter().map(parameter).collect())
    }

    #[test]
    fn later_paths_win_and_it_is_told() {
        let paths = [
            path("/base", &[("/base/url", "1"), ("/base/level", "info")]),
            path("/prod", &[("/prod/url", "2")]),
        ];
        let mut told = Vec::new();
        let made = environment(&paths, &Naming::default(), |line| told.push(line.to_owned())).unwrap();
        let made: Vec<_> = made.iter().map(|(name, of)| (name.as_str(), of.value.expose_secret())).collect();
        assert_eq!(made, [("LEVEL", "info"), ("URL", "2")]);
        assert_eq!(told, ["URL is /prod/url, not /base/url"]);
    }

    #[test]
    fn within_one_path_nothing_can_hide_another() {
        let error = |paths| environment(&[paths], &Naming::default(), |_| {}).unwrap_err();
        let collision = error(path("/p", &[("/p/a-b", "1"), ("/p/a/b", "2")]));
        assert_eq!(
            collision.to_string(),
            "/p/a-b and /p/a/b would both be the variable A_B: choose a narrower path, or rename one"
        );
        assert!(matches!(error(path("/p", &[("/p/a", "x\0y")])), ParamsError::ZeroByte { .. }));
    }

    #[test]
    fn a_program_is_found_on_the_given_path_alone() {
        let sh = OsStr::new("sh");
        assert_eq!(find_program(sh, Some(OsStr::new("/nowhere:/bin"))), Some("/bin/sh".into()));
        assert_eq!(find_program(sh, Some(OsStr::new("/nowhere"))), None);
        assert_eq!(find_program(OsStr::new("./x"), None), Some("./x".into()));
        assert_eq!(find_program(OsStr::new("passwd"), Some(OsStr::new("/etc"))), None, "no program");
    }
}

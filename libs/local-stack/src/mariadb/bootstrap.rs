//! The making of a data directory, as `mariadb-install-db` does it, which wants more packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::LocalStackError;
use crate::child::ManagedChild;
use crate::error::AtPath;
use crate::privileges::ServerUser;
use crate::server_files::{own_dir, own_file};

/// Makes `data`, with one administrator who gets in from the loopback interface.
pub(super) async fn bootstrap(
    program: &Path,
    root: &Path,
    data: &Path,
    password: &str,
    user: &ServerUser,
    options: &[String],
) -> Result<(), LocalStackError> {
    own_dir(data, user)?;
    let statements = root.join("bootstrap.sql");
    own_file(&statements, &bootstrap_sql(password)?, user)?;
    // It reads them from its standard input.
    let mut command = user.command(Path::new("sh"), "KILL");
    command
        .args(["-c", "exec \"$0\" \"$@\" <bootstrap.sql"])
        .arg(program)
        .arg("--no-defaults")
        .arg("--bootstrap");
    command.arg(format!("--datadir={}", data.display())).args(options).current_dir(root);
    let server = ManagedChild::spawn("mariadbd", command, &root.join("mariadb.log"))?;
    let status = server.wait(BOOTSTRAP_LIMIT).await?;
    fs::remove_file(&statements).at("remove", &statements)?;
    if status.success() { Ok(()) } else { Err(server.exited(status)) }
}

fn bootstrap_sql(password: &str) -> Result<String, LocalStackError> {
    let mut text = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n".to_owned();
    for names in SYSTEM_TABLES {
        let path = find_script(names)?;
        let script = fs::read_to_string(&path).at("read", &path)?;
        // As mariadb-install-db does for a server that no other host sees.
        for line in script.lines().filter(|line| !line.contains("@current_hostname")) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.push_str("DELETE FROM global_priv WHERE User = 'root';\nFLUSH PRIVILEGES;\n");
    text.push_str(&format!("CREATE USER '{ADMINISTRATOR}'@'%' IDENTIFIED BY '{password}';\n"));
    text.push_str(&format!("GRANT ALL PRIVILEGES ON *.* TO '{ADMINISTRATOR}'@'%' WITH GRANT OPTION;\n"));
    Ok(text)
}

fn find_script(names: [&'static str; 2]) -> Result<PathBuf, LocalStackError> {
    let mut places = names.iter().flat_map(|name| SCRIPTS.iter().map(move |dir| Path::new(dir).join(name)));
    let [what, _] = names;
    let missing = LocalStackError::MariaDbNotFound { what, looked_in: SCRIPTS.join(", ") };
    places.find(|path| path.is_file()).ok_or(missing)
}

/// By their newer and their older names.
const SYSTEM_TABLES: [[&str; 2]; 3] = [
    ["mariadb_system_tables.sql", "mysql_system_tables.sql"],
    ["mariadb_performance_tables.sql", "mysql_performance_tables.sql"],
    ["mariadb_system_tables_data.sql", "mysql_system_tables_data.sql"],
];
const SCRIPTS: [&str; 2] = ["/usr/share/mysql", "/usr/share/mariadb"];
pub(super) const ADMINISTRATOR: &str = "administrator";
const BOOTSTRAP_LIMIT: Duration = Duration::from_secs(180);

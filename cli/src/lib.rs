//! The `keywright` command: `keywright dev` runs the whole platform on one machine, the other commands work with it.
//!
//! It links every service as a library; what runs is what runs in production, each service on a port of its own.

mod agent;
mod api_client;
mod apply;
mod commands;
mod console;
mod encryption;
mod error;
mod params;
mod stack;
mod xml;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{
    admin, agent as agent_command, apply as apply_command, audit, decrypt, dev, encrypt, env, exec,
    params as params_command, secrets,
};
use crate::console::Console;

#[derive(Parser)]
#[command(
    name = "keywright",
    version,
    about = "A self-hosted security platform that speaks the AWS wire",
    long_about = LONG_ABOUT,
    after_help = AFTER_HELP,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
struct Keywright {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Dev(dev::Dev),
    Env(env::Env),
    Admin(admin::Admin),
    Apply(apply_command::Apply),
    Agent(agent_command::Agent),
    Audit(audit::Audit),
    Params(params_command::Params),
    Secrets(secrets::Secrets),
    Exec(exec::Exec),
    Encrypt(Box<encrypt::Encrypt>),
    Decrypt(Box<decrypt::Decrypt>),
}

/// Runs the command that the process's arguments name.
#[must_use]
pub fn run() -> ExitCode {
    let console = Console;
    let done = match Keywright::parse().command {
        Command::Dev(dev) => dev.run(&console),
        Command::Env(env) => env.run(&console),
        Command::Admin(admin) => admin.run(&console),
        Command::Apply(apply) => apply.run(&console),
        Command::Agent(agent) => agent.run(&console),
        Command::Audit(audit) => audit.run(&console),
        Command::Params(params) => params.run(&console),
        Command::Secrets(secrets) => secrets.run(&console),
        Command::Exec(exec) => exec.run(&console),
        Command::Encrypt(encrypt) => encrypt.run(),
        Command::Decrypt(decrypt) => decrypt.run(),
    };
    done.unwrap_or_else(|error| {
        console.failed(&error);
        ExitCode::FAILURE
    })
}

const LONG_ABOUT: &str = "\
A self-hosted security platform that speaks the AWS wire: KMS, IAM and STS, SSM Parameter Store, Secrets Manager and a \
CloudTrail-style audit log. Point any AWS SDK or the AWS CLI at its endpoint.";

const AFTER_HELP: &str = "\
Examples:
  keywright dev                               run everything here, on http://127.0.0.1:4566
  source .keywright/credentials.env           in another shell: where it is, and its access key
  aws kms create-key --description app
  eval \"$(keywright env)\"                     the same exports, from anywhere in a script
  keywright exec --path /prod/app -- ./app    start a program with parameters as its environment";

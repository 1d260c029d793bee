//! `keywright encrypt`.

use std::num::NonZeroU32;
use std::process::ExitCode;

use clap::Args;
use keywright_encryption_sdk::AlgorithmSuite;

use super::encryption::{Common, Wishes};
use crate::encryption::{ContextWords, Direction, Manner, parse_suite};
use crate::error::CliError;

/// Encrypt files where they are, in the format of the AWS Encryption SDK
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Encrypt {
    #[command(flatten)]
    common: Common,
    /// Pairs that are bound to the message, and are to be read in it and in KMS's audit records: no secrets
    #[arg(short = 'c', long, num_args = 1.., value_name = "KEY=VALUE")]
    encryption_context: Vec<String>,
    /// Keys of the context whose pairs are bound to the message and not written into it: who decrypts must know them
    #[arg(long, num_args = 1.., value_name = "KEY")]
    required_encryption_context_keys: Vec<String>,
    /// The algorithm suite, by its name or number; else the commitment policy's
    #[arg(long, value_parser = parse_suite, value_name = "NAME")]
    algorithm: Option<AlgorithmSuite>,
    /// The length of frames, in bytes
    #[arg(long, default_value = "4096", value_name = "BYTES")]
    frame_length: NonZeroU32,
}

impl Encrypt {
    pub(crate) fn run(self) -> Result<ExitCode, CliError> {
        let context = ContextWords::pairs(&self.encryption_context)?;
        let manner = Manner {
            context: context.pairs,
            suite: self.algorithm,
            frame_length: self.frame_length,
            ..self.common.manner(Direction::Encrypt)
        };
        self.common.run(Wishes {
            manner,
            demanded_keys: Vec::new(),
            required_keys: self.required_encryption_context_keys,
            max_frame_length: None,
            suffix: ".encrypted",
        })
    }
}

const AFTER_HELP: &str = "\
Wrapping keys:
  key=KEY [region=REGION]               a key of KMS by its ARN, alias or id; more of them for more wrapping keys
  provider=raw-aes namespace=TEXT name=TEXT key=FILE
                                        an AES key, as hexadecimal digits in a file
  provider=raw-rsa namespace=TEXT name=TEXT key=FILE [padding=oaep-sha256]
                                        a public key of RSA, as PEM in a file
  The first key makes data keys; each of them can decrypt.

Environment:
  AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
                  as the AWS CLI has them, for keys of KMS; for a stack of keywright dev: eval \"$(keywright env)\"

Exit codes:
  0 if all is done, 1 if nothing was written, 2 for wrong arguments, 3 if some files were written and some were not

Examples:
  keywright encrypt -i report.pdf -o report.pdf.encrypted -w key=alias/app -c purpose=report
  keywright encrypt -i photos -o encrypted -r -w key=alias/app --caching capacity=10 max_age=60
  tar c . | keywright encrypt -i - -o - -w key=alias/app | ssh host 'cat >backup'";

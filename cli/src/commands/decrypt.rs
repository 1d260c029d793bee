//! `keywright decrypt`.

use std::process::ExitCode;

use clap::Args;

use super::encryption::{Common, Wishes};
use crate::encryption::{ContextWords, Direction, Manner};
use crate::error::CliError;

/// Decrypt files in the format of the AWS Encryption SDK
///
/// A file of plaintext appears once all of it is verified, or not at all, and is for its owner alone.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Decrypt {
    #[command(flatten)]
    common: Common,
    /// Pairs that the message must be bound to, or keys of such
    #[arg(short = 'c', long, num_args = 1.., value_name = "KEY[=VALUE]")]
    encryption_context: Vec<String>,
    /// Keys whose pairs must be known here: each is also given by --encryption-context
    #[arg(long, num_args = 1.., value_name = "KEY")]
    required_encryption_context_keys: Vec<String>,
    /// The longest frame that is taken, in bytes; content without frames is one
    #[arg(long, value_name = "BYTES")]
    max_length: Option<u64>,
    /// Refuse signed messages, so that all that a stream gives out is final
    #[arg(long)]
    decrypt_unsigned: bool,
}

impl Decrypt {
    pub(crate) fn run(self) -> Result<ExitCode, CliError> {
        let context = ContextWords::pairs_and_keys(&self.encryption_context)?;
        let manner = Manner {
            context: context.pairs,
            unsigned_only: self.decrypt_unsigned,
            ..self.common.manner(Direction::Decrypt)
        };
        self.common.run(Wishes {
            manner,
            demanded_keys: context.keys,
            required_keys: self.required_encryption_context_keys,
            max_frame_length: self.max_length,
            suffix: ".decrypted",
        })
    }
}

const AFTER_HELP: &str = "\
Wrapping keys:
  key=ARN [region=REGION]               a key of KMS; of a multi-Region key also what it wrapped in other Regions
  discovery=true [discovery-account=ID discovery-partition=aws] [region=REGION]
                                        whichever key of KMS the message names, if it is of one of these accounts
  provider=raw-aes namespace=TEXT name=TEXT key=FILE
                                        an AES key, as hexadecimal digits in a file
  provider=raw-rsa namespace=TEXT name=TEXT key=FILE [padding=oaep-sha256]
                                        a private key of RSA, as PEM in a file

Standard output gets what is verified as it comes. The signature of a signed message is verified at its end: unless
--buffer is given, take back what came when the command fails.

Environment:
  AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
                  as the AWS CLI has them, for keys of KMS; for a stack of keywright dev: eval \"$(keywright env)\"

Exit codes:
  0 if all is done, 1 if nothing was written, 2 for wrong arguments, 3 if some files were written and some were not

Examples:
  keywright decrypt -i report.pdf.encrypted -o report.pdf -w key=arn:aws:kms:... -c purpose=report
  keywright decrypt -i encrypted -o photos -r -w discovery=true discovery-account=000000000000 discovery-partition=aws
  ssh host 'cat backup' | keywright decrypt -i - -o - -w discovery=true | tar x";

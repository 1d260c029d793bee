//! What `keywright encrypt` and `keywright decrypt` have in common.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use keywright_aws_api::Region;
use keywright_encryption_sdk::CommitmentPolicy;
use keywright_service::process::forbid_core_dumps;

use crate::api_client::{ApiClient, Credentials};
use crate::commands::stop_signals::StopSignals;
use crate::encryption::{
    Asked, Caching, ClientWishes, Direction, Drafts, EncryptionError, Ending, Files, KmsAccess, Manner,
    Metadata, Overwrite, Talk, Work, WrappingKeys, client, keep_apart,
};
use crate::error::CliError;

/// Where KMS is, and who calls it. Without keys of KMS nothing of it is needed.
#[derive(Args)]
struct Target {
    /// The front's URL, or that of KMS
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    endpoint_url: Option<String>,
    /// The Region of keys that say none
    #[arg(long, env = "AWS_REGION", value_name = "REGION")]
    region: Option<Region>,
    /// The access key
    #[arg(long, env = "AWS_ACCESS_KEY_ID", value_name = "ID")]
    access_key_id: Option<String>,
}

#[derive(Args)]
pub(super) struct Common {
    #[command(flatten)]
    target: Target,
    /// Files, directories or patterns; - is standard input
    #[arg(short, long, required = true, num_args = 1.., value_name = "INPUT")]
    input: Vec<String>,
    /// The file or the directory to write; - is standard output
    #[arg(short, long, value_name = "OUTPUT")]
    output: PathBuf,
    #[command(flatten)]
    wrapping_keys: WrappingKeysWords,
    /// Where a line of JSON for each message is added; - is standard output
    #[arg(long, value_name = "FILE")]
    metadata_output: Option<PathBuf>,
    /// Write the metadata in place of what its file has
    #[arg(long, requires = "metadata_output")]
    overwrite_metadata: bool,
    /// Write no metadata, which is the default
    #[arg(short = 'S', long, conflicts_with = "metadata_output")]
    suppress_metadata: bool,
    /// Whether messages must be committed to their data keys
    #[arg(long, value_enum, default_value_t = Policy::RequireEncryptRequireDecrypt, value_name = "POLICY")]
    commitment_policy: Policy,
    /// Use data keys again, within bounds: capacity=N max_age=SECONDS [max_messages_encrypted=N] [max_bytes_encrypted=N]
    #[arg(long, num_args = 1.., value_name = "KEY=VALUE")]
    caching: Vec<String>,
    /// The greatest number of encrypted data keys in a message
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    max_encrypted_data_keys: Option<u16>,
    /// The input is base64
    #[arg(long)]
    decode: bool,
    /// The output is to be base64
    #[arg(long)]
    encode: bool,
    /// Write nothing to standard output before all is there and, to decrypt, verified; takes as much memory
    #[arg(short, long)]
    buffer: bool,
    /// Go through directories
    #[arg(short, long, short_alias = 'R')]
    recursive: bool,
    /// What the names of files in an output directory end with; nothing if no value is given
    #[arg(long, num_args = 0..=1, default_missing_value = "", value_name = "SUFFIX")]
    suffix: Option<OsString>,
    /// Ask before a file is overwritten
    #[arg(long, conflicts_with = "no_overwrite")]
    interactive: bool,
    /// Leave files that are there already alone
    #[arg(long)]
    no_overwrite: bool,
    /// Say neither warnings nor how far it is
    #[arg(short, long)]
    quiet: bool,
    /// Say what is done to each file
    #[arg(short, action = ArgAction::Count)]
    verbose: u8,
}

/// What the two commands say besides.
pub(super) struct Wishes {
    pub(super) manner: Manner,
    pub(super) demanded_keys: Vec<String>,
    pub(super) required_keys: Vec<String>,
    pub(super) max_frame_length: Option<u64>,
    /// Of names, if there is no `--suffix`.
    pub(super) suffix: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(clippy::enum_variant_names, reason = "AWS's names")]
enum Policy {
    RequireEncryptRequireDecrypt,
    RequireEncryptAllowDecrypt,
    ForbidEncryptAllowDecrypt,
}

impl Common {
    pub(super) fn manner(&self, direction: Direction) -> Manner {
        Manner {
            direction,
            unsigned_only: false,
            context: keywright_encryption_sdk::EncryptionContext::new(),
            suite: None,
            frame_length: keywright_encryption_sdk::DEFAULT_FRAME_LENGTH,
            promises_length: !self.caching.is_empty(),
            decode: self.decode,
            encode: self.encode,
            buffer: self.buffer,
        }
    }

    pub(super) fn run(self, wishes: Wishes) -> Result<ExitCode, CliError> {
        forbid_core_dumps();
        let direction = wishes.manner.direction;
        self.keep_metadata_apart()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(CliError::Runtime)?;
        let drafts = Arc::new(Drafts::default());
        let entered = runtime.enter();
        let mut signals = StopSignals::take()?;
        drop(entered);
        let unfinished = Arc::clone(&drafts);
        runtime.spawn(async move {
            signals.next().await;
            unfinished.discard();
            std::process::exit(STOPPED);
        });
        let words = &self.wrapping_keys.0;
        let keys = words.iter().map(|words| WrappingKeys::read(words, direction));
        let caching = (!self.caching.is_empty()).then(|| Caching::read(&self.caching)).transpose()?;
        let access = KmsAccess { client: &|| self.target.api_client(), runtime: runtime.handle().clone() };
        let client = client(
            ClientWishes {
                direction,
                wrapping_keys: keys.collect::<Result<_, _>>()?,
                caching,
                commitment_policy: self.commitment_policy.into(),
                max_encrypted_data_keys: self.max_encrypted_data_keys,
                max_frame_length: wishes.max_frame_length,
                demanded_keys: wishes.demanded_keys,
                required_keys: wishes.required_keys,
            },
            &access,
        )?;
        let metadata = match &self.metadata_output {
            Some(path) => Metadata::into(path, self.overwrite_metadata)?,
            None => Metadata::suppressed(),
        };
        let reads_standard_input = self.input == ["-"];
        let overwrite = match (self.no_overwrite, self.interactive) {
            (true, _) => Overwrite::Never,
            (false, false) => Overwrite::Always,
            (false, true) if reads_standard_input => Overwrite::Ask(Asked::Terminal.into()),
            (false, true) => Overwrite::Ask(Asked::StandardInput.into()),
        };
        let talk = Talk::new(self.quiet, self.verbose > 0);
        let files = Files {
            inputs: self.input,
            output: self.output,
            recursive: self.recursive,
            suffix: self.suffix.unwrap_or_else(|| wishes.suffix.into()),
        };
        let work = Work::new(client, wishes.manner, metadata, overwrite, drafts, talk);
        Ok(match work.run(&files)? {
            Ending::Complete => ExitCode::SUCCESS,
            Ending::Failed => ExitCode::FAILURE,
            Ending::Partial => ExitCode::from(INCOMPLETE),
        })
    }

    fn keep_metadata_apart(&self) -> Result<(), EncryptionError> {
        let Some(metadata) = &self.metadata_output else { return Ok(()) };
        let is_stream = |path: &Path| path.as_os_str() == "-";
        if is_stream(metadata) && is_stream(&self.output) {
            let reason = "standard output is for the data already";
            return Err(EncryptionError::Argument { switch: "--metadata-output", reason: reason.to_owned() });
        }
        let inputs = self.input.iter().map(PathBuf::from).chain([self.output.clone()]);
        keep_apart(metadata, &inputs.filter(|path| !is_stream(path)).collect::<Vec<_>>())
    }
}

impl Target {
    fn api_client(&self) -> Result<(ApiClient, Region), EncryptionError> {
        let missing = |missing| EncryptionError::NoKms { missing };
        let endpoint = self.endpoint_url.as_deref().ok_or(missing("AWS_ENDPOINT_URL"))?;
        let region = self.region.clone().ok_or(missing("AWS_REGION"))?;
        let access_key_id = self.access_key_id.clone().ok_or(missing("AWS_ACCESS_KEY_ID"))?;
        let credentials = Credentials::of(access_key_id).ok_or(missing("AWS_SECRET_ACCESS_KEY"))?;
        Ok((ApiClient::new(endpoint, region.clone(), credentials)?, region))
    }
}

impl From<Policy> for CommitmentPolicy {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::RequireEncryptRequireDecrypt => Self::RequireEncryptRequireDecrypt,
            Policy::RequireEncryptAllowDecrypt => Self::RequireEncryptAllowDecrypt,
            Policy::ForbidEncryptAllowDecrypt => Self::ForbidEncryptAllowDecrypt,
        }
    }
}

/// The words of each `--wrapping-keys`.
struct WrappingKeysWords(Vec<Vec<String>>);

impl FromArgMatches for WrappingKeysWords {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let all = matches.get_occurrences::<String>(WRAPPING_KEYS).into_iter().flatten();
        Ok(Self(all.map(|words| words.cloned().collect()).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for WrappingKeysWords {
    fn augment_args(command: Command) -> Command {
        command.arg(
            clap::Arg::new(WRAPPING_KEYS)
                .short('w')
                .long(WRAPPING_KEYS)
                .required(true)
                .num_args(1..)
                .action(ArgAction::Append)
                .value_name("KEY=VALUE")
                .help("The keys that wrap data keys, once for each provider: key=..., and what is below"),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

const WRAPPING_KEYS: &str = "wrapping-keys";
/// Some files were written, and some were not.
const INCOMPLETE: u8 = 3;
/// As shells say of an interrupted program.
const STOPPED: i32 = 130;

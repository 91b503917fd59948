//! The arguments of every command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Product traceability: identifiers, events, hashes
#[derive(Debug, Parser)]
#[command(name = "suyuan", version, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
    /// Language of messages: en or zh [default: from LC_ALL, LC_MESSAGES or LANG]
    #[arg(long, global = true, value_enum, hide_possible_values = true)]
    pub lang: Option<LanguageName>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Identifiers: GS1 keys, EPC URNs, Digital Links, codes of registries
    #[command(subcommand, arg_required_else_help = true)]
    Id(IdCommand),
    /// EPCIS documents: check, hash, convert
    #[command(subcommand, arg_required_else_help = true)]
    Epcis(EpcisCommand),
    /// Print every message code with its texts, as Markdown
    Codes(CodesArguments),
}

/// Commands on identifiers.
#[derive(Debug, Subcommand)]
pub enum IdCommand {
    /// Say what identifiers are, and their other forms; exit code 1 if one is none
    Parse(ParseArguments),
}

/// Commands on EPCIS documents.
#[derive(Debug, Subcommand)]
pub enum EpcisCommand {
    /// Check documents; exit code 1 if one is invalid
    Validate(ValidateArguments),
    /// Print the event hash ID of every event, one a line, in document order
    Hash(HashArguments),
    /// Write a document in the other syntax, losing nothing
    Convert(ConvertArguments),
}

/// `suyuan id parse`
#[derive(Debug, Args)]
pub struct ParseArguments {
    /// Identifiers; quote those with brackets, for example '(01)09521001001014'
    #[arg(required = true, value_name = "TEXT")]
    pub texts: Vec<String>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan epcis validate`
#[derive(Debug, Args)]
pub struct ValidateArguments {
    /// Files, folders (searched for .json, .jsonld, .ndjson, .xml), or - for standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan epcis hash`
#[derive(Debug, Args)]
pub struct HashArguments {
    /// Files, folders (searched for .json, .jsonld, .ndjson, .xml), or - for standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// State of the algorithm: cbv2.0-2025, cbv2.0-2026 or cbv2.1-2026
    #[arg(long, value_enum, default_value = "cbv2.0-2025", hide_possible_values = true)]
    pub profile: ProfileName,
    /// Print the string that is hashed on a line before each hash
    #[arg(long)]
    pub prehash: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan epcis convert`
#[derive(Debug, Args)]
pub struct ConvertArguments {
    /// A file, or - for standard input
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// Syntax to write: json or xml
    #[arg(long, value_enum, hide_possible_values = true)]
    pub to: SyntaxName,
    /// Write identifiers as GS1 Digital Links (dl) or EPC URNs (urn) [default: as they are]
    #[arg(long, value_enum, hide_possible_values = true)]
    pub epc: Option<EpcForm>,
    /// File to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Say in JSON what was done; needs --output
    #[arg(long, requires = "output")]
    pub json: bool,
}

/// `suyuan codes`
#[derive(Debug, Args)]
pub struct CodesArguments {
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LanguageName {
    /// English
    En,
    /// Chinese
    Zh,
}

/// A profile of the event hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProfileName {
    /// The reference of October 2025
    #[value(name = "cbv2.0-2025")]
    Cbv20Of2025,
    /// The reference of 2026 for CBV 2.0
    #[value(name = "cbv2.0-2026")]
    Cbv20Of2026,
    /// The reference of 2026 for CBV 2.1
    #[value(name = "cbv2.1-2026")]
    Cbv21Of2026,
}

/// A syntax of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SyntaxName {
    /// JSON-LD
    Json,
    /// XML 2.0
    Xml,
}

/// A form of identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EpcForm {
    /// GS1 Digital Link
    Dl,
    /// EPC URN
    Urn,
}

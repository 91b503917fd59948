//! The arguments of every command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::alarms::AlarmsArguments;
use super::backup::{AcceptLossArguments, BackupArguments, RestoreArguments};
use super::contract::ContractArguments;
use super::credit::CreditArguments;
use super::draw::DrawArguments;
use super::import::ImportArguments;
use super::measures::{MeasuresArguments, PenaltiesArguments};
use super::procedure::{ObjectionArguments, RepairArguments};
use super::series::SeriesArguments;
use super::status::StatusArguments;
use super::supervision::{
    EquipmentArguments, ExceptionsArguments, ExcursionsArguments, RecallArguments, RecalledArguments,
};
use crate::epc_form::EpcForm;

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
    /// Show the ledger at work: capture the bundled scenarios, trace them, check every result
    Demo(DemoArguments),
    /// Record the events of EPCIS documents on a ledger; exit code 1 if one is refused
    Capture(CaptureArguments),
    /// Say where a thing came from, where it went, or what befell it; exit code 1 if nothing is recorded
    Trace(TraceArguments),
    /// Check the proof of a trace, or a checkpoint, without a ledger; exit code 1 if it does not hold
    Verify(VerifyArguments),
    /// Write the newest checkpoint: a header that is decided, and how the validators of the genesis lead to it
    Checkpoint(CheckpointArguments),
    /// Find events by an EPCIS query
    Query(QueryArguments),
    /// Write out what is recorded
    Export(ExportArguments),
    /// Recompute the ledger from its blocks; exit code 1 and the first differences if it is another
    Fsck(FsckArguments),
    /// List what a node noticed that its operator should know; exit code 1 if there is something
    Alarms(AlarmsArguments),
    /// Make a node's data directory, and run it
    #[command(subcommand, arg_required_else_help = true)]
    Node(NodeCommand),
    /// Make a key and its file
    Keygen(KeygenArguments),
    /// Make and check the file that a network begins with
    #[command(subcommand, arg_required_else_help = true)]
    Genesis(GenesisCommand),
    /// Organisations: register, admit and revoke keys, bind prefixes, delegate
    #[command(subcommand, arg_required_else_help = true)]
    Org(OrgCommand),
    /// Governance: validators, parameters, rules, removal of organisations, proposals and approvals
    #[command(subcommand, arg_required_else_help = true)]
    Governance(GovernanceCommand),
    /// Credit of a firm: its grade, what it is made of; exit code 1 if nothing is recorded
    Credit(CreditArguments),
    /// Inspections by lot: commit to a list of firms, see who is drawn
    InspectDraw(DrawArguments),
    /// Take in an authority's records of credit by the table; exit code 1 if a row is refused
    Import(ImportArguments),
    /// Special equipment: when it has to be inspected next; exit code 1 if that is overdue
    Equipment(EquipmentArguments),
    /// Recalls of a firm: who acknowledged, what was recovered; exit code 1 if there is none
    Recall(RecallArguments),
    /// Recalls that reach a thing, whoever recalls; exit code 1 if it is not to be sold, dispensed or shipped on
    Recalled(RecalledArguments),
    /// Measures: which are in use, and which authorities might take, by their catalogues
    Measures(MeasuresArguments),
    /// Penalties of the last months: who has several in publication; exit code 1 if somebody has
    Penalties(PenaltiesArguments),
    /// Objections: object to a record, go on with an objection, see what is due
    Objection(ObjectionArguments),
    /// Repairs: apply, go on with an application, see what is due
    Repair(RepairArguments),
    /// Excursions of temperature of a thing, what was decided, whether it can be used; exit code 1 if it can't
    Excursions(ExcursionsArguments),
    /// What is wrong with the use of a code: twice, after its end, elsewhere; exit code 1 if anything is
    Exceptions(ExceptionsArguments),
    /// Readings of a logger: their root for a record, some to be shown, whether they are what was recorded
    Series(SeriesArguments),
    /// Contracts: what is owed, how it stands, what became of it
    Contract(ContractArguments),
    /// Print every message code with its texts, as Markdown
    Codes(CodesArguments),
}

/// Where the ledger is.
#[derive(Clone, Debug, Args)]
pub struct PlaceArguments {
    /// Data directory [default: SUYUAN_DIR, else ~/.local/share/suyuan]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Address of a node [default: SUYUAN_URL]
    #[arg(long, value_name = "URL", conflicts_with = "dir")]
    pub url: Option<String>,
    /// Token of an account of that node [default: SUYUAN_TOKEN]
    #[arg(long, value_name = "TOKEN", conflicts_with = "dir")]
    pub token: Option<String>,
}

/// How key files are opened.
#[derive(Clone, Debug, Args)]
pub struct UnlockArguments {
    /// File whose first line is the passphrase [default: SUYUAN_PASSPHRASE, else ask]
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Use or make key files without a passphrase: for demonstrations
    #[arg(long)]
    pub insecure: bool,
}

/// `suyuan demo`
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Port of the first node, if it is free
    #[arg(long, default_value_t = 8480)]
    pub port: u16,
    /// End when all is shown, with exit code 0 only if every check holds
    #[arg(long)]
    pub once: bool,
    /// Leave the network running when all is shown, until Enter; as on a terminal without --once
    #[arg(long, conflicts_with = "once")]
    pub keep: bool,
}

/// `suyuan capture`
#[derive(Debug, Args)]
pub struct CaptureArguments {
    /// Files, folders (searched for .json, .jsonld, .ndjson, .xml), or - for standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Key file to sign with [default: the data directory's device key]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Organisation of a directory that is made now, by its URI
    #[arg(long, value_name = "URI")]
    pub organisation: Option<String>,
    /// Record nothing if anything in the documents is wrong
    #[arg(long)]
    pub rollback: bool,
    /// Record sales, dispensing and shipments of what is under recall too: they happened
    #[arg(long)]
    pub recalled_anyway: bool,
    /// Events in a submission
    #[arg(long, value_name = "COUNT", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub group: u32,
    /// How the key file is opened
    #[command(flatten)]
    pub unlock: UnlockArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan trace`
#[derive(Debug, Args)]
pub struct TraceArguments {
    /// EPC URN, Digital Link, element string such as '(01)09521001001014(10)L1', drug trace code, device code
    #[arg(value_name = "SUBJECT")]
    pub subject: String,
    /// What it was made of [default]
    #[arg(long, group = "direction")]
    pub back: bool,
    /// What became of it
    #[arg(long, group = "direction")]
    pub forward: bool,
    /// What befell it, also inside other things
    #[arg(long, group = "direction")]
    pub history: bool,
    /// Links to follow at most [default: all]
    #[arg(long, value_name = "COUNT")]
    pub depth: Option<u32>,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// File for the proof that nothing is missing
    #[arg(long, value_name = "FILE")]
    pub proof: Option<PathBuf>,
    /// File for the trace as a graph of Graphviz
    #[arg(long, value_name = "FILE")]
    pub dot: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan verify`
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// Proof, checkpoint or evidence, as suyuan trace --proof, suyuan checkpoint or suyuan alarms --evidence writes it
    #[arg(value_name = "PROOF")]
    pub proof_file: PathBuf,
    /// Genesis, trust or checkpoint to believe [default: the genesis of the data directory]
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// Refuse if what is believed is older than so many days
    #[arg(long, value_name = "DAYS")]
    pub trust_days: Option<u32>,
    /// File for the checkpoint, once it holds: to be believed from then on
    #[arg(long, value_name = "FILE")]
    pub pin: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan checkpoint`
#[derive(Debug, Args)]
pub struct CheckpointArguments {
    /// File to write; one that is there is replaced
    #[arg(value_name = "FILE")]
    pub checkpoint: PathBuf,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
}

/// `suyuan query`
#[derive(Debug, Args)]
pub struct QueryArguments {
    /// Conditions such as EQ_bizStep=shipping or MATCH_anyEPC=urn:epc:id:sscc:9521001.0000000001
    #[arg(required = true, value_name = "NAME=VALUE")]
    pub conditions: Vec<String>,
    /// Data directory [default: SUYUAN_DIR, else ~/.local/share/suyuan]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Write one event a line, not an EPCIS query document
    #[arg(long)]
    pub ndjson: bool,
    /// Answer in JSON, as always
    #[arg(long)]
    pub json: bool,
}

/// `suyuan export`
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Data directory [default: SUYUAN_DIR, else ~/.local/share/suyuan]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Format to write: ndjson
    #[arg(long, value_enum, default_value = "ndjson", hide_possible_values = true)]
    pub format: ExportFormat,
}

/// `suyuan fsck`
#[derive(Debug, Args)]
pub struct FsckArguments {
    /// Data directory [default: SUYUAN_DIR, else ~/.local/share/suyuan]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One event a line.
    Ndjson,
}

/// Commands on nodes.
#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// Make a data directory: keys, configuration, genesis, empty ledger
    Init(InitArguments),
    /// Run a node until it is told to stop
    Run(RunArguments),
    /// Say how it goes with a node that runs, its validators and peers
    Status(StatusArguments),
    /// Copy a data directory, also while its node runs
    Backup(BackupArguments),
    /// Lay a backup down as a data directory, and check it; exit code 1 if it is wrong or not the newest
    Restore(RestoreArguments),
    /// Give up what a data directory has lost or what came after its backup, so that it can be written to
    AcceptLoss(AcceptLossArguments),
    /// Who may ask a node: accounts with tokens, kept off the ledger
    #[command(subcommand, arg_required_else_help = true)]
    Account(AccountCommand),
}

/// Commands on a node's accounts. A node that runs heeds them within a second.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account, and print its token: it is kept nowhere else
    Add(AccountAddArguments),
    /// List the accounts
    List(AccountListArguments),
    /// Revoke an account: its token is good for nothing any more
    Revoke(AccountRevokeArguments),
}

/// `suyuan node account add`
#[derive(Debug, Args)]
pub struct AccountAddArguments {
    /// The account's name, which the node's log of writes will carry
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What it may do: reader, writer or admin
    #[arg(long, value_enum, hide_possible_values = true)]
    pub role: AccountRole,
    /// Data directory [default: SUYUAN_DIR, else ~/.local/share/suyuan]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan node account list`
#[derive(Debug, Args)]
pub struct AccountListArguments {
    /// Data directory [default: SUYUAN_DIR, else ~/.local/share/suyuan]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan node account revoke`
#[derive(Debug, Args)]
pub struct AccountRevokeArguments {
    /// The account's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Data directory [default: SUYUAN_DIR, else ~/.local/share/suyuan]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AccountRole {
    /// Read.
    Reader,
    /// Record in the node's name.
    Writer,
    /// Write, and what changes the node itself.
    Admin,
}

/// `suyuan node init`
#[derive(Debug, Args)]
pub struct InitArguments {
    /// Data directory [default: SUYUAN_DIR, else ~/.local/share/suyuan]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Genesis of the network [default: a chain of one organisation]
    #[arg(long, value_name = "FILE", requires = "validator", requires = "device")]
    pub genesis: Option<PathBuf>,
    /// Key file of the validator, to be copied
    #[arg(long, value_name = "FILE", requires = "genesis")]
    pub validator: Option<PathBuf>,
    /// Key file of the node's own device, to be copied
    #[arg(long, value_name = "FILE", requires = "genesis")]
    pub device: Option<PathBuf>,
    /// Organisation of a chain of one, by its URI
    #[arg(long, value_name = "URI", conflicts_with = "genesis")]
    pub organisation: Option<String>,
    /// How key files are opened
    #[command(flatten)]
    pub unlock: UnlockArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan node run`
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Data directory [default: SUYUAN_DIR, else ~/.local/share/suyuan]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Address to listen at [default: that of config.toml]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<std::net::SocketAddr>,
    /// Only watch: no vote, no captures; alarms are kept with their evidence
    #[arg(long)]
    pub audit: bool,
    /// How key files are opened
    #[command(flatten)]
    pub unlock: UnlockArguments,
}

/// `suyuan keygen`
#[derive(Debug, Args)]
pub struct KeygenArguments {
    /// File to write; it must not be there yet
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// Organisation whose key it is, by its URI
    #[arg(long, value_name = "URI")]
    pub organisation: String,
    /// What it is for: root, administrator, device or node
    #[arg(long, value_enum, default_value = "device", hide_possible_values = true)]
    pub role: RoleName,
    /// How the key file is protected
    #[command(flatten)]
    pub unlock: UnlockArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// Admits and revokes every key.
    Root,
    /// Admits devices, writes the organisation's records.
    Administrator,
    /// Signs events.
    Device,
    /// Connects a node to those of other members.
    Node,
}

/// Commands on genesis files.
#[derive(Debug, Subcommand)]
pub enum GenesisCommand {
    /// Make a genesis of organisations and their keys
    New(GenesisNewArguments),
    /// Check a genesis; exit code 1 if it is wrong
    Check(GenesisCheckArguments),
}

/// `suyuan genesis new`
#[derive(Debug, Args)]
pub struct GenesisNewArguments {
    /// How many authorities have to sign a record of governance; 0: an operator alone
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub threshold: u32,
    /// The network's name
    #[arg(long, value_name = "NAME")]
    pub network: String,
    /// A trial: its nodes may run by a clock that somebody sets (docs/operate/network.md), so its times prove nothing
    #[arg(long)]
    pub trial: bool,
    /// JSON list of organisations as docs/ORGANISATIONS.md has them
    #[arg(long, value_name = "FILE")]
    pub organisations: PathBuf,
    /// Key files, or their public parts (.pub), whose public keys are added to the organisations that they name
    #[arg(long = "key", value_name = "FILE")]
    pub keys: Vec<PathBuf>,
    /// Key file of a validator, or its public part; each has one vote
    #[arg(long = "validator", value_name = "FILE", required = true)]
    pub validators: Vec<PathBuf>,
    /// File to write; it must not be there yet
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan genesis check`
#[derive(Debug, Args)]
pub struct GenesisCheckArguments {
    /// The genesis
    #[arg(value_name = "FILE")]
    pub genesis_file: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Commands on organisations.
#[derive(Debug, Subcommand)]
pub enum OrgCommand {
    /// List organisations, keys and bindings
    List(OrgListArguments),
    /// Register the organisation of a JSON file (operator)
    Register(OrgRegisterArguments),
    /// Admit the public key of a key file
    Admit(OrgAdmitArguments),
    /// Retire a key: what it has signed is taken for some days more
    Retire(OrgKeyArguments),
    /// Revoke a key: nothing more that it has signed is taken
    Revoke(OrgKeyArguments),
    /// Bind a scope such as prefix:9521001 to its owner (operator)
    Bind(OrgBindArguments),
    /// Lend the organisation's standing for a scope to another until a time
    Delegate(OrgDelegateArguments),
}

/// How a record of an organisation is signed, and where it goes.
#[derive(Debug, Args)]
pub struct SignArguments {
    /// Key file to sign with: an administrator's [default: the data directory's]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// As a record of governance: an authority's or the operator's, for any organisation
    #[arg(long)]
    pub governance: bool,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// How the key file is opened
    #[command(flatten)]
    pub unlock: UnlockArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan org list`
#[derive(Debug, Args)]
pub struct OrgListArguments {
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan org register`
#[derive(Debug, Args)]
pub struct OrgRegisterArguments {
    /// JSON object of the organisation as docs/ORGANISATIONS.md has it
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Key files whose public keys are its first
    #[arg(long = "with-key", value_name = "FILE")]
    pub with_keys: Vec<PathBuf>,
    /// How it is signed
    #[command(flatten)]
    pub sign: SignArguments,
}

/// `suyuan org admit`
#[derive(Debug, Args)]
pub struct OrgAdmitArguments {
    /// Key file whose public key is admitted
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How it is signed
    #[command(flatten)]
    pub sign: SignArguments,
}

/// `suyuan org retire`, `suyuan org revoke`
#[derive(Debug, Args)]
pub struct OrgKeyArguments {
    /// The key's id: 64 digits of hex
    #[arg(value_name = "KEY")]
    pub id: String,
    /// How it is signed
    #[command(flatten)]
    pub sign: SignArguments,
}

/// `suyuan org bind`
#[derive(Debug, Args)]
pub struct OrgBindArguments {
    /// prefix:…, gtin:…, gln:…, drugCode:…, deviceMaker:… or uri:…
    #[arg(value_name = "SCOPE")]
    pub scope: String,
    /// Organisation, by its URI
    #[arg(value_name = "URI")]
    pub owner: String,
    /// Let only the owner and its delegates commission under it
    #[arg(long)]
    pub strict: bool,
    /// How it is signed
    #[command(flatten)]
    pub sign: SignArguments,
}

/// `suyuan org delegate`
#[derive(Debug, Args)]
pub struct OrgDelegateArguments {
    /// prefix:…, gtin:…, gln:…, drugCode:…, deviceMaker:… or uri:…
    #[arg(value_name = "SCOPE")]
    pub scope: String,
    /// Organisation, by its URI
    #[arg(value_name = "URI")]
    pub owner: String,
    /// Until when, as 2027-01-01T00:00:00+08:00
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// How it is signed
    #[command(flatten)]
    pub sign: SignArguments,
}

/// Commands on the network's government.
#[derive(Debug, Subcommand)]
pub enum GovernanceCommand {
    /// Show who decides and under which rules, and what is proposed
    Show(OrgListArguments),
    /// Approve a proposal; it takes effect once enough authorities have
    Approve(GovernanceApproveArguments),
    /// Add a validator, give it another voting power, or remove it with power 0
    Validator(GovernanceValidatorArguments),
    /// Remove an organisation: its keys are worth nothing from then on
    Remove(GovernanceRemoveArguments),
    /// Set the limits of the chain
    Parameters(GovernanceParametersArguments),
    /// Set how many authorities have to sign; 0: an operator alone
    Threshold(GovernanceThresholdArguments),
    /// Schedule the rules under which blocks are applied, at least 1,000 blocks ahead
    Rules(GovernanceRulesArguments),
    /// Put a table in force that credit is read with, from a later day on
    Table(GovernanceTableArguments),
}

/// `suyuan governance approve`
#[derive(Debug, Args)]
pub struct GovernanceApproveArguments {
    /// The proposal's id: 64 digits of hex
    #[arg(value_name = "PROPOSAL")]
    pub proposal: String,
    /// How it is signed
    #[command(flatten)]
    pub sign: SignArguments,
}

/// `suyuan governance validator`
#[derive(Debug, Args)]
pub struct GovernanceValidatorArguments {
    /// Public key of a node, as 64 digits of hex, or its key file
    #[arg(value_name = "NODE")]
    pub node: String,
    /// Its voting power
    #[arg(long, value_name = "POWER")]
    pub power: u32,
    /// How it is signed
    #[command(flatten)]
    pub sign: SignArguments,
}

/// `suyuan governance remove`
#[derive(Debug, Args)]
pub struct GovernanceRemoveArguments {
    /// Organisation, by its URI
    #[arg(value_name = "URI")]
    pub owner: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// How it is signed
    #[command(flatten)]
    pub sign: SignArguments,
}

/// `suyuan governance parameters`
#[derive(Debug, Args)]
pub struct GovernanceParametersArguments {
    /// JSON object of the parameters, as in a genesis
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How it is signed
    #[command(flatten)]
    pub sign: SignArguments,
}

/// `suyuan governance threshold`
#[derive(Debug, Args)]
pub struct GovernanceThresholdArguments {
    /// How many authorities
    #[arg(value_name = "COUNT")]
    pub authorities: u32,
    /// How it is signed
    #[command(flatten)]
    pub sign: SignArguments,
}

/// `suyuan governance rules`
#[derive(Debug, Args)]
pub struct GovernanceRulesArguments {
    /// Their number
    #[arg(value_name = "RULES")]
    pub rules: u16,
    /// From which height on
    #[arg(long, value_name = "HEIGHT")]
    pub from_height: u64,
    /// How it is signed
    #[command(flatten)]
    pub sign: SignArguments,
}

/// `suyuan governance table`
#[derive(Debug, Args)]
pub struct GovernanceTableArguments {
    /// calendar, repair-policies, parameters, inspection-rates or equipment-intervals
    #[arg(value_name = "TABLE")]
    pub table: String,
    /// The table in JSON, as docs/CREDIT.md has it
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// From which day on it says something: a later one than that of the block
    #[arg(long, value_name = "DATE")]
    pub from: String,
    /// How it is signed
    #[command(flatten)]
    pub sign: SignArguments,
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

/// `suyuan credit record`, `suyuan contract record`
#[derive(Debug, Args)]
pub struct RecordArguments {
    /// JSON as the documentation has it (docs/CREDIT.md, docs/CONTRACT.md): one record, a list of them or one a line; or - for standard input
    #[arg(value_name = "FILE")]
    pub records_file: PathBuf,
    /// Who signs them, and where they go
    #[command(flatten)]
    pub signing: SigningArguments,
}

/// Who signs a record, and where it goes.
#[derive(Debug, Args)]
pub struct SigningArguments {
    /// Key file to sign with [default: the data directory's device key]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// How the key file is opened
    #[command(flatten)]
    pub unlock: UnlockArguments,
    /// Answer in JSON
    #[arg(long)]
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

//! Whom a verifier trusts: the validators of a chain, from its genesis or from a checkpoint that was pinned.
//!
//! From there each change of the validator set must be decided by more than two thirds of the set before it
//! (`proofs.md` §5, step 2).

use bincode::{Decode, Encode};

use super::refused::{Place, Refused, RefusedCode};
use super::wire::{Reader, WireError, Writer};
use crate::block::{
    Checkpoint, CommitCertificate, CommitSignature, HEADER_TYPE, HEADER_VERSION, Header, VALIDATORS_MAX, Validator,
    validators_hash,
};
use crate::codec;
use crate::hash::Hash;

/// The type byte of an exported checkpoint.
pub const CHECKPOINT_TYPE: u8 = 4;
/// The type byte of a trust file.
pub const TRUST_TYPE: u8 = 5;
/// The version of both formats.
pub const TRUST_VERSION: u8 = 1;
/// A checkpoint or trust file has at most so many bytes: full sets, their signatures, headers.
pub const TRUST_BYTES_MAX: usize = 16 << 20;
/// A proof shows at most so many changes of the validator set.
pub const SET_CHANGES_MAX: usize = 4_096;
/// Bytes of a header.
pub(super) const HEADER_BYTES: usize = 290;

/// Whom to trust: validators, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The chain's identity.
    pub chain: Hash,
    /// The height from which these validators are known to decide; 1 from genesis.
    pub height: u64,
    /// The id of the header at that height, if a checkpoint was pinned; zeros from genesis.
    pub id: Hash,
    /// The time of that header, or that from which the genesis counts: milliseconds since 1970.
    pub time: i64,
    /// The validators that decide that height.
    pub validators: Vec<Validator>,
}

#[derive(Encode, Decode)]
struct TrustFile {
    kind: u8,
    version: u8,
    chain: Hash,
    height: u64,
    id: Hash,
    time: i64,
    validators: Vec<Validator>,
}

#[derive(Encode, Decode)]
struct CheckpointFile {
    kind: u8,
    version: u8,
    set_changes: Vec<SetChange>,
    checkpoint: Checkpoint,
}

/// A checkpoint, and how trust leads there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedCheckpoint {
    /// Changes of the validator set before it, ascending.
    pub set_changes: Vec<SetChange>,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
}

/// A checkpoint's bytes, as they are exported and pinned.
pub fn checkpoint_bytes(exported: &ExportedCheckpoint) -> Vec<u8> {
    let ExportedCheckpoint { set_changes, checkpoint } = exported.clone();
    codec::encode(&CheckpointFile { kind: CHECKPOINT_TYPE, version: TRUST_VERSION, set_changes, checkpoint })
}

/// Reads an exported checkpoint. It is consistent in itself; whether its validators are to be trusted, only
/// [`Trust`] can say.
pub fn read_checkpoint(bytes: &[u8]) -> Result<ExportedCheckpoint, Refused> {
    let file: CheckpointFile = codec::decode(bytes, TRUST_BYTES_MAX).map_err(|_| RefusedCode::Form.whole())?;
    let is_known = file.kind == CHECKPOINT_TYPE && file.version == TRUST_VERSION;
    RefusedCode::Form.unless(is_known, Place::Proof)?;
    RefusedCode::Size.unless(file.set_changes.len() <= SET_CHANGES_MAX, Place::Proof)?;
    RefusedCode::Certificate.unless(file.checkpoint.is_decided(), Place::Proof)?;
    Ok(ExportedCheckpoint { set_changes: file.set_changes, checkpoint: file.checkpoint })
}

impl Trust {
    /// In the validators that a chain begins with.
    pub fn genesis(chain: Hash, start_time: i64, validators: Vec<Validator>) -> Trust {
        Trust { chain, height: 1, id: Hash::ZERO, time: start_time, validators }
    }

    /// In a checkpoint that its user has reason to trust. It MUST be decided by the validators it names.
    pub fn pinned(checkpoint: &Checkpoint) -> Result<Trust, Refused> {
        RefusedCode::Certificate.unless(checkpoint.is_decided(), Place::Proof)?;
        let header = &checkpoint.header;
        let (chain, height, id) = (header.chain, header.height, header.id());
        Ok(Trust { chain, height, id, time: header.time, validators: checkpoint.validators.clone() })
    }

    /// In a newer checkpoint, to which this trust leads: across every change of the validator set between them.
    pub fn follow(&self, exported: &ExportedCheckpoint) -> Result<Trust, Refused> {
        let ExportedCheckpoint { set_changes, checkpoint } = exported.clone();
        RefusedCode::Stale.unless(checkpoint.header.height >= self.height, Place::Proof)?;
        let Checkpoint { header, certificate, .. } = checkpoint;
        let decided = DecidedHeader { set_changes, header, certificate };
        decided.check_names(self)?;
        decided.check_signatures(self)?;
        Trust::pinned(&exported.checkpoint)
    }

    /// Whether it is not older than so long. A key that decided blocks long ago may have come into other hands since:
    /// whoever follows changes of the validator set from an old trust pins a newer checkpoint from time to time.
    pub fn check_age(&self, now: i64, period_ms: i64) -> Result<(), Refused> {
        RefusedCode::Expired.unless(now.saturating_sub(self.time) <= period_ms, Place::Proof)
    }

    /// The bytes of a trust file.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(&TrustFile {
            kind: TRUST_TYPE,
            version: TRUST_VERSION,
            chain: self.chain,
            height: self.height,
            id: self.id,
            time: self.time,
            validators: self.validators.clone(),
        })
    }

    /// Reads a trust file or an exported checkpoint.
    pub fn from_bytes(bytes: &[u8]) -> Result<Trust, Refused> {
        if bytes.first() == Some(&CHECKPOINT_TYPE) {
            return Trust::pinned(&read_checkpoint(bytes)?.checkpoint);
        }
        let file: TrustFile = codec::decode(bytes, TRUST_BYTES_MAX).map_err(|_| RefusedCode::Form.whole())?;
        let is_known = file.kind == TRUST_TYPE && file.version == TRUST_VERSION;
        RefusedCode::Form.unless(is_known && file.validators.len() <= VALIDATORS_MAX, Place::Proof)?;
        let TrustFile { chain, height, id, time, validators, .. } = file;
        Ok(Trust { chain, height, id, time, validators })
    }
}

/// A header that names another set for its child, with that set.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SetChange {
    /// The header.
    pub header: Header,
    /// Why it is decided.
    pub certificate: CommitCertificate,
    /// The set that decides its child.
    pub next: Vec<Validator>,
}

/// A header with what decides it, and how trust leads there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedHeader {
    /// Changes of the validator set since the trust, ascending.
    pub set_changes: Vec<SetChange>,
    /// The header: of height N + 1, if the state after block N is proved.
    pub header: Header,
    /// Why it is decided.
    pub certificate: CommitCertificate,
}

impl DecidedHeader {
    /// Writes it into a proof.
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.count(self.set_changes.len());
        for change in &self.set_changes {
            write_header(writer, &change.header, &change.certificate);
            writer.count(change.next.len());
            for validator in &change.next {
                writer.raw(&validator.key);
                writer.number(validator.power);
            }
        }
        write_header(writer, &self.header, &self.certificate);
    }

    /// Reads it from a proof.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<DecidedHeader, WireError> {
        let mut set_changes = Vec::new();
        for _ in 0..reader.count(SET_CHANGES_MAX, HEADER_BYTES)? {
            let (header, certificate) = read_header(reader)?;
            let mut next = Vec::new();
            for _ in 0..reader.count(VALIDATORS_MAX, 33)? {
                next.push(Validator { key: reader.array()?, power: reader.number()? });
            }
            set_changes.push(SetChange { header, certificate, next });
        }
        let (header, certificate) = read_header(reader)?;
        Ok(DecidedHeader { set_changes, header, certificate })
    }

    /// What can be checked of the header without a signature: that the trust leads to its validators.
    pub(super) fn check_names(&self, trust: &Trust) -> Result<(), Refused> {
        let header = &self.header;
        check_kind(header, trust.chain)?;
        let (mut set, mut height) = (trust.validators.as_slice(), trust.height);
        for change in self.changes_since(trust) {
            check_kind(&change.header, trust.chain)?;
            let is_next = change.header.height >= height
                && change.header.validators == validators_hash(set)
                && change.header.next_validators == validators_hash(&change.next)
                && change.header.next_validators != change.header.validators;
            RefusedCode::Validators.unless(is_next, Place::Proof)?;
            (set, height) = (&change.next, change.header.height.saturating_add(1));
        }
        // Without a change, an earlier header of the trusted validators is as good as a later one: its
        // answer says how far it reaches.
        let is_after = height == trust.height || header.height >= height;
        RefusedCode::Validators.unless(is_after && header.validators == validators_hash(set), Place::Proof)
    }

    /// The changes that the trust does not know of yet: what is shown of earlier ones is for those who trust less.
    fn changes_since(&self, trust: &Trust) -> impl Iterator<Item = &SetChange> {
        let height = trust.height;
        self.set_changes.iter().skip_while(move |change| change.header.height < height)
    }

    /// Checks all signatures. [`DecidedHeader::check_names`] MUST hold.
    pub(super) fn check_signatures(&self, trust: &Trust) -> Result<(), Refused> {
        let mut set = trust.validators.as_slice();
        for change in self.changes_since(trust) {
            check_decided(&change.header, &change.certificate, set, trust)?;
            set = &change.next;
        }
        check_decided(&self.header, &self.certificate, set, trust)
    }
}

fn check_kind(header: &Header, chain: Hash) -> Result<(), Refused> {
    RefusedCode::Chain.unless(header.chain == chain, Place::Proof)?;
    RefusedCode::Form.unless(header.kind == HEADER_TYPE && header.version == HEADER_VERSION, Place::Proof)
}

fn check_decided(
    header: &Header,
    certificate: &CommitCertificate,
    validators: &[Validator],
    trust: &Trust,
) -> Result<(), Refused> {
    let is_pinned = trust.id != Hash::ZERO && header.height == trust.height;
    let is_decided = certificate.decides(header, validators) && (!is_pinned || header.id() == trust.id);
    RefusedCode::Certificate.unless(is_decided, Place::Proof)
}

pub(super) fn write_plain_header(writer: &mut Writer, header: &Header) {
    writer.raw(&codec::encode(header));
}

pub(super) fn read_plain_header(reader: &mut Reader<'_>) -> Result<Header, WireError> {
    codec::decode_trusted(reader.raw(HEADER_BYTES)?).map_err(|_| WireError::Malformed)
}

fn write_header(writer: &mut Writer, header: &Header, certificate: &CommitCertificate) {
    write_plain_header(writer, header);
    writer.number(u64::from(certificate.round));
    writer.count(certificate.signatures.len());
    for signed in &certificate.signatures {
        writer.number(u64::from(signed.validator));
        writer.raw(&signed.signature);
    }
}

fn read_header(reader: &mut Reader<'_>) -> Result<(Header, CommitCertificate), WireError> {
    let header = read_plain_header(reader)?;
    let round = reader.number_u32()?;
    let mut signatures = Vec::new();
    for _ in 0..reader.count(VALIDATORS_MAX, 65)? {
        let validator = u16::try_from(reader.number()?).map_err(|_| WireError::Malformed)?;
        signatures.push(CommitSignature { validator, signature: reader.array()? });
    }
    Ok((header, CommitCertificate { round, signatures }))
}

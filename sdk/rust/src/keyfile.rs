//! Key files: a seed, encrypted under a passphrase, with what the key is for.
//!
//! JSON, as written by [`create`]. The key for XChaCha20-Poly1305 and a check are derived from the passphrase
//! by Argon2id with the parameters in the file; the readable part is authenticated with the seed. A checksum
//! tells a damaged file from a wrong passphrase; the check tells a wrong passphrase from a changed file.

use std::fmt;
use std::io;
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use suyuan_epcis::codes::ledger as codes;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::KeyRole;
use suyuan_ledger::submission::SUITE_ED25519;
use zeroize::Zeroizing;

use crate::durable;
use crate::signer::{MemorySigner, Signer};

/// The environment's variable that holds a passphrase.
pub const PASSPHRASE_VARIABLE: &str = "SUYUAN_PASSPHRASE";

/// Bytes of a key file, and of a file that holds a passphrase.
const FILE_BYTES_MAX: usize = 16 << 10;
const FORMAT: &str = "suyuan-key";
const VERSION: u32 = 1;

/// What a hostile file can make a reader spend: half a GiB, and four times the default's work.
const MEMORY_KIB_MAX: u32 = 512 << 10;
const PASSES_MAX: u32 = 16;
const LANES_MAX: u32 = 16;
const WORK_MAX: u64 = 4 * DEFAULT_COST.memory_kib as u64 * DEFAULT_COST.passes as u64;

/// How much work it is to try a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

/// RFC 9106 §4, the second recommended option, in one lane.
pub const DEFAULT_COST: Cost = Cost { memory_kib: 64 << 10, passes: 3 };

/// What a key file says without its passphrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInformation {
    /// The key's id.
    pub key_id: Hash,
    /// The public key.
    pub public: [u8; 32],
    /// The primary URI of the organisation whose it is.
    pub organisation: String,
    /// What it may sign.
    pub role: KeyRole,
    /// When it was made, as RFC 3339 has it.
    pub created: String,
    /// Whether the seed is encrypted.
    pub encrypted: bool,
}

/// How a seed is kept.
pub enum Protection<'a> {
    /// Encrypted under a passphrase.
    Passphrase(&'a Passphrase, Cost),
    /// Readable by whoever reads the file: for demonstrations.
    Insecure,
}

/// A passphrase, wiped when it is dropped.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// A passphrase as typed.
    pub fn new(text: String) -> Passphrase {
        Passphrase(Zeroizing::new(text))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Passphrase")
    }
}

/// Finds the passphrase: in a file if one is named, else in the environment, else by asking; `prompt` gives
/// none where nobody can be asked. The end of the file's line is no part of it.
pub fn find_passphrase(
    key_file: &Path,
    file: Option<&Path>,
    prompt: &mut dyn FnMut() -> Option<String>,
) -> Result<Passphrase, Reason> {
    if let Some(path) = file {
        let name = path.display().to_string();
        let bytes = durable::read(path, FILE_BYTES_MAX).map_err(|error| io_reason(&name, &error))?;
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map(Zeroizing::new);
        let text = text.ok_or_else(|| Reason::new(codes::KEY_UNREADABLE, &[&name, "not a line of text"]))?;
        return Ok(Passphrase::new(text.trim_end_matches(['\r', '\n']).to_owned()));
    }
    let found = std::env::var(PASSPHRASE_VARIABLE).ok().or_else(prompt);
    let missing = || Reason::new(codes::KEY_NO_PASSPHRASE, &[&key_file.display().to_string()]);
    found.filter(|text| !text.is_empty()).map(Passphrase::new).ok_or_else(missing)
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Envelope {
    format: String,
    version: u32,
    key_id: String,
    suite: u8,
    public_key: String,
    organisation: String,
    role: String,
    created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted: Option<Encrypted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    insecure_seed: Option<String>,
    /// Over all of the above.
    checksum: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Encrypted {
    derivation: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    check: String,
    cipher: String,
    nonce: String,
    /// The seed and its tag; empty while the rest is authenticated.
    ciphertext: String,
}

const DERIVATION: &str = "argon2id";
const CIPHER: &str = "xchacha20-poly1305";

impl Envelope {
    /// What is authenticated with the seed: everything but the seed and the checksum.
    fn associated(&self) -> Vec<u8> {
        let encrypted = self.encrypted.clone().map(|encrypted| Encrypted { ciphertext: String::new(), ..encrypted });
        Envelope { encrypted, insecure_seed: None, checksum: String::new(), ..self.clone() }.bytes()
    }

    fn expected_checksum(&self) -> String {
        let bytes = Envelope { checksum: String::new(), ..self.clone() }.bytes();
        hex(&blake3::derive_key("suyuan/1/key file checksum", &bytes)[..16])
    }

    fn bytes(&self) -> Vec<u8> {
        // Texts and numbers: writing them to memory does not fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Encrypted {
    /// The key of the cipher, and the check.
    fn derive(&self, passphrase: &Passphrase, name: &str) -> Result<Zeroizing<[u8; 48]>, Reason> {
        let refuse = |what: &str| Reason::new(codes::KEY_PARAMETERS, &[name, what]);
        let work = u64::from(self.memory_kib).saturating_mul(u64::from(self.passes));
        let within = self.memory_kib <= MEMORY_KIB_MAX && self.passes <= PASSES_MAX && self.lanes <= LANES_MAX;
        if !within || work > WORK_MAX {
            return Err(refuse(&format!("{} KiB, {} passes, {} lanes", self.memory_kib, self.passes, self.lanes)));
        }
        let salt: [u8; 16] = unhex(&self.salt).ok_or_else(|| refuse("salt"))?;
        let mut derived = Zeroizing::new([0u8; 48]);
        let parameters = Params::new(self.memory_kib, self.passes, self.lanes, Some(derived.len()))
            .map_err(|error| refuse(&error.to_string()))?;
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(passphrase.0.as_bytes(), &salt, derived.as_mut_slice())
            .map_err(|error| refuse(&error.to_string()))?;
        Ok(derived)
    }
}

/// Makes a key and writes its file, which must not be there yet; only its owner may read it.
pub fn create(
    path: &Path,
    organisation: &str,
    role: KeyRole,
    created: &str,
    protection: &Protection<'_>,
) -> Result<KeyInformation, Reason> {
    let mut seed = Zeroizing::new([0u8; 32]);
    random(seed.as_mut_slice())?;
    write(path, &seed, organisation, role, created, protection)
}

/// As [`create`], for a seed that is there already.
pub fn write(
    path: &Path,
    seed: &[u8; 32],
    organisation: &str,
    role: KeyRole,
    created: &str,
    protection: &Protection<'_>,
) -> Result<KeyInformation, Reason> {
    let name = path.display().to_string();
    let signer = MemorySigner::from_seed(seed);
    let mut envelope = Envelope {
        format: FORMAT.to_owned(),
        version: VERSION,
        key_id: signer.key_id().to_string(),
        suite: SUITE_ED25519,
        public_key: hex(&signer.public()),
        organisation: organisation.to_owned(),
        role: role.name().to_owned(),
        created: created.to_owned(),
        encrypted: None,
        insecure_seed: None,
        checksum: String::new(),
    };
    match protection {
        Protection::Insecure => envelope.insecure_seed = Some(hex(seed)),
        Protection::Passphrase(passphrase, cost) => encrypt(&mut envelope, seed, passphrase, *cost, &name)?,
    }
    envelope.checksum = envelope.expected_checksum();
    let mut text = Zeroizing::new(serde_json::to_vec_pretty(&envelope).unwrap_or_default());
    text.push(b'\n');
    durable::create(path, &text).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Reason::new(codes::KEY_EXISTS, &[&name]),
        _ => io_reason(&name, &error),
    })?;
    information(&envelope, &name)
}

fn encrypt(
    envelope: &mut Envelope,
    seed: &[u8; 32],
    passphrase: &Passphrase,
    cost: Cost,
    name: &str,
) -> Result<(), Reason> {
    let (mut salt, mut nonce) = ([0u8; 16], [0u8; 24]);
    random(&mut salt)?;
    random(&mut nonce)?;
    let mut encrypted = Encrypted {
        derivation: DERIVATION.to_owned(),
        memory_kib: cost.memory_kib,
        passes: cost.passes,
        lanes: 1,
        salt: hex(&salt),
        check: String::new(),
        cipher: CIPHER.to_owned(),
        nonce: hex(&nonce),
        ciphertext: String::new(),
    };
    let derived = encrypted.derive(passphrase, name)?;
    let (key, check) = derived.split_at(32);
    encrypted.check = hex(check);
    envelope.encrypted = Some(encrypted);
    let associated = envelope.associated();
    let sealed = cipher(key)
        .and_then(|cipher| cipher.encrypt(&XNonce::from(nonce), Payload { msg: seed, aad: &associated }).ok())
        .ok_or_else(|| Reason::new(codes::KEY_UNREADABLE, &[name, CIPHER]))?;
    if let Some(encrypted) = &mut envelope.encrypted {
        encrypted.ciphertext = hex(&sealed);
    }
    Ok(())
}

fn cipher(key: &[u8]) -> Option<XChaCha20Poly1305> {
    XChaCha20Poly1305::new_from_slice(key).ok()
}

/// A key file that has been read and not yet opened.
pub struct KeyFile {
    envelope: Envelope,
    name: String,
    /// What it says without its passphrase.
    pub information: KeyInformation,
}

impl KeyFile {
    /// Reads a key file.
    pub fn read(path: &Path) -> Result<KeyFile, Reason> {
        let name = path.display().to_string();
        let unreadable = |what: &str| Reason::new(codes::KEY_UNREADABLE, &[&name, what]);
        let bytes = durable::read(path, FILE_BYTES_MAX).map_err(|error| io_reason(&name, &error))?;
        let bytes = Zeroizing::new(bytes.ok_or_else(|| unreadable("too long"))?);
        // The parser's words are left out: they can repeat a part of the file.
        let envelope: Envelope = serde_json::from_slice(&bytes)
            .map_err(|error| unreadable(&format!("line {}, column {}", error.line(), error.column())))?;
        if envelope.format != FORMAT || envelope.version != VERSION || envelope.suite != SUITE_ED25519 {
            return Err(unreadable("format"));
        }
        if envelope.checksum != envelope.expected_checksum() {
            return Err(unreadable("checksum"));
        }
        let information = information(&envelope, &name)?;
        if envelope.insecure_seed.is_some() && is_open_to_others(path).map_err(|error| io_reason(&name, &error))? {
            return Err(Reason::new(codes::KEY_PERMISSIONS, &[&name]));
        }
        Ok(KeyFile { envelope, name, information })
    }

    /// Whether it holds no seed: what an organisation gives to others, who register it.
    pub fn is_public_part(&self) -> bool {
        self.envelope.encrypted.is_none() && self.envelope.insecure_seed.is_none()
    }

    /// The bytes of a file that says the same and holds no seed.
    pub fn public_part(&self) -> Vec<u8> {
        let mut envelope = Envelope { encrypted: None, insecure_seed: None, ..self.envelope.clone() };
        envelope.checksum = envelope.expected_checksum();
        let mut text = serde_json::to_vec_pretty(&envelope).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// Opens an encrypted file.
    pub fn open(&self, passphrase: &Passphrase) -> Result<MemorySigner, Reason> {
        let unreadable = |what: &str| Reason::new(codes::KEY_UNREADABLE, &[&self.name, what]);
        let encrypted = self.envelope.encrypted.as_ref().ok_or_else(|| unreadable("encrypted"))?;
        if encrypted.derivation != DERIVATION || encrypted.cipher != CIPHER {
            return Err(unreadable("encrypted"));
        }
        let nonce: [u8; 24] = unhex(&encrypted.nonce).ok_or_else(|| unreadable("nonce"))?;
        let sealed: [u8; 48] = unhex(&encrypted.ciphertext).ok_or_else(|| unreadable("ciphertext"))?;
        let check: [u8; 16] = unhex(&encrypted.check).ok_or_else(|| unreadable("check"))?;
        let derived = encrypted.derive(passphrase, &self.name)?;
        let (key, expected) = derived.split_at(32);
        if expected != check {
            return Err(Reason::new(codes::KEY_WRONG_PASSPHRASE, &[&self.name]));
        }
        let associated = self.envelope.associated();
        let seed = cipher(key)
            .and_then(|cipher| {
                cipher.decrypt(&XNonce::from(nonce), Payload { msg: sealed.as_slice(), aad: &associated }).ok()
            })
            .map(Zeroizing::new);
        let seed = seed.ok_or_else(|| self.tampered())?;
        self.signer(seed.as_slice())
    }

    /// Opens a file that is not encrypted: only where the user has expressly allowed it.
    pub fn open_insecure(&self) -> Result<MemorySigner, Reason> {
        let seed = self.envelope.insecure_seed.as_ref().and_then(|text| unhex::<32>(text)).map(Zeroizing::new);
        match seed {
            Some(seed) => self.signer(seed.as_slice()),
            None => Err(Reason::new(codes::KEY_UNREADABLE, &[&self.name, "insecureSeed"])),
        }
    }

    /// Opens the file: an encrypted one with the passphrase that `passphrase` finds, an unencrypted one if
    /// that is allowed.
    pub fn unlock(
        &self,
        allow_insecure: bool,
        passphrase: &mut dyn FnMut() -> Result<Passphrase, Reason>,
    ) -> Result<MemorySigner, Reason> {
        match (self.information.encrypted, allow_insecure) {
            (true, _) => self.open(&passphrase()?),
            (false, _) if self.is_public_part() => Err(Reason::new(codes::KEY_PUBLIC_PART, &[&self.name])),
            (false, true) => self.open_insecure(),
            (false, false) => Err(Reason::new(codes::KEY_INSECURE, &[&self.name])),
        }
    }

    /// The signer of a seed, if it is the key that the file says.
    fn signer(&self, seed: &[u8]) -> Result<MemorySigner, Reason> {
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(seed.try_into().map_err(|_| self.tampered())?);
        let signer = MemorySigner::from_seed(&seed);
        let known = signer.public() == self.information.public && signer.key_id() == self.information.key_id;
        if known { Ok(signer) } else { Err(self.tampered()) }
    }

    fn tampered(&self) -> Reason {
        Reason::new(codes::KEY_TAMPERED, &[&self.name])
    }
}

fn information(envelope: &Envelope, name: &str) -> Result<KeyInformation, Reason> {
    let unreadable = |what: &str| Reason::new(codes::KEY_UNREADABLE, &[name, what]);
    if envelope.encrypted.is_some() && envelope.insecure_seed.is_some() {
        return Err(unreadable("encrypted"));
    }
    Ok(KeyInformation {
        key_id: Hash::from_hex(&envelope.key_id).ok_or_else(|| unreadable("keyId"))?,
        public: unhex(&envelope.public_key).ok_or_else(|| unreadable("publicKey"))?,
        organisation: envelope.organisation.clone(),
        role: KeyRole::from_name(&envelope.role).ok_or_else(|| unreadable("role"))?,
        created: envelope.created.clone(),
        encrypted: envelope.encrypted.is_some(),
    })
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_path: &Path) -> io::Result<bool> {
    Ok(false)
}

fn random(bytes: &mut [u8]) -> Result<(), Reason> {
    getrandom::fill(bytes).map_err(|error| Reason::new(codes::KEY_IO, &["random", &error.to_string()]))
}

fn io_reason(name: &str, error: &io::Error) -> Reason {
    Reason::new(codes::KEY_IO, &[name, &error.to_string()])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads exactly `N` bytes of lower-case hex.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0u8; N];
    if text.len() != N.checked_mul(2)? {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

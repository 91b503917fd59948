//! Reads EPC URNs and converts them to and from GS1 Digital Link.
//!
//! [`EpcUrn::parse`] judges a URN by the Tag Data Standard and says what is wrong with it;
//! [`convert`] turns it into a Digital Link and back; [`canonical`] gives the one form under
//! which event hashes know an object, however it was written, and judges no more than that needs;
//! [`EpcPattern`] tells whether an EPC belongs to a class.

pub mod canonical;
pub mod convert;
pub mod gcp;
pub(crate) mod link;
pub mod pattern;
pub mod scheme;
mod text;
pub mod urn;

pub use canonical::{append_constrained_canonical, constrained_canonical};
pub use convert::{to_link, to_urn};
pub use pattern::{EpcPattern, matches};
pub use scheme::{Level, Scheme};
pub use urn::EpcUrn;

pub(crate) use text::{append_link_characters, is_serial_character};

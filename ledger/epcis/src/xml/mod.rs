//! Reads and writes EPCIS documents in XML.
//!
//! [`read`] takes EPCIS 2.0 and 1.0 to 1.2; [`Writer`] writes 2.0. The life of an event: a parser
//! behind a byte meter builds one element's tree; the tree becomes an event of the common model,
//! each departure from the XSD a problem of that event; then the tree is reused.
//!
//! What XML says and the model doesn't hold: comments, processing instructions, white space at
//! the ends of texts, and attributes of XML Schema instance documents other than `xsi:nil`.

mod event;
mod extension;
mod fields;
mod guard;
mod header;
mod lexical;
mod locate;
mod namespace;
mod output;
mod parts;
mod reader;
mod sbdh;
mod source;
mod tree;
mod write_event;
mod writer;

pub use reader::read;
pub use writer::Writer;

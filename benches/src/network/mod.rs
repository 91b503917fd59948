//! A network of four validators on this machine, and clients that load it: what the program `network` is made of.

pub mod client;
pub mod load;
pub mod net;
pub mod table;

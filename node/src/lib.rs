//! Runs a node and its command line.
//!
//! [`cli`] reads arguments, calls the libraries below and shows their answers to people or
//! machines; it holds no rule of its own. [`epcs`] reaches every identifier of an event.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod accounts;
pub mod admin;
pub mod alarms;
pub mod api;
pub mod backup;
pub mod capture;
pub mod cli;
pub mod clock;
pub mod codes;
pub mod config;
pub mod consensus;
pub mod contracts;
pub mod core;
pub mod credits;
pub mod epc_form;
pub mod epcs;
pub mod join;
pub mod journal;
pub mod link;
pub mod network;
pub mod open;
pub mod own_lane;
pub mod peers;
pub mod profiles;
pub mod query;
pub mod random;
pub mod recalls;
pub mod shell;
pub mod times;
pub mod traces;

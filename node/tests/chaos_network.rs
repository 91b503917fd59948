//! Faults of a network under the real binary: five hosts of five organisations, four of them validators, each in a network
//! namespace with an address of its own; partitions, loss, delay, kills, rotten and full disks, strangers, overload, all
//! under a load of captured events.
//!
//! `make chaos-network` runs the long forms, which need root (namespaces, iptables). Without it the kills run alone, short
//! and over loopback. Each test prints lines that say what it did and saw; `SUYUAN_CHAOS_SEED` repeats a run.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod runner;

#[path = "chaos/clients.rs"]
mod clients;
#[path = "chaos_network/disks.rs"]
mod disks;
#[path = "chaos_network/hosts.rs"]
mod hosts;
#[path = "chaos_network/kills.rs"]
mod kills;
#[path = "chaos_network/links.rs"]
mod links;
#[path = "chaos_network/load.rs"]
mod load;
#[path = "chaos_network/net.rs"]
mod net;
#[path = "chaos/node.rs"]
mod node;
#[path = "chaos_network/strangers.rs"]
mod strangers;
#[path = "chaos_network/upgrade.rs"]
mod upgrade;
#[path = "chaos/world.rs"]
mod world;

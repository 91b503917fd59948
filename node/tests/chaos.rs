//! Faults of the machine under the real binary and its store: processes killed, disks that fill up, fail, slow down
//! or rot, clocks that are wrong, clients that do not go on, back-ups while clients write.
//!
//! Each test has a short form, which `make test` runs, and a long one, which `make chaos-one` runs by setting
//! `SUYUAN_CHAOS=long`; `SUYUAN_CHAOS_SEED` repeats a run. Each prints one line that says what it did and saw.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod runner;

#[path = "chaos/attack.rs"]
mod attack;
#[path = "chaos/backup.rs"]
mod backup;
#[path = "chaos/bits.rs"]
mod bits;
#[path = "chaos/clients.rs"]
mod clients;
#[path = "chaos/clocks.rs"]
mod clocks;
#[path = "chaos/disks.rs"]
mod disks;
#[path = "chaos/kills.rs"]
mod kills;
#[path = "chaos/node.rs"]
mod node;
#[path = "chaos/world.rs"]
mod world;

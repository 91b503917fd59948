//! Any bytes, read as each thing that comes over the network.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::wire::check(bytes));

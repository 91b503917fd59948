//! Any bytes, verified as the proof of a trace.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::trace_proof::check(bytes));

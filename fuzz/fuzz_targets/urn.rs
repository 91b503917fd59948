//! Any text, read as an EPC URN and as what converts to one.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| suyuan_fuzz::urn::check(text));

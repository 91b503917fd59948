//! Any text, read as a GS1 Digital Link URI.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| suyuan_fuzz::digital_link::check(text));

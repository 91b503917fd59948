//! Any text, read as an element string in each of its forms.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| suyuan_fuzz::element_string::check(text));

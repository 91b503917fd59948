//! Any bytes, read as a document: mostly JSON, since that is what the seeds and words suggest.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::document::check(bytes));

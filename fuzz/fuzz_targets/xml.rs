//! Any bytes behind a `<`, so that the XML reader gets them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    match bytes {
        [b'<', ..] => suyuan_fuzz::document::check(bytes),
        _ => suyuan_fuzz::document::check(&[b"<", bytes].concat()),
    }
});

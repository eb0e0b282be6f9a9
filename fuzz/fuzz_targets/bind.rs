//! Any bytes as a cmdlet's command line; the property tests of `src/cmdlet/bind` run the same function.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| usher::cmdlet::bind::any::any_bytes(bytes));

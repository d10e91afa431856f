//! Foreign bytes as an origin's master playlist: `cargo +nightly fuzz run master`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_edge::fuzzing::playlist(bytes));

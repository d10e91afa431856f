//! Foreign bytes as an HLS playlist: `cargo +nightly fuzz run playlist`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_probes::fuzzing::playlist(bytes));

//! Foreign bytes as a handshake, a chunk stream, AMF0 and media: `cargo +nightly fuzz run rtmp`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weir_probes::fuzzing::rtmp(bytes));

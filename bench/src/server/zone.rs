//! The zone that all servers answer, and the question that they are asked.

/// A plain zone with the pool's four addresses, for servers without weights.
pub(super) const TEXT: &str = "\
$ORIGIN stream.test.
$TTL 30
@ 300 SOA ns1 hostmaster 1 3600 600 604800 30
@ 300 NS ns1
ns1 300 A 127.0.0.1
live A 192.0.2.11
live A 192.0.2.12
live A 192.0.2.13
live A 192.0.2.14
";

/// `live.stream.test` A, as it stands on the wire.
pub(super) fn question() -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    message.extend(b"\x04live\x06stream\x04test\0\0\x01\0\x01");
    message
}

//! The zone that all servers answer, and the questions that they are asked.

use crate::load::Edns;

/// The zone's name in wire form.
const ORIGIN: &[u8] = b"\x06stream\x04test\0";

/// A plain zone with a pool's addresses, for servers without weights.
pub(super) fn text(interfaces: u8) -> String {
    let mut text = "$ORIGIN stream.test.\n$TTL 30\n@ 300 SOA ns1 hostmaster 1 3600 600 604800 30\n\
                    @ 300 NS ns1\nns1 300 A 127.0.0.1\n"
        .to_owned();
    for interface in 0..interfaces {
        text += &format!("live A 192.0.2.{}\n", 11 + interface);
    }
    text
}

/// The label of a pool; the first one is the one that peers have too.
pub(crate) fn pool(number: u16) -> String {
    if number == 0 { "live".to_owned() } else { format!("live{number}") }
}

/// `<label>.stream.test` A, as it stands on the wire.
pub(crate) fn question(label: &str, edns: Edns) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(edns != Edns::None)];
    message.push(u8::try_from(label.len()).expect("a label is short"));
    message.extend(label.bytes());
    message.extend(ORIGIN);
    message.extend([0, 1, 0, 1]);
    match edns {
        Edns::None => {}
        Edns::Plain => message.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]),
        Edns::Cookie => {
            message.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 12, 0, 10, 0, 8]);
            message.extend(*b"8 bytes!");
        }
    }
    message
}

/// Where the question of a message ends.
pub(crate) fn question_end(message: &[u8]) -> usize {
    12 + 1 + usize::from(message[12]) + ORIGIN.len() + 4
}

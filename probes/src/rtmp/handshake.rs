//! The simple handshake of RTMP (Adobe's specification 1.0, section 5.2): a version byte and three exchanged blocks.
//!
//! The other handshake, with digests, was for old players of H.264; servers accept the simple one. The echo of our
//! block is compared and not required, because servers that answer with digests do not echo.

use super::chunk::be32;

/// The only version in use.
const VERSION: u8 = 3;

/// The size of each block: time, zero, and 1528 bytes of filling.
pub(crate) const BLOCK: usize = 1536;

/// One exchanged block.
pub(crate) type Block = [u8; BLOCK];

/// The first byte of the answer was not the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("answers version {0:#04x} instead of 0x03")]
pub(crate) struct WrongVersion(pub(crate) u8);

/// C1: any filling will do, so it is one that shows what was cut or moved.
pub(crate) fn hello() -> Block {
    let mut block = [0; BLOCK];
    for (byte, value) in block[8..].iter_mut().zip((0..=u8::MAX).cycle()) {
        *byte = value ^ 0x5a;
    }
    block
}

/// C0 and C1, sent together.
pub(crate) fn opening(hello: &Block) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + BLOCK);
    bytes.push(VERSION);
    bytes.extend_from_slice(hello);
    bytes
}

/// Checks S0 as soon as it is there: a server of something else may send its greeting and then wait.
pub(crate) fn check_version(byte: u8) -> Result<(), WrongVersion> {
    if byte == VERSION { Ok(()) } else { Err(WrongVersion(byte)) }
}

/// C2: the server's block, with the time at which we read it, which is zero, as our own clock starts with the look.
pub(crate) fn reply(theirs: &Block) -> Block {
    let mut block = *theirs;
    block[4..8].fill(0);
    block
}

/// Whether S2 gives our block back.
pub(crate) fn is_echo(hello: &Block, theirs: &Block) -> bool {
    hello[8..] == theirs[8..] && be32(&hello[..4]) == be32(&theirs[..4])
}

/// Feeds foreign bytes, as a server could.
pub(crate) fn fuzz(bytes: &[u8]) {
    if let Some((version, rest)) = bytes.split_first()
        && check_version(*version).is_ok()
        && let Some(block) = rest.first_chunk()
    {
        is_echo(&reply(block), block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opening_is_version_three_and_a_block() {
        let opening = opening(&hello());
        assert_eq!((opening.len(), opening[0]), (1537, 3));
        assert_eq!(&opening[1..9], &[0; 8]);
    }

    #[test]
    fn the_reply_is_the_servers_block() {
        let mut theirs = hello();
        theirs[..8].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8]);
        let reply = reply(&theirs);
        assert_eq!(reply[..8], [1, 2, 3, 4, 0, 0, 0, 0]);
        assert_eq!(reply[8..], theirs[8..]);
    }

    #[test]
    fn an_echo_may_have_the_servers_time_in_it() {
        let mut theirs = hello();
        theirs[4..8].fill(9);
        assert!(is_echo(&hello(), &theirs));
        theirs[1000] ^= 1;
        assert!(!is_echo(&hello(), &theirs));
    }

    #[test]
    fn another_version_is_refused() {
        assert_eq!(check_version(3), Ok(()));
        let error = check_version(b'H').expect_err("an HTTP server");
        assert_eq!(error.to_string(), "answers version 0x48 instead of 0x03");
    }
}

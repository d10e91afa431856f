//! The simple handshake (5.2): a version byte and two blocks of 1,536 bytes each way.
//!
//! The digest handshake is refused: only Flash asked for it, and clients that offer it (ffmpeg does) fall back when our
//! version field is zero.

use thiserror::Error;

use crate::seed::fill;

/// The version, and the first byte of every RTMP connection.
pub(crate) const VERSION: u8 = 3;
/// C1, S1, C2 or S2.
pub(crate) const BLOCK: usize = 1_536;
/// C0 and C1.
pub(crate) const HELLO: usize = 1 + BLOCK;
/// S0, S1 and S2.
pub(crate) const ANSWER: usize = 1 + 2 * BLOCK;

/// The peer speaks another version, 6 for RTMPE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("version {0} of RTMP")]
pub(crate) struct OtherVersion(u8);

/// S0, S1 and S2 to a peer's C0 and C1. The C2 that follows is read and not judged: it proves nothing.
pub(crate) fn answer(hello: &[u8; HELLO], time: u32, seed: u64) -> Result<Box<[u8; ANSWER]>, OtherVersion> {
    let (&version, theirs) = hello.split_first().unwrap_or((&0, &[]));
    if version != VERSION {
        return Err(OtherVersion(version));
    }
    let mut answer = Box::new([0; ANSWER]);
    let (ours, echo) = answer[1..].split_at_mut(BLOCK);
    ours[..4].copy_from_slice(&time.to_be_bytes());
    fill(seed, &mut ours[8..]);
    // Whole: the text wants our time in the second field, but rtmpdump compares every byte with what it sent.
    echo.copy_from_slice(theirs);
    answer[0] = VERSION;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_echoes_the_peers_block() {
        let mut hello = [7; HELLO];
        hello[0] = VERSION;
        let answer = answer(&hello, 1, 2).unwrap();
        assert_eq!(answer[0], VERSION);
        assert_eq!(answer[5..9], [0; 4]);
        assert_eq!(answer[1 + BLOCK..], hello[1..]);
    }

    #[test]
    fn another_version_is_refused() {
        assert_eq!(answer(&[6; HELLO], 0, 0), Err(OtherVersion(6)));
    }
}

//! A seeded mutator of bytes: what foreign servers, broken proxies and attackers make of an answer.

use crate::random::Draws;

/// Numbers that parsers trip over.
const SPECIAL: [u8; 9] = [0, 1, 2, 0x3f, 0x7f, 0x80, 0xc3, 0xfe, 0xff];

/// So many variations of a text: cut, flipped, spliced, repeated, or only noise.
pub(crate) fn mutants<'a>(
    seed: &'a [u8],
    count: usize,
    draws: &'a mut Draws,
) -> impl Iterator<Item = Vec<u8>> + 'a {
    (0..count).map(move |_| mutant(seed, draws))
}

fn mutant(seed: &[u8], draws: &mut Draws) -> Vec<u8> {
    if below(draws, 8) == 0 {
        let length = below(draws, 600);
        return (0..length).map(|_| byte(draws)).collect();
    }
    let mut bytes = seed.to_vec();
    for _ in 0..=below(draws, 6) {
        change(&mut bytes, draws);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, draws: &mut Draws) {
    if bytes.is_empty() {
        bytes.push(byte(draws));
        return;
    }
    let at = below(draws, bytes.len());
    let end = at + below(draws, bytes.len() - at + 1);
    match below(draws, 6) {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << below(draws, 8),
        2 => bytes[at] = SPECIAL[below(draws, SPECIAL.len())],
        3 => drop(bytes.drain(at..end)),
        4 => bytes.insert(at, byte(draws)),
        _ => {
            let piece = bytes[at..end].to_vec();
            let to = below(draws, bytes.len());
            bytes.splice(to..to, piece);
        }
    }
}

fn below(draws: &mut Draws, bound: usize) -> usize {
    usize::try_from(draws.next() % u64::try_from(bound).expect("64 bits")).expect("below a usize")
}

fn byte(draws: &mut Draws) -> u8 {
    draws.next().to_be_bytes()[0]
}

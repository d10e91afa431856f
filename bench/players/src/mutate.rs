//! Damaged inputs for the tests of parsers: good bytes, cut, flipped, repeated and joined by a seeded generator.

/// Shows `rounds` damaged versions of each sample, and plain noise, to `feed`.
pub(crate) fn damage(seed: u64, rounds: usize, samples: &[&[u8]], mut feed: impl FnMut(&[u8])) {
    let mut chance = fastrand::Rng::with_seed(seed);
    for _ in 0..rounds {
        let sample = samples[chance.usize(..samples.len())];
        let mut bytes = sample.to_vec();
        for _ in 0..chance.usize(1..6) {
            strike(&mut bytes, &mut chance);
        }
        feed(&bytes);
        let mut noise = vec![0; chance.usize(..256)];
        chance.fill(&mut noise);
        feed(&noise);
    }
}

fn strike(bytes: &mut Vec<u8>, chance: &mut fastrand::Rng) {
    if bytes.is_empty() {
        return bytes.push(chance.u8(..));
    }
    let at = chance.usize(..bytes.len());
    match chance.u8(..5) {
        0 => bytes[at] = chance.u8(..),
        1 => bytes[at] ^= 1 << chance.u8(..8),
        2 => bytes.truncate(at),
        3 => bytes.insert(at, [0, 0xFF, 0xC0, b'9'][chance.usize(..4)]),
        _ => {
            let tail = bytes[at..].to_vec();
            bytes.extend(tail.iter().take(512));
        }
    }
}

//! Numbers that look random and are the same for the same seed.

/// Spreads a number over all 64 bits: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Fills a buffer.
pub(crate) fn fill(seed: u64, buffer: &mut [u8]) {
    let mut word = mix(seed);
    for chunk in buffer.chunks_mut(8) {
        chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        word = mix(word);
    }
}

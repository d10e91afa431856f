//! One-colour H.264 pictures, 320 by 192, every one an IDR.
//!
//! The first macroblock is raw (I_PCM) and sets the colour; each other is predicted from its neighbours' mean with no
//! residual and so repeats it, in 8 bits. Constrained baseline, CAVLC. Sections are those of ITU-T H.264.

use crate::seed::mix;

/// Width in macroblocks of 16 pixels.
const COLUMNS: u32 = 20;
/// Height in macroblocks.
const ROWS: u32 = 12;
/// What the master playlist says.
pub(crate) const RESOLUTION: &str = "320x192";
/// RFC 6381 name of the profile and level below.
pub(crate) const CODEC: &str = "avc1.42c00d";
/// Profile 66, constrained, level 1.3: the three bytes that both parameter set and `avcC` carry.
pub(crate) const PROFILE: [u8; 3] = [0x42, 0xC0, 0x0D];

/// Frames until a colour comes back.
const CYCLE: u64 = 100;

/// The sequence parameter set (7.3.2.1).
pub(crate) fn sequence_parameters() -> Vec<u8> {
    let mut bits = Bits::after(&[0x67, PROFILE[0], PROFILE[1], PROFILE[2]]);
    bits.golomb(0); // id
    bits.golomb(0); // frame numbers of 4 bits
    bits.golomb(2); // output order is decoding order
    bits.golomb(1); // one reference frame
    bits.put(0, 1);
    bits.golomb(COLUMNS - 1);
    bits.golomb(ROWS - 1);
    bits.put(0b1100, 4); // whole frames, 8x8 inference, no cropping, no VUI
    bits.end()
}

/// The picture parameter set (7.3.2.2).
pub(crate) fn picture_parameters() -> Vec<u8> {
    let mut bits = Bits::after(&[0x68]);
    bits.golomb(0); // id
    bits.golomb(0); // of sequence 0
    bits.put(0, 2); // CAVLC, no field order
    bits.golomb(0); // one slice group
    bits.golomb(0);
    bits.golomb(0);
    bits.put(0, 3); // no weighted prediction
    bits.golomb(0); // QP 26
    bits.golomb(0);
    bits.golomb(0);
    bits.put(0, 3); // no filter control, no constrained intra, no redundancy
    bits.end()
}

/// A picture: one IDR slice. The colour moves slowly with the number; its hue is the seed's.
pub(crate) fn picture(number: u64, seed: u64) -> Vec<u8> {
    let mut bits = Bits::after(&[0x65]);
    bits.golomb(0); // from macroblock 0
    bits.golomb(7); // all intra
    bits.golomb(0); // parameter set
    bits.put(0, 4); // frame number
    bits.golomb(u32::from(number % 2 == 1)); // neighbouring IDRs differ (7.4.3)
    bits.put(0, 2); // no long-term reference
    bits.golomb(0); // QP as in the parameter set
    bits.golomb(25); // I_PCM
    bits.align();
    let [luma, blue, red] = colour(number, seed);
    bits.bytes(luma, 256);
    bits.bytes(blue, 64);
    bits.bytes(red, 64);
    for index in 1..COLUMNS * ROWS {
        bits.golomb(3); // Intra 16x16, mean, nothing coded
        bits.golomb(0); // chroma by mean
        bits.golomb(0); // QP unchanged
        // "No coefficients" depends on the neighbours' count, and a raw macroblock counts as 16 (9.2.1).
        match index {
            1 | COLUMNS => bits.put(0b00_0011, 6),
            _ => bits.put(1, 1),
        }
    }
    bits.end()
}

/// Never 0, so that no run of zero bytes needs an escape (7.4.1).
fn colour(number: u64, seed: u64) -> [u8; 3] {
    let phase = number % CYCLE;
    let rise = phase.min(CYCLE - phase);
    let [blue, red, ..] = mix(seed).to_le_bytes();
    // 60 to 160 of the legal 16 to 235.
    [u8::try_from(60 + 2 * rise).unwrap_or(60), 64 + blue / 2, 64 + red / 2]
}

/// Writes bits, highest first.
struct Bits {
    bytes: Vec<u8>,
    /// Bits used of the last byte; 0 when there is none to fill.
    used: u32,
}

impl Bits {
    fn after(bytes: &[u8]) -> Self {
        let mut all = Vec::with_capacity(1_024);
        all.extend_from_slice(bytes);
        Self { bytes: all, used: 0 }
    }

    fn put(&mut self, value: u32, width: u32) {
        for place in (0..width).rev() {
            if self.used == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut()
                && value >> place & 1 == 1
            {
                *last |= 0x80 >> self.used;
            }
            self.used = (self.used + 1) % 8;
        }
    }

    /// Exponential Golomb code (9.1); the signed 0 is written alike.
    fn golomb(&mut self, value: u32) {
        let width = (value + 1).ilog2();
        self.put(0, width);
        self.put(value + 1, width + 1);
    }

    fn align(&mut self) {
        self.used = 0;
    }

    fn bytes(&mut self, byte: u8, count: usize) {
        self.bytes.resize(self.bytes.len() + count, byte);
    }

    /// A one and zeros up to the byte (7.3.2.11).
    fn end(mut self) -> Vec<u8> {
        self.put(1, 1);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_unit_holds_bytes_that_would_need_an_escape() {
        let pictures = (0..2 * CYCLE).map(|number| picture(number, number * 77));
        for unit in pictures.chain([sequence_parameters(), picture_parameters()]) {
            assert!(!unit.windows(2).any(|pair| pair == [0, 0]), "{unit:?}");
        }
    }

    #[test]
    fn golomb_codes_are_those_of_the_standard() {
        let mut bits = Bits::after(&[]);
        for value in 0..4 {
            bits.golomb(value); // 1 010 011 00100
        }
        assert_eq!(bits.bytes, [0b1010_0110, 0b0100_0000]);
    }
}

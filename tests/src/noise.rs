//! Bytes that are nearly right: a seeded mutator.

use fastrand::Rng;

/// The most that one mutation adds.
const LONGEST: usize = 600;

/// A source of bad bytes. The same seed gives the same bytes.
#[derive(Debug)]
pub struct Noise {
    random: Rng,
}

impl Noise {
    /// From a seed; print it when a test fails.
    pub fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed) }
    }

    /// One of these, changed in one to four places; now and then untouched, now and then pure chance.
    pub fn mutate(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        if self.random.u8(..) < 16 {
            return self.chance();
        }
        let mut bytes = seeds[self.random.usize(..seeds.len())].clone();
        for _ in 0..self.random.u8(0..5) {
            self.change(&mut bytes);
        }
        bytes
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.random.usize(..end)
    }

    fn chance(&mut self) -> Vec<u8> {
        let length = self.random.usize(..LONGEST);
        (0..length).map(|_| self.random.u8(..)).collect()
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            bytes.push(self.random.u8(..));
            return;
        }
        let at = self.random.usize(..bytes.len());
        match self.random.u8(..7) {
            0 => bytes[at] ^= 1 << self.random.u8(..8),
            1 => bytes[at] = self.random.u8(..),
            2 => bytes[at] = *self.random.choice(&[0, 1, 0x3f, 0x7f, 0x80, 0xc0, 0xff]).unwrap_or(&0),
            3 => bytes.truncate(at),
            4 => {
                let more = self.chance();
                bytes.splice(at..at, more);
            }
            5 => {
                let end = at + self.random.usize(..=(bytes.len() - at));
                bytes.drain(at..end);
            }
            _ => {
                let piece = bytes[at..].to_vec();
                bytes.extend(piece);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_noise() {
        let seeds = [b"GET / HTTP/1.1\r\n\r\n".to_vec()];
        let (mut one, mut two) = (Noise::new(4), Noise::new(4));
        for _ in 0..100 {
            assert_eq!(one.mutate(&seeds), two.mutate(&seeds));
        }
    }
}

//! Numbers that carry their unit in the type.

use std::fmt;
use std::str::FromStr;

/// A throughput in bytes per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BytesPerSec(u64);

/// A time to live in seconds, at most 2^31 - 1 (RFC 2181 section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl(u32);

/// The whole number that the law gives a pool's interface; its share is this over the pool's sum.
///
/// At most 2^20 - 1, so that 64 of them, times a cost of up to 2^31, stay within an `i64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(u32);

/// Why a text is not a rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is not a rate; write a positive number with a unit, such as \"10 Gbit/s\" or \"500 Mbit/s\""
)]
pub struct ParseRateError {
    text: String,
}

/// Units that a rate may be written in, largest first, with their bits per second (SI prefixes, as vendors use).
const RATE_UNITS: [(&str, u64); 5] = [
    ("Tbit/s", 1_000_000_000_000),
    ("Gbit/s", 1_000_000_000),
    ("Mbit/s", 1_000_000),
    ("kbit/s", 1_000),
    ("bit/s", 1),
];

impl BytesPerSec {
    /// No throughput at all.
    pub const ZERO: Self = Self(0);

    /// A rate of so many bytes per second.
    pub const fn new(bytes_per_second: u64) -> Self {
        Self(bytes_per_second)
    }

    /// A rate of so many bits per second; a part of a byte is dropped.
    pub const fn from_bits(bits_per_second: u64) -> Self {
        Self(bits_per_second / 8)
    }

    /// A rate from a measured one; what is negative or not a number counts as none.
    pub fn from_f64(bytes_per_second: f64) -> Self {
        // A float above u64::MAX saturates and a NaN becomes 0: that is what `as` promises here.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Self(bytes_per_second.max(0.0) as u64)
    }

    /// Bytes per second.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Bytes per second as a float, for arithmetic on rates (exact below 2^53).
    #[allow(clippy::cast_precision_loss)]
    pub const fn as_f64(self) -> f64 {
        self.0 as f64
    }

    /// What is left of this rate when `other` is taken from it; never below zero.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Both rates together.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for BytesPerSec {
    fn sum<I: Iterator<Item = Self>>(rates: I) -> Self {
        rates.fold(Self::ZERO, Self::saturating_add)
    }
}

/// In the largest unit that leaves a number of at least one: `12.5 Mbit/s`.
impl fmt::Display for BytesPerSec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.saturating_mul(8);
        let (unit, size) = RATE_UNITS.into_iter().find(|&(_, size)| bits >= size).unwrap_or(("bit/s", 1));
        let hundredths = u128::from(bits) * 100 / u128::from(size);
        let (whole, rest) = (hundredths / 100, hundredths % 100);
        match rest {
            0 => write!(f, "{whole} {unit}"),
            rest if rest % 10 == 0 => write!(f, "{whole}.{} {unit}", rest / 10),
            rest => write!(f, "{whole}.{rest:02} {unit}"),
        }
    }
}

/// Reads `10 Gbit/s`, `2.5 Gbit/s`, `500Mbit/s`.
///
/// # Errors
/// When there is no number, no known unit, or when the rate is zero or does not fit.
impl FromStr for BytesPerSec {
    type Err = ParseRateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || ParseRateError { text: text.to_owned() };
        let trimmed = text.trim();
        let (unit, size) =
            RATE_UNITS.into_iter().find(|(unit, _)| trimmed.ends_with(unit)).ok_or_else(fault)?;
        let number = trimmed.strip_suffix(unit).ok_or_else(fault)?.trim_end();
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let plain = |digits: &str| digits.len() <= 12 && digits.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) {
            return Err(fault());
        }
        let whole: u128 = whole.parse().map_err(|_| fault())?;
        let places = u32::try_from(fraction.len()).map_err(|_| fault())?;
        let fraction: u128 = fraction.parse().map_err(|_| fault())?;
        // At most 10^12 x 10^12: far below 2^128.
        let bits = whole * u128::from(size) + fraction * u128::from(size) / 10_u128.pow(places);
        let bits = u64::try_from(bits).map_err(|_| fault())?;
        if bits < 8 { Err(fault()) } else { Ok(Self::from_bits(bits)) }
    }
}

impl Ttl {
    /// The longest time to live that DNS knows (RFC 2181 section 8).
    pub const MAX: Self = Self(0x7fff_ffff);

    /// A time to live of so many seconds; what is longer than [`Ttl::MAX`] is cut to it.
    pub const fn from_secs(seconds: u32) -> Self {
        if seconds > Self::MAX.0 { Self::MAX } else { Self(seconds) }
    }

    /// Seconds.
    pub const fn as_secs(self) -> u32 {
        self.0
    }
}

impl Weight {
    /// An interface of this weight is never picked while another has one.
    pub const ZERO: Self = Self(0);
    /// The largest weight, 2^20 - 1.
    pub const MAX: Self = Self((1 << 20) - 1);

    /// A weight; what is larger than [`Weight::MAX`] is cut to it.
    pub const fn new(weight: u32) -> Self {
        if weight > Self::MAX.0 { Self::MAX } else { Self(weight) }
    }

    /// The number itself.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether an interface of this weight may be picked.
    pub const fn is_some(self) -> bool {
        self.0 > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates_read_as_vendors_write_them() {
        let gigabit = |tenths: u64| BytesPerSec::from_bits(tenths * 100_000_000);
        assert_eq!("10 Gbit/s".parse(), Ok(gigabit(100)));
        assert_eq!("2.5 Gbit/s".parse(), Ok(gigabit(25)));
        assert_eq!("500Mbit/s".parse(), Ok(gigabit(5)));
        assert_eq!("8 bit/s".parse(), Ok(BytesPerSec::new(1)));
    }

    #[test]
    fn what_is_not_a_rate_is_refused() {
        for text in [
            "",
            "10",
            "Gbit/s",
            "-1 Gbit/s",
            "0 Gbit/s",
            "1e9 bit/s",
            "10 GB/s",
            "1..2 bit/s",
            "99999999999 Tbit/s",
        ] {
            assert!(text.parse::<BytesPerSec>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_rate_is_shown_in_its_largest_unit() {
        assert_eq!(BytesPerSec::from_bits(12_500_000).to_string(), "12.5 Mbit/s");
        assert_eq!(BytesPerSec::from_bits(10_000_000_000).to_string(), "10 Gbit/s");
        assert_eq!(BytesPerSec::from_bits(1_234_000).to_string(), "1.23 Mbit/s");
        assert_eq!(BytesPerSec::ZERO.to_string(), "0 bit/s");
    }

    proptest! {
        #[test]
        fn no_text_panics_the_reader(text in ".{0,40}") {
            let _ = text.parse::<BytesPerSec>();
        }

        #[test]
        fn a_shown_rate_reads_back_within_a_hundredth(rate in 1_u64..1 << 50) {
            let rate = BytesPerSec::new(rate);
            let back: BytesPerSec = rate.to_string().parse().expect("a shown rate reads back");
            prop_assert!(back <= rate);
            prop_assert!(rate.as_f64() - back.as_f64() <= rate.as_f64() / 100.0 + 1.0);
        }
    }
}

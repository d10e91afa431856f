//! What the origin serves, and where.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use thiserror::Error;

/// The shortest segment: one picture (see `media::frame`) must fit.
pub(crate) const MIN_TARGET_DURATION: Duration = Duration::from_millis(100);
/// The longest segment; six times what Wowza makes by default.
pub(crate) const MAX_TARGET_DURATION: Duration = Duration::from_secs(60);
/// The longest playlist. It stays below `sequence::ALREADY_RUN`, so that a list never starts before segment 0.
pub(crate) const MAX_WINDOW: u32 = 100;
/// The largest segment, which is also the size of the shared filler.
pub(crate) const MAX_SEGMENT_BYTES: u64 = 64 << 20;
/// The longest name of an application, instance or stream.
pub(crate) const MAX_NAME: usize = 128;

/// What [`crate::Origin::start`] needs to know.
#[derive(Clone, Debug)]
pub struct OriginConfig {
    /// Addresses to listen on; port 0 takes a free one. Each serves HTTP and RTMP.
    pub listen: Vec<SocketAddr>,
    /// The application: the first part of the path.
    pub app: String,
    /// The application's instance, which may be left out of URLs.
    pub instance: String,
    /// The stream's name.
    pub stream: String,
    /// The length of every segment, from 100 ms to 60 s.
    pub target_duration: Duration,
    /// Segments in the media playlist, from 1 to 100.
    pub window: u32,
    /// Bit rate of the stream, HLS and RTMP alike. Below about 80 kbit/s the picture and the sound take what they need.
    pub bits_per_second: u64,
    /// Whatever looks random is drawn from it: session ids, colours, handshakes.
    pub seed: u64,
}

impl Default for OriginConfig {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))],
            app: "live".into(),
            instance: "_definst_".into(),
            stream: "demo".into(),
            target_duration: Duration::from_secs(2),
            window: 5,
            bits_per_second: 1_000_000,
            seed: 1,
        }
    }
}

/// Why a configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// There is no address to listen on.
    #[error("no address to listen on")]
    NoAddress,
    /// A name is empty, too long, or has characters that a URL would have to escape.
    #[error("{0:?} is no name: 1 to {MAX_NAME} of A-Z a-z 0-9 . _ -")]
    Name(String),
    /// The segment's length is out of bounds.
    #[error("target duration {0:?} is not within {MIN_TARGET_DURATION:?} and {MAX_TARGET_DURATION:?}")]
    TargetDuration(Duration),
    /// The playlist's length is out of bounds.
    #[error("a window of {0} segments is not within 1 and {MAX_WINDOW}")]
    Window(u32),
    /// The bit rate is zero, or segments would be too large.
    #[error("{0} bits per second is zero or makes segments of more than {MAX_SEGMENT_BYTES} bytes")]
    BitRate(u64),
}

impl OriginConfig {
    /// The first fault, if there is one.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.listen.is_empty() {
            return Err(ConfigError::NoAddress);
        }
        for name in [&self.app, &self.instance, &self.stream] {
            if !is_name(name) {
                return Err(ConfigError::Name(name.clone()));
            }
        }
        if !(MIN_TARGET_DURATION..=MAX_TARGET_DURATION).contains(&self.target_duration) {
            return Err(ConfigError::TargetDuration(self.target_duration));
        }
        if !(1..=MAX_WINDOW).contains(&self.window) {
            return Err(ConfigError::Window(self.window));
        }
        match self.segment_bytes() {
            1..=MAX_SEGMENT_BYTES => Ok(()),
            _ => Err(ConfigError::BitRate(self.bits_per_second)),
        }
    }

    /// What a segment weighs at this bit rate. Zero when the rate is, and never more than a `u64` holds.
    pub(crate) fn segment_bytes(&self) -> u64 {
        let bits = u128::from(self.bits_per_second) * self.target_duration.as_nanos() / 1_000_000_000;
        u64::try_from(bits.div_ceil(8)).unwrap_or(u64::MAX)
    }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_sound_and_each_fault_is_named() {
        let sound = OriginConfig::default();
        assert_eq!(sound.check(), Ok(()));
        assert_eq!(sound.segment_bytes(), 250_000);

        let none = OriginConfig { listen: vec![], ..sound.clone() };
        assert_eq!(none.check(), Err(ConfigError::NoAddress));
        let name = OriginConfig { stream: "a/b".into(), ..sound.clone() };
        assert_eq!(name.check(), Err(ConfigError::Name("a/b".into())));
        let short = OriginConfig { target_duration: Duration::from_millis(99), ..sound.clone() };
        assert!(matches!(short.check(), Err(ConfigError::TargetDuration(_))));
        let window = OriginConfig { window: 0, ..sound.clone() };
        assert_eq!(window.check(), Err(ConfigError::Window(0)));
        for bits_per_second in [0, 1 << 40, u64::MAX] {
            let rate = OriginConfig { bits_per_second, ..sound.clone() };
            assert_eq!(rate.check(), Err(ConfigError::BitRate(bits_per_second)));
        }
    }
}

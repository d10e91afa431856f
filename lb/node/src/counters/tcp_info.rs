//! The few numbers that we want out of the kernel's `struct tcp_info` (linux/tcp.h).
//!
//! The struct only ever grows at its end, and an older kernel sends a shorter one. A library's struct of one length
//! would refuse the others, so the numbers are taken by their offsets, each if it is there.

use super::sample::Reading;

/// `tcpi_bytes_acked`: bytes that the other end confirmed (Linux 4.1).
const BYTES_ACKED: usize = 120;
/// `tcpi_bytes_received` (Linux 4.1).
const BYTES_RECEIVED: usize = 128;
/// `tcpi_bytes_sent`: bytes sent, repetitions included, as they load the wire (Linux 4.19).
const BYTES_SENT: usize = 200;
/// `tcpi_bytes_retrans`: bytes of those that were sent again (Linux 4.19).
const BYTES_RETRANS: usize = 208;
/// `tcpi_delivery_rate`: bytes per second of the last delivery that was measured (Linux 4.9).
const DELIVERY_RATE: usize = 160;

/// Bytes sent and received, or nothing if the kernel is too old to say.
pub(super) fn parse(info: &[u8]) -> Option<Reading> {
    let transmitted = number(info, BYTES_SENT).or_else(|| number(info, BYTES_ACKED))?;
    Some(Reading { transmitted, received: number(info, BYTES_RECEIVED)? })
}

/// Bytes sent again, unless the kernel is too old to say. One that says it counts repetitions in what was sent.
pub(super) fn resent(info: &[u8]) -> Option<u64> {
    number(info, BYTES_RETRANS)
}

/// Bytes per second that TCP delivers, if it has delivered anything.
///
/// Rates that the sender itself held down (`tcpi_delivery_rate_app_limited`) are taken too. A live stream has nothing
/// more to send most of the time, so without them hardly a viewer would be left, and which ones are left would
/// change by the second. Such a rate is a lower bound of what the path can do.
pub(super) fn delivery(info: &[u8]) -> Option<u64> {
    number(info, DELIVERY_RATE).filter(|rate| *rate > 0)
}

fn number(info: &[u8], offset: usize) -> Option<u64> {
    let bytes = info.get(offset..)?.first_chunk()?;
    Some(u64::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn info(length: usize) -> Vec<u8> {
        let mut bytes = vec![0xee; 240];
        for (offset, value) in [
            (BYTES_ACKED, 11u64),
            (BYTES_RECEIVED, 22),
            (BYTES_SENT, 33),
            (BYTES_RETRANS, 44),
            (DELIVERY_RATE, 55),
        ] {
            bytes[offset..offset + 8].copy_from_slice(&value.to_ne_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    #[test]
    fn each_kernel_tells_what_it_has() {
        assert_eq!(parse(&info(240)), Some(Reading { transmitted: 33, received: 22 }));
        assert_eq!(parse(&info(208)), Some(Reading { transmitted: 33, received: 22 }));
        assert_eq!(parse(&info(207)), Some(Reading { transmitted: 11, received: 22 }));
        assert_eq!(parse(&info(136)), Some(Reading { transmitted: 11, received: 22 }));
        assert_eq!(parse(&info(104)), None);
    }

    #[test]
    fn repetitions_and_deliveries_are_told_from_the_kernel_on_that_has_them() {
        assert_eq!((resent(&info(216)), resent(&info(215))), (Some(44), None));
        assert_eq!((delivery(&info(168)), delivery(&info(167))), (Some(55), None));
        assert_eq!(delivery(&[0; 240]), None);
    }

    proptest! {
        #[test]
        fn any_length_is_safe(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(parse(&bytes).is_some(), bytes.len() >= 136);
            prop_assert_eq!(resent(&bytes).is_some(), bytes.len() >= 216);
            prop_assert!(delivery(&bytes).is_none() || bytes.len() >= 168);
        }
    }
}

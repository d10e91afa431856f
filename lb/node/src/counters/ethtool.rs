//! One question to a device's driver, as `ethtool -S` puts it (linux/ethtool.h).

use std::io;
use std::os::fd::AsRawFd;

use socket2::{Domain, Socket, Type};

const GET_STRINGS: u32 = 0x1b;
const GET_STATISTICS: u32 = 0x1d;
const GET_SET_INFO: u32 = 0x37;
/// The set of strings that names the statistics (`ETH_SS_STATS`).
const STATISTICS: u32 = 1;
/// Length of a name (`ETH_GSTRING_LEN`).
pub(super) const NAME: usize = 32;
/// A driver with more statistics than this is not asked for them.
const MOST: usize = 4096;
/// Room for so many times more than the driver said it has. See [`ask`].
const SPARE: usize = 4;

/// A socket through which drivers are asked.
pub(super) fn socket() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::DGRAM, None)
}

/// How many statistics a device has.
pub(super) fn count(socket: &Socket, device: &str) -> io::Result<usize> {
    // Command, a reserved word, a mask of 64 bits with the set that is asked for, and room for its length.
    let mut buffer = [0u64; 3];
    write(&mut buffer, 0, GET_SET_INFO);
    buffer[1] = 1 << STATISTICS;
    ask(socket, device, &mut buffer)?;
    if buffer[1] == 0 {
        return Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP));
    }
    match usize::try_from(read(&buffer, 4)) {
        Ok(count) if count <= MOST => Ok(count),
        _ => Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP)),
    }
}

/// The statistics' names, [`NAME`] bytes each.
pub(super) fn names(socket: &Socket, device: &str) -> io::Result<Vec<u8>> {
    // Command, set, and the number of names; they follow from byte 12 on.
    let mut buffer = vec![0u64; 2 + MOST * SPARE * NAME / 8];
    write(&mut buffer, 0, GET_STRINGS);
    write(&mut buffer, 1, STATISTICS);
    ask(socket, device, &mut buffer)?;
    let length = usize::try_from(read(&buffer, 2)).unwrap_or(0).min(MOST) * NAME;
    Ok(buffer.iter().flat_map(|word| word.to_ne_bytes()).skip(12).take(length).collect())
}

/// The statistics' values, in the order of their names.
pub(super) fn values(socket: &Socket, device: &str) -> io::Result<Vec<u64>> {
    // Command and number; the values follow.
    let mut buffer = vec![0u64; 1 + MOST * SPARE];
    write(&mut buffer, 0, GET_STATISTICS);
    ask(socket, device, &mut buffer)?;
    let length = usize::try_from(read(&buffer, 1)).unwrap_or(0).min(MOST);
    Ok(buffer[1..=length].to_vec())
}

/// Word `at` of 32 bits.
fn read(buffer: &[u64], at: usize) -> u32 {
    let bytes = buffer[at / 2].to_ne_bytes();
    let [a, b, c, d, e, f, g, h] = bytes;
    u32::from_ne_bytes(if at.is_multiple_of(2) { [a, b, c, d] } else { [e, f, g, h] })
}

fn write(buffer: &mut [u64], at: usize, value: u32) {
    let mut bytes = buffer[at / 2].to_ne_bytes();
    let from = at % 2 * 4;
    bytes[from..from + 4].copy_from_slice(&value.to_ne_bytes());
    buffer[at / 2] = u64::from_ne_bytes(bytes);
}

/// Lets the driver answer into the buffer.
///
/// The kernel writes as much as the driver has, whatever the buffer says of its length. Buffers of variable answers
/// therefore have room for [`SPARE`] times [`MOST`], and only a driver that has just told of at most [`MOST`] is asked.
fn ask(socket: &Socket, device: &str, buffer: &mut [u64]) -> io::Result<()> {
    if device.len() >= libc::IFNAMSIZ {
        return Err(io::Error::from_raw_os_error(libc::ENODEV));
    }
    let mut name = [0; libc::IFNAMSIZ];
    for (to, from) in name.iter_mut().zip(device.bytes()) {
        *to = libc::c_char::from_ne_bytes([from]);
    }
    let mut request = libc::ifreq {
        ifr_name: name,
        ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_data: buffer.as_mut_ptr().cast() },
    };
    // SAFETY: the request and the buffer that it points to are alive and ours alone during the call, aligned as the
    // kernel's structs are, and long enough for what the kernel writes (see above); any bytes in them are valid. The
    // name ends with a zero, and the descriptor is an open socket.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL as _, &raw mut request) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_32_bits_are_where_the_kernel_has_them() {
        let mut buffer = [0u64; 2];
        for at in 0..4 {
            write(&mut buffer, at, u32::try_from(at).unwrap() + 7);
        }
        assert_eq!([0, 1, 2, 3].map(|at| read(&buffer, at)), [7, 8, 9, 10]);
    }

    #[test]
    fn a_device_that_is_not_there_or_can_not_be_has_no_statistics() {
        let socket = socket().unwrap();
        for name in ["weir-none", "", "a-name-that-is-longer-than-any"] {
            assert!(count(&socket, name).is_err(), "{name}");
        }
        assert!(count(&socket, "lo").is_err());
    }
}

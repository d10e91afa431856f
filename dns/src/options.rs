//! The EDNS options that a client may send and we know.
//!
//! Unknown ones are ignored (RFC 6891 section 6.1.2), padding too: an answer over UDP or plain TCP hides nothing.
//! What is known and wrong is answered FORMERR, as the RFC of each asks for.

mod subnet;

use crate::metrics::Transport;
use crate::opt;

pub(crate) use subnet::Subnet;

/// Client subnet (RFC 7871).
const SUBNET: u16 = 8;
/// Name server identifier (RFC 5001).
const NSID: u16 = 3;
/// Cookie (RFC 7873).
const COOKIE: u16 = 10;
/// TCP keepalive (RFC 7828).
const KEEPALIVE: u16 = 11;
/// Extended error (RFC 8914).
const EXTENDED_ERROR: u16 = 15;

/// The known options of a question. Of one that is there twice the first counts (RFC 7873 section 5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options<'a> {
    /// The client's cookie, and the server's that it was given before.
    pub(crate) cookie: Option<Cookie<'a>>,
    /// It asks who answers.
    pub(crate) nsid: bool,
    /// Whom it asks for.
    pub(crate) subnet: Option<Subnet<'a>>,
    /// It asks how long a connection may be idle.
    pub(crate) keepalive: bool,
}

/// A cookie option: the client's part, and the server's of 8 to 32 bytes if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cookie<'a> {
    pub(crate) client: [u8; 8],
    pub(crate) server: Option<&'a [u8]>,
}

/// What is wrong with options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Their lengths do not add up, so there is no OPT record to answer with one.
    Torn,
    /// One that is known breaks its rules.
    Malformed,
}

impl<'a> Options<'a> {
    /// Reads the data of an OPT record.
    pub(crate) fn parse(mut rest: &'a [u8], transport: Transport) -> Result<Self, Fault> {
        let mut options = Self::default();
        let mut malformed = false;
        while !rest.is_empty() {
            let (head, after) = rest.split_first_chunk::<4>().ok_or(Fault::Torn)?;
            let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
            let (data, after) = after.split_at_checked(length).ok_or(Fault::Torn)?;
            rest = after;
            match u16::from_be_bytes([head[0], head[1]]) {
                // Servers ignore its data in a question (RFC 5001 section 2.1).
                NSID => options.nsid = true,
                COOKIE if options.cookie.is_none() => {
                    options.cookie = Cookie::parse(data);
                    malformed |= options.cookie.is_none();
                }
                SUBNET if options.subnet.is_none() => {
                    options.subnet = Subnet::parse(data);
                    malformed |= options.subnet.is_none();
                }
                // To be ignored over UDP; a client's has no data (RFC 7828 sections 3.2.1 and 3.3.2).
                KEEPALIVE if transport == Transport::Tcp => {
                    options.keepalive = true;
                    malformed |= !data.is_empty();
                }
                _ => {}
            }
        }
        if malformed { Err(Fault::Malformed) } else { Ok(options) }
    }
}

impl<'a> Cookie<'a> {
    fn parse(data: &'a [u8]) -> Option<Self> {
        let (client, server) = data.split_first_chunk::<8>()?;
        let server = match server.len() {
            0 => None,
            8..=32 => Some(server),
            _ => return None,
        };
        Some(Self { client: *client, server })
    }
}

/// Adds our name.
pub(crate) fn push_nsid(options: &mut Vec<u8>, name: &[u8]) {
    opt::push(options, NSID, name);
}

/// Adds a cookie, client's and server's part.
pub(crate) fn push_cookie(options: &mut Vec<u8>, cookie: &[u8; 24]) {
    opt::push(options, COOKIE, cookie);
}

/// Adds a client's subnet as it came, scope 0: the answer is good for everyone (RFC 7871 section 7.2.1). A pool's
/// answer depends on whose turn it is, not on who asks.
pub(crate) fn push_subnet(options: &mut Vec<u8>, subnet: Subnet<'_>) {
    opt::push(options, SUBNET, subnet.as_bytes());
}

/// Adds how long a connection may be idle, in units of 100 ms.
pub(crate) fn push_keepalive(options: &mut Vec<u8>, idle: std::time::Duration) {
    let units = u16::try_from(idle.as_millis() / 100).unwrap_or(u16::MAX);
    opt::push(options, KEEPALIVE, &units.to_be_bytes());
}

/// Adds an extended error.
pub(crate) fn push_extended_error(options: &mut Vec<u8>, code: u16, text: &str) {
    opt::push(options, EXTENDED_ERROR, &[&code.to_be_bytes(), text.as_bytes()].concat());
}

#[cfg(test)]
mod tests;

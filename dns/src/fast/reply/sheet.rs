//! A message in the making: header, question, records, and the OPT record.
//!
//! Whatever does not fit makes None, which leaves the question to the general path, where it is cut.

use std::net::IpAddr;

use weir_core::Family;

use super::Buffer;
use crate::answer::Kind;
use crate::fast::ask::Ask;
use crate::fast::names::ZoneParts;
use crate::options::Subnet;
use crate::query::MAX_UDP;
use crate::record::Type;
use crate::wire::HEADER;

const QR: u8 = 0x80;
const AA: u8 = 0x04;
const TC: u8 = 0x02;
const NXDOMAIN: u8 = 3;
/// Our OPT record up to the length of its options: the root, OPT, our size, version 0.
const OPT: [u8; 7] = [0, 0, 41, MAX_UDP.to_be_bytes()[0], MAX_UDP.to_be_bytes()[1], 0, 0];
const OPT_LENGTH: usize = 11;
/// A cookie option: code 10, 24 bytes.
const COOKIE: [u8; 4] = [0, 10, 0, 24];
/// A subnet option up to the lower byte of its length: code 8.
const SUBNET: [u8; 3] = [0, 8, 0];
/// A record whose owner is a pointer, without its data.
const RECORD: usize = 12;

/// A message in the making. Its question is in it from the beginning; all counts are in its header.
pub(super) struct Sheet<'a> {
    bytes: &'a mut Buffer,
    at: usize,
    /// Where records end at the latest, so that the OPT record fits behind them.
    end: usize,
    question_end: usize,
    opt: Option<Tail<'a>>,
}

/// What follows the records.
#[derive(Clone, Copy)]
struct Tail<'a> {
    dnssec_ok: bool,
    cookie: Option<&'a [u8; 24]>,
    subnet: Option<Subnet<'a>>,
}

impl Tail<'_> {
    /// How long its options are: 52 bytes at most.
    fn options(self) -> usize {
        let cookie = self.cookie.map_or(0, |cookie| COOKIE.len() + cookie.len());
        cookie + self.subnet.map_or(0, |subnet| SUBNET.len() + 1 + subnet.as_bytes().len())
    }
}

impl<'a> Sheet<'a> {
    /// Header and question.
    pub(super) fn open(bytes: &'a mut Buffer, ask: &Ask<'a>, cookie: Option<&'a [u8; 24]>) -> Self {
        let opt = ask.opt.map(|opt| Tail { dnssec_ok: opt.dnssec_ok, cookie, subnet: opt.subnet });
        let reserved = opt.map_or(0, |opt| OPT_LENGTH + opt.options());
        let question_end = HEADER + ask.question.len();
        let [rd, cd] = ask.flags;
        bytes[..2].copy_from_slice(&ask.id);
        bytes[2..HEADER].copy_from_slice(&[QR | AA | rd, cd, 0, 1, 0, 0, 0, 0, 0, 0]);
        // A question has 259 bytes at most.
        bytes[HEADER..question_end].copy_from_slice(ask.question);
        Self { bytes, at: question_end, end: ask.limit() - reserved, question_end, opt }
    }

    /// Adds the OPT record, if the question had one.
    pub(super) fn close(&mut self) {
        let Some(opt) = self.opt else { return };
        self.append(&OPT);
        let flags = if opt.dnssec_ok { 0x80 } else { 0 };
        self.append(&[flags, 0, 0, u8::try_from(opt.options()).unwrap_or(0)]);
        if let Some(cookie) = opt.cookie {
            self.append(&COOKIE);
            self.append(cookie);
        }
        if let Some(subnet) = opt.subnet.map(Subnet::as_bytes) {
            self.append(&SUBNET);
            self.append(&[u8::try_from(subnet.len()).unwrap_or(0)]);
            self.append(subnet);
        }
        self.bytes[11] = 1;
    }

    /// Adds bytes whose place was reserved.
    fn append(&mut self, bytes: &[u8]) {
        let end = self.at + bytes.len();
        self.bytes[self.at..end].copy_from_slice(bytes);
        self.at = end;
    }

    /// Leaves nothing but the question, TC, and the OPT record.
    pub(super) fn cut(&mut self) {
        self.bytes[2] |= TC;
        self.bytes[6..HEADER].fill(0);
        self.at = self.question_end;
        self.close();
    }

    pub(super) fn length(&self) -> usize {
        self.at
    }

    /// Whether it says that the name does not exist.
    pub(super) fn denies(&self) -> bool {
        self.bytes[3] & 0x0f == NXDOMAIN
    }

    /// Copies records that are ready.
    pub(super) fn copy(&mut self, records: &[u8], count: u16) -> Option<()> {
        self.take(records.len())?.copy_from_slice(records);
        self.bytes[6..8].copy_from_slice(&count.to_be_bytes());
        Some(())
    }

    /// Adds a record of the question's name to the answers.
    pub(super) fn record(&mut self, kind: Type, ttl: u32, data: &[u8]) -> Option<()> {
        let record = self.take(RECORD + data.len())?;
        record[..RECORD].copy_from_slice(&head(HEADER, kind, ttl, data.len()));
        record[RECORD..].copy_from_slice(data);
        // There are 255 at most.
        self.bytes[7] += 1;
        Some(())
    }

    /// Adds an address to the answers.
    pub(super) fn address(&mut self, ttl: u32, address: IpAddr) -> Option<()> {
        match address {
            IpAddr::V4(address) => self.record(Type::A, ttl, &address.octets()),
            IpAddr::V6(address) => self.record(Type::AAAA, ttl, &address.octets()),
        }
    }

    /// Whether so many addresses fit.
    pub(super) fn has_room_for(&self, addresses: usize, family: Family) -> Option<()> {
        let each = RECORD + if family == Family::V4 { 4 } else { 16 };
        (self.at + addresses * each <= self.end).then_some(())
    }

    /// NXDOMAIN.
    pub(super) fn deny(&mut self, zone: &ZoneParts) -> Option<Kind> {
        self.bytes[3] |= NXDOMAIN;
        self.lack(zone, u32::MAX)
    }

    /// NODATA, not to be remembered longer than `limit` seconds.
    pub(super) fn lack(&mut self, zone: &ZoneParts, limit: u32) -> Option<Kind> {
        // The zone's name is the end of the question's.
        let owner = self.question_end.checked_sub(4 + zone.origin)?;
        let record = self.take(RECORD - 2 + zone.soa.len())?;
        let head = head(owner, Type::SOA, zone.negative_ttl.min(limit), 0);
        record[..RECORD - 2].copy_from_slice(&head[..RECORD - 2]);
        record[RECORD - 2..].copy_from_slice(&zone.soa);
        self.bytes[9] = 1;
        Some(Kind::Negative)
    }

    /// The next bytes, if there are so many.
    fn take(&mut self, length: usize) -> Option<&mut [u8]> {
        let from = self.at;
        let to = from.checked_add(length).filter(|&to| to <= self.end)?;
        self.at = to;
        self.bytes.get_mut(from..to)
    }
}

/// A record up to its data; its owner is the name at `owner`, which is within the first 271 bytes.
fn head(owner: usize, kind: Type, ttl: u32, length: usize) -> [u8; RECORD] {
    let (owner, length) = (u16::try_from(owner).unwrap_or(0), u16::try_from(length).unwrap_or(0));
    // As one number, so that it is written at once.
    let name_to_ttl =
        u64::from(0xc000 | owner) << 48 | u64::from(kind.0) << 32 | 1 << 16 | u64::from(ttl >> 16);
    let ttl_to_length = ttl << 16 | u32::from(length);
    let mut record = [0; RECORD];
    record[..8].copy_from_slice(&name_to_ttl.to_be_bytes());
    record[8..].copy_from_slice(&ttl_to_length.to_be_bytes());
    record
}

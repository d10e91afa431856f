//! Authoritative DNS answers of weir: zones, pools, and the names of their interfaces.
//!
//! Facts of the world: resolvers ask over UDP, and over TCP when an answer was cut; they spell names in any case and
//! compare byte by byte what comes back; they remember what does not exist as long as the SOA says; they send what
//! they like, and under forged addresses. A reply has to leave from the address that was asked, or it is thrown away.
//!
//! ```text
//!  UDP ─┐                                       Zones (replaced as a whole at a reload)
//!       ├─ bytes ─► exchange, door ─► Query ─► answer ◄─── Snapshot (one per question)
//!  TCP ─┘               ▲                        │  ◄───── Challenges (by order, for minutes)
//!                 Guard: cookies, limits         │  ◄───── Desk (who is next in line)
//!                       ▼                        │
//!       ◄─ bytes ── exchange, door ◄── Answer ◄──┘
//! ```
//!
//! Invariants:
//! * One pure function, `answer`, decides everything about an answer; both transports encode what it says. The fast
//!   path of UDP (`fast`) answers common questions from tables, with the same bytes, and leaves all others to it.
//! * One snapshot per question. No lock is held while bytes are read or written, and no `.await` stands between
//!   loading the snapshot and having the answer.
//! * No answer over UDP is longer than 1232 bytes and than the client takes, options included, and no network is sent
//!   more of them than its limit, unless it proved by a cookie that it asks.
//! * The question is echoed byte by byte, and names that it ends with are spelled as it spells them.
//! * Bytes from the network never panic: random and mutated messages are part of the tests, `fuzz/` goes further.
//! * Unsafe code is in `listener/udp/mail` only: the calls that take many datagrams at once.
//! * hickory's types stay in `door` (messages) and `text/rdata` with `text` (zone text).
//!
//! Refused: hickory's catalog and in-memory zones (AA on referrals, wildcards and negative answers that differ from
//! the RFCs in 0.26); its own UDP and TCP loops (no limit of connections, a log line per question at level info,
//! FORMERR without the question, one server cannot give up one socket); zone transfers, as a secondary cannot steer.

mod name;
mod query;
mod record;

mod text;
mod zone;

mod challenges;

mod hash;

mod answer;
mod desk;

mod answerer;
mod chaos;
mod extended;
mod metrics;

mod cookies;
mod guard;
mod limits;
mod policy;
mod quota;

mod door;
mod exchange;
mod opt;
mod options;
mod wire;

mod fast;
mod listener;

#[cfg(test)]
mod kit;

pub use answerer::Answerer;
pub use challenges::{
    ChallengeError, ChallengeName, ChallengeValue, LONGEST_CHALLENGE, MOST_CHALLENGES,
    MOST_CHALLENGES_AT_A_NAME,
};
pub use cookies::{CookieState, CookieTime, Cookies, SecretFile, SecretFileFault, Secrets, SecretsFault};
pub use desk::PoolBrought;
pub use limits::{Class, Limits, Verdict};
pub use listener::{BindError, DnsListener, EndedUnasked};
pub use metrics::Transport;
pub use policy::{Chaos, CookiePolicy, DnsPolicy, LimitMode, LimitPolicy, TcpPolicy, Told};
pub use zone::{PoolNames, ZoneFault, ZoneSpec, Zones};

//! The answer to a common question, written into a buffer of fixed size.

mod sheet;

use std::cell::OnceCell;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::Guard as Loaded;
use weir_core::Family;

use super::ask::{Ask, Key, Opt};
use super::compiled::Compiled;
use super::names::{Here, Steered, ZoneParts};
use crate::answer::{HINFO_RFC8482, Kind};
use crate::answerer::Answerer;
use crate::cookies::{CookieState, CookieTime, Secrets};
use crate::desk::{Line, Turn};
use crate::guard::Active;
use crate::limits::{Class, Verdict};
use crate::policy::CookiePolicy;
use crate::query::MAX_UDP;
use crate::record::Type;
use sheet::Sheet;

/// An answer's buffer.
pub(crate) type Buffer = [u8; MAX_UDP as usize];

/// What is looked up once for a batch of questions.
pub(crate) struct Batch<'a> {
    answerer: &'a Answerer,
    compiled: Loaded<Arc<Compiled>>,
    active: Loaded<Arc<Active>>,
    secrets: Loaded<Arc<Secrets>>,
    /// Somebody is to find a challenge: denials are for the general path.
    challenged: bool,
    now: Instant,
    /// The wall clock, once a cookie needs it.
    cookie_time: OnceCell<CookieTime>,
}

/// What one thread keeps from question to question, so that nothing is allocated.
#[derive(Debug)]
pub(crate) struct Replier {
    key: Key,
    picked: Vec<usize>,
}

/// What became of a common question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// So many bytes are to be sent.
    Answer(Kind, usize),
    /// Nothing: it is over a limit.
    Silence(Kind),
}

/// What an answer has come to before its limit is asked.
enum Filled<'a> {
    /// Its records are written.
    Written(Kind),
    /// It is to name members of a pool, which fit. Who is picked pays, so nobody is before it is certain that the answer
    /// leaves: else forged questions would use up the turns of viewers.
    Waiting(Turn<'a>, &'a Line),
}

impl Filled<'_> {
    fn kind(&self) -> Kind {
        match self {
            Self::Written(kind) => *kind,
            Self::Waiting(..) => Kind::Pool,
        }
    }
}

impl<'a> Batch<'a> {
    /// Looks everything up.
    pub(crate) fn open(answerer: &'a Answerer) -> Self {
        let now = Instant::now();
        Self {
            answerer,
            compiled: answerer.compiled(),
            active: answerer.guard().active(),
            secrets: answerer.guard().cookies().secrets(),
            challenged: answerer.challenges().load().count(now) > 0,
            now,
            cookie_time: OnceCell::new(),
        }
    }
}

impl Replier {
    pub(crate) fn new() -> Self {
        Self { key: Key::new(), picked: Vec::with_capacity(usize::from(u8::MAX)) }
    }

    /// Answers a message. None leaves it to the general path, and nothing has been done about it.
    pub(crate) fn reply(
        &mut self,
        batch: &Batch<'_>,
        message: &[u8],
        client: IpAddr,
        buffer: &mut Buffer,
    ) -> Option<Reply> {
        let ask = Ask::parse(message)?;
        self.key.set(ask.question);
        let mut back = [0; 24];
        let cookie = bake(batch, ask.opt, client, &mut back)?;
        let back = (cookie != CookieState::Absent).then_some(&back);
        let mut sheet = Sheet::open(buffer, &ask, back);
        let filled = self.fill(batch, &ask, client, &mut sheet)?;
        let kind = filled.kind();
        let class = if sheet.denies() { Class::Negative } else { Class::Answer };
        let guard = batch.answerer.guard();
        match guard.check(&batch.active, (client, class), batch.now, cookie) {
            Verdict::Answer | Verdict::WouldLimit => {
                if let Filled::Waiting(turn, line) = filled {
                    self.hand_out(turn, line, &mut sheet)?;
                }
                sheet.close();
            }
            Verdict::Truncate => sheet.cut(),
            Verdict::Drop => return Some(Reply::Silence(kind)),
        }
        Some(Reply::Answer(kind, sheet.length()))
    }

    /// Writes the records, but for those of a pool.
    fn fill<'b>(
        &self,
        batch: &'b Batch<'_>,
        ask: &Ask<'_>,
        client: IpAddr,
        sheet: &mut Sheet<'_>,
    ) -> Option<Filled<'b>> {
        let names = &batch.compiled.names;
        let Some(here) = names.find(self.key.as_wire()) else {
            let above = names.closest_above(self.key.as_wire()).filter(|above| above.denies)?;
            if batch.challenged {
                return None;
            }
            return sheet.deny(names.zone(above)).map(Filled::Written);
        };
        let (here, kind) = (here?, ask.kind);
        let zone = names.zone(here);
        if kind == Type::ANY && here.any {
            sheet.record(Type::HINFO, any_ttl(&batch.compiled, here, zone), HINFO_RFC8482)?;
            return Some(Filled::Written(Kind::Any));
        }
        if let Some(steered) = here.steered.filter(|_| kind.is_address()) {
            let family = if kind == Type::AAAA { Family::V6 } else { Family::V4 };
            return steer(batch, steered, (zone, family, client), sheet);
        }
        if let Some(set) = here.sets.iter().find(|set| set.kind == kind) {
            sheet.copy(&set.bytes, set.count)?;
            return Some(Filled::Written(Kind::Static));
        }
        if here.alias { None } else { sheet.lack(zone, u32::MAX).map(Filled::Written) }
    }

    /// Writes the addresses of those of a pool whose turn it is.
    fn hand_out(&mut self, turn: Turn<'_>, line: &Line, sheet: &mut Sheet<'_>) -> Option<()> {
        self.picked.clear();
        let ttl = line.pick(turn, &mut self.picked);
        let (pool, private) = (turn.pool, turn.pool.is_private(turn.client));
        let address = |index: &usize| {
            let member = pool.members.get(*index)?;
            Some(if private { member.private_address() } else { member.public_address })
        };
        for (before, index) in self.picked.iter().enumerate() {
            let told = address(index)?;
            // Interfaces may share an address, and a set holds each record once (RFC 2181 section 5).
            if !self.picked[..before].iter().any(|other| address(other) == Some(told)) {
                sheet.address(ttl.as_secs(), told)?;
            }
        }
        Some(())
    }
}

/// Writes the address of one interface, or finds out whose turn it may be.
fn steer<'a>(
    batch: &'a Batch<'_>,
    steered: Steered,
    (zone, family, client): (&ZoneParts, Family, IpAddr),
    sheet: &mut Sheet<'_>,
) -> Option<Filled<'a>> {
    let (Steered::Pool(place) | Steered::Interface(place, _)) = steered;
    let compiled = &*batch.compiled;
    let (pool, now) = (compiled.snapshot.pools.get(place)?, compiled.pools.get(place)?);
    let ttl = pool.ttl.as_secs();
    if let Steered::Interface(_, place) = steered {
        let member = pool.members.get(place)?;
        if member.family() != family {
            return sheet.lack(zone, ttl).map(Filled::Written);
        }
        sheet.address(ttl, member.address_for(pool, client))?;
        return Some(Filled::Written(Kind::Interface));
    }
    let members = now.family(family);
    if members.usable == 0 {
        return sheet.lack(zone, if members.exists { ttl } else { u32::MAX }).map(Filled::Written);
    }
    sheet.has_room_for(usize::from(pool.answer_count.max(1)).min(members.usable), family)?;
    let generation = Some(compiled.snapshot.generation);
    let turn = Turn { pool, generation, family, client, now: batch.now };
    Some(Filled::Waiting(turn, &now.line))
}

/// Judges the cookie of a question and writes the one of the answer. None when an enforced cookie is lacking.
fn bake(batch: &Batch<'_>, opt: Option<Opt<'_>>, client: IpAddr, back: &mut [u8; 24]) -> Option<CookieState> {
    let policy = batch.active.policy.cookies;
    let Some(cookie) = opt.and_then(|opt| opt.cookie).filter(|_| policy != CookiePolicy::Off) else {
        return Some(CookieState::Absent);
    };
    let now = *batch.cookie_time.get_or_init(CookieTime::now);
    let state = batch.secrets.judge(cookie, client, now, back);
    let unproven = policy == CookiePolicy::Enforce && state != CookieState::Valid;
    (!unproven).then_some(state)
}

/// The time to live of the answer to ANY.
fn any_ttl(compiled: &Compiled, here: &Here, zone: &ZoneParts) -> u32 {
    match here.steered {
        Some(Steered::Pool(place) | Steered::Interface(place, _)) => {
            compiled.snapshot.pools.get(place).map_or(zone.default_ttl, |pool| pool.ttl.as_secs())
        }
        None => zone.default_ttl,
    }
}

//! One message and its answer, from bytes to bytes: options, cookies and limits around what the door answers.
//!
//! ```text
//!  bytes ─► Asked ─► Opt ─► Options ─► cookie ─► door ─► limits ─► bytes
//!             │        │        │         │
//!          silence     └─ FORMERR ┘    BADCOOKIE, or a cookie alone
//! ```

use std::net::SocketAddr;
use std::time::Instant;

use crate::answer::Kind;
use crate::answerer::Answerer;
use crate::cookies::{CookieState, CookieTime, Cookies};
use crate::door;
use crate::limits::{Class, Verdict};
use crate::metrics::Transport;
use crate::opt::{self, Opt};
use crate::options::{self, Fault, Options};
use crate::policy::{CookiePolicy, DnsPolicy};
use crate::query::QUERY;
use crate::wire::{self, Asked, FORMERR, NOTIMP, SERVFAIL};

/// BADVERS (RFC 6891 section 9).
const BADVERS: u16 = 16;
/// BADCOOKIE (RFC 7873 section 8).
const BADCOOKIE: u16 = 23;

/// A message that may be answered, and what its OPT record asks for.
struct Exchange<'a> {
    asked: Asked<'a>,
    message: &'a [u8],
    opt: Option<Opt<'a>>,
    fault: Option<Fault>,
    cookie: CookieState,
    /// The options of the answer.
    back: Vec<u8>,
}

impl Answerer {
    /// Answers one message. None for what is never answered (fragments of a header, and answers), and for what is
    /// over a limit.
    pub(crate) fn reply(&self, message: &[u8], client: SocketAddr, transport: Transport) -> Option<Vec<u8>> {
        let asked = Asked::new(message)?;
        let active = self.guard().active();
        let (policy, cookies) = (&active.policy, self.guard().cookies());
        let exchange = Exchange::open(asked, message, (client, transport), policy, cookies);
        let response = self.make(&exchange, client, transport, policy.cookies);
        if transport == Transport::Tcp {
            return Some(response);
        }
        let whom = (client.ip(), Class::of(&response));
        match self.guard().check(&active, whom, Instant::now(), exchange.cookie) {
            Verdict::Answer | Verdict::WouldLimit => Some(response),
            Verdict::Truncate => exchange.cut(response),
            Verdict::Drop => None,
        }
    }

    fn make(
        &self,
        exchange: &Exchange<'_>,
        client: SocketAddr,
        transport: Transport,
        cookies: CookiePolicy,
    ) -> Vec<u8> {
        let asked = exchange.asked;
        match exchange.fault {
            Some(Fault::Torn) => {
                self.count(transport, Kind::FormErr);
                return asked.refusal(FORMERR);
            }
            Some(Fault::Malformed) => {
                self.count(transport, Kind::FormErr);
                return exchange.bare(u16::from(FORMERR));
            }
            None => {}
        }
        let proven = matches!(exchange.cookie, CookieState::Absent | CookieState::Valid);
        // A question for a cookie alone (RFC 7873 section 5.4).
        if asked.has_no_question() && exchange.cookie != CookieState::Absent {
            self.count(transport, Kind::Cookie);
            return exchange.bare(if exchange.cookie == CookieState::Bad { BADCOOKIE } else { 0 });
        }
        if cookies == CookiePolicy::Enforce && !proven && transport == Transport::Udp {
            self.count(transport, Kind::Cookie);
            return exchange.bare(BADCOOKIE);
        }
        let Some(question) = asked.question() else { return self.refuse(exchange, transport) };
        let plain = exchange.opt.map_or_else(|| exchange.message.to_vec(), |opt| opt.strip(exchange.message));
        let Some(request) = door::decode(&plain, client, transport) else {
            return self.refuse(exchange, transport);
        };
        door::respond(self, &request, question, &exchange.back).unwrap_or_else(|| asked.refusal(SERVFAIL))
    }

    /// The answer to what can't be decoded. Another opcode than QUERY may have another format (RFC 1035 leaves it
    /// open), and so may another version of EDNS (RFC 6891 section 6.1.3), so there it is not the client's mistake.
    fn refuse(&self, exchange: &Exchange<'_>, transport: Transport) -> Vec<u8> {
        let opt = exchange.opt.filter(|opt| !opt.has_rival(exchange.message));
        let (code, kind) = match opt {
            _ if exchange.asked.opcode() != QUERY => (u16::from(NOTIMP), Kind::NotImp),
            Some(opt) if opt.version > 0 => (BADVERS, Kind::BadVers),
            _ => (u16::from(FORMERR), Kind::FormErr),
        };
        self.count(transport, kind);
        Exchange { opt, back: exchange.back.clone(), ..*exchange }.bare(code)
    }
}

impl<'a> Exchange<'a> {
    fn open(
        asked: Asked<'a>,
        message: &'a [u8],
        (client, transport): (SocketAddr, Transport),
        policy: &DnsPolicy,
        cookies: &Cookies,
    ) -> Self {
        let opt = Opt::find(message);
        // Options of another version or opcode may mean anything.
        let known = opt.filter(|opt| opt.version == 0 && asked.opcode() == QUERY);
        let parsed = Options::parse(known.map_or(&[], |opt| opt.options), transport);
        let (options, fault) =
            parsed.map_or_else(|fault| (Options::default(), Some(fault)), |good| (good, None));
        let mut back = Vec::new();
        let mut state = CookieState::Absent;
        if let Some(cookie) = options.cookie.filter(|_| policy.cookies != CookiePolicy::Off) {
            let mut whole = [0; 24];
            state = cookies.secrets().judge(cookie, client.ip(), CookieTime::now(), &mut whole);
            options::push_cookie(&mut back, &whole);
        }
        if let Some(nsid) = policy.nsid.as_ref().filter(|_| options.nsid) {
            options::push_nsid(&mut back, nsid.as_bytes());
        }
        if let Some(subnet) = options.subnet {
            options::push_subnet(&mut back, subnet);
        }
        if options.keepalive {
            options::push_keepalive(&mut back, policy.tcp.idle);
        }
        Self { asked, message, opt, fault, cookie: state, back }
    }

    /// An answer of this code without records; its OPT record holds the upper part of the code.
    fn bare(&self, code: u16) -> Vec<u8> {
        let [upper, lower] = (code << 4).to_be_bytes();
        let mut response = self.asked.refusal(lower >> 4);
        self.add_opt(&mut response, upper);
        response
    }

    /// What is left of an answer that is over a limit; nothing if there is no question to ask again.
    fn cut(&self, mut response: Vec<u8>) -> Option<Vec<u8>> {
        let question = self.asked.question()?;
        let upper = Opt::find(&response).map_or(0, |opt| opt.upper);
        wire::cut(&mut response, question);
        self.add_opt(&mut response, upper);
        Some(response)
    }

    fn add_opt(&self, response: &mut Vec<u8>, upper: u8) {
        if let Some(opt) = self.opt {
            opt::add(response, opt.dnssec_ok, upper);
            opt::fill(response, &self.back);
        }
    }
}

impl Class {
    /// The class of an answer, by its response code.
    fn of(response: &[u8]) -> Self {
        match response.get(3).map(|flags| flags & 0x0f) {
            Some(0) => Self::Answer,
            Some(3) => Self::Negative,
            _ => Self::Error,
        }
    }
}

#[cfg(test)]
mod tests;

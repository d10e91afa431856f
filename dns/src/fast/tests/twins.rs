//! Two answerers that are alike, one for each path.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use weir_core::{Publisher, Snapshot};

use crate::fast::{Batch, Buffer, Replier, Reply};
use crate::kit;
use crate::query::MAX_UDP;
use crate::{Answerer, DnsPolicy, Secrets, Transport};

/// One answerer that is asked on its fast path, and one on its general path; all else is alike.
pub(super) struct Twins {
    pub(super) fast: Arc<Answerer>,
    pub(super) general: Arc<Answerer>,
    publishers: [Publisher; 2],
    replier: Replier,
    /// How many questions the fast path answered, and how many it left.
    pub(super) answered: usize,
    pub(super) left: usize,
}

impl Twins {
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        let twins = [(); 2].map(|()| kit::answerer(snapshot.clone()));
        let [(fast, _, one), (general, _, other)] = twins;
        let now = Instant::now();
        fast.stop(now);
        general.stop(now);
        let secrets: Secrets = "e5e973e5a6b2a43f48e7dc849e37bfcf".parse().unwrap();
        fast.cookies().replace(secrets.clone());
        general.cookies().replace(secrets);
        Self { fast, general, publishers: [one, other], replier: Replier::new(), answered: 0, left: 0 }
    }

    pub(super) fn publish(&mut self, snapshot: &Snapshot) {
        for publisher in &mut self.publishers {
            publisher.publish(snapshot.clone());
        }
        // Forgets the lines of pools that are gone, as nothing else does.
        self.general.compiled();
        self.fast.compiled();
    }

    pub(super) fn replace_policy(&self, policy: &DnsPolicy) {
        self.fast.replace_policy(policy.clone());
        self.general.replace_policy(policy.clone());
    }

    /// What the fast path answers, or else what its answerer's general path does.
    pub(super) fn ask_fast(&mut self, message: &[u8], client: SocketAddr) -> Option<Vec<u8>> {
        match ask(&self.fast, &mut self.replier, message, client) {
            Asked::Answered(answer) => {
                self.answered += 1;
                answer
            }
            Asked::Left => {
                self.left += 1;
                self.fast.reply(message, client, Transport::Udp)
            }
        }
    }

    /// Asks both, compares, and hands back what both answered.
    pub(super) fn compare(&mut self, message: &[u8], client: &str) -> Option<Vec<u8>> {
        let client = client.parse().unwrap();
        let pair = |twins: &mut Self| {
            let fast = twins.ask_fast(message, client);
            (fast, twins.general.reply(message, client, Transport::Udp))
        };
        let (mut fast, mut general) = pair(self);
        if fast != general && holds_cookie(&fast) && holds_cookie(&general) {
            // A new cookie holds the time: the second may have ended in between. Nothing else is asked again.
            (fast, general) = pair(self);
        }
        assert_eq!(fast, general, "fast and general path, asked {message:x?}");
        general
    }
}

/// Whether an answer holds a server cookie: option 10, of 24 bytes (RFC 7873 section 4, RFC 9018 section 4).
fn holds_cookie(answer: &Option<Vec<u8>>) -> bool {
    answer.as_ref().is_some_and(|bytes| bytes.windows(4).any(|window| window == [0, 10, 0, 24]))
}

pub(super) enum Asked {
    Answered(Option<Vec<u8>>),
    Left,
}

pub(super) fn ask(answerer: &Answerer, replier: &mut Replier, message: &[u8], client: SocketAddr) -> Asked {
    let mut buffer: Buffer = [0xee; MAX_UDP as usize];
    match replier.reply(&Batch::open(answerer), message, client.ip(), &mut buffer) {
        Some(Reply::Answer(_, length)) => Asked::Answered(Some(buffer[..length].to_vec())),
        Some(Reply::Silence(_)) => Asked::Answered(None),
        None => Asked::Left,
    }
}

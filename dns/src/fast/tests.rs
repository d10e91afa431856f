//! The fast path beside the general one.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use weir_core::{Publisher, Snapshot};

use super::{Batch, Buffer, Replier, Reply};
use crate::kit::{self, with_opt};
use crate::name::Name;
use crate::query::MAX_UDP;
use crate::{Answerer, ChallengeName, CookiePolicy, DnsPolicy, LimitMode, LimitPolicy, Secrets, Transport};

const A: u16 = 1;
const VIEWER: &str = "192.0.2.77:4000";
const PRIVATE: &str = "10.1.2.3:4000";

/// One answerer that is asked on its fast path, and one on its general path; all else is alike.
struct Twins {
    fast: Arc<Answerer>,
    general: Arc<Answerer>,
    publishers: [Publisher; 2],
    replier: Replier,
    /// How many questions the fast path answered, and how many it left.
    answered: usize,
    left: usize,
}

impl Twins {
    fn new(snapshot: &Snapshot) -> Self {
        let twins = [(); 2].map(|()| kit::answerer(snapshot.clone()));
        let [(fast, _, one), (general, _, other)] = twins;
        let secrets: Secrets = "e5e973e5a6b2a43f48e7dc849e37bfcf".parse().unwrap();
        fast.cookies().replace(secrets.clone());
        general.cookies().replace(secrets);
        Self { fast, general, publishers: [one, other], replier: Replier::new(), answered: 0, left: 0 }
    }

    fn publish(&mut self, snapshot: &Snapshot) {
        for publisher in &mut self.publishers {
            publisher.publish(snapshot.clone());
        }
        // Forgets the lines of pools that are gone, as nothing else does.
        self.general.compiled();
        self.fast.compiled();
    }

    fn replace_policy(&self, policy: &DnsPolicy) {
        self.fast.replace_policy(policy.clone());
        self.general.replace_policy(policy.clone());
    }

    /// What the fast path answers, or else what its answerer's general path does.
    fn ask_fast(&mut self, message: &[u8], client: SocketAddr) -> Option<Vec<u8>> {
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

    /// Asks both and compares.
    fn compare(&mut self, message: &[u8], client: &str) {
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
    }
}

/// Whether an answer holds a server cookie: option 10, of 24 bytes (RFC 7873 section 4, RFC 9018 section 4).
fn holds_cookie(answer: &Option<Vec<u8>>) -> bool {
    answer.as_ref().is_some_and(|bytes| bytes.windows(4).any(|window| window == [0, 10, 0, 24]))
}

enum Asked {
    Answered(Option<Vec<u8>>),
    Left,
}

fn ask(answerer: &Answerer, replier: &mut Replier, message: &[u8], client: SocketAddr) -> Asked {
    let mut buffer: Buffer = [0xee; MAX_UDP as usize];
    match replier.reply(&Batch::open(answerer), message, client.ip(), &mut buffer) {
        Some(Reply::Answer(_, length)) => Asked::Answered(Some(buffer[..length].to_vec())),
        Some(Reply::Silence(_)) => Asked::Answered(None),
        None => Asked::Left,
    }
}

fn question(flags: u16, name: &[u8], kind: u16) -> Vec<u8> {
    let mut message = kit::question(0x1234, flags, "", kind);
    message.splice(12..13, name.iter().copied());
    message
}

/// All names of the kit's world, one below each, and some from elsewhere.
fn names() -> BTreeSet<Vec<u8>> {
    let zones = kit::zones();
    // One of the sixty servers of a delegation will do.
    let usual = |name: &&Name| !name.to_string().contains(".wide.") || name.to_string().starts_with("ns7.");
    let all = zones.all().flat_map(|zone| zone.nodes.keys());
    let mut names: BTreeSet<Vec<u8>> = all.filter(usual).map(|name| name.as_wire().to_vec()).collect();
    let name = |text: &str| Name::from_labels(text.split('.').map(str::as_bytes)).unwrap().as_wire().to_vec();
    for host in ["live", "dual.x", "none", "later", "a.wild", "q.alias", "_acme-challenge", "no.no.no"] {
        for child in ["eni0", "eni3", "six", "eni9", "_acme-challenge", "x.eni0"] {
            names.insert(name(&format!("{child}.{host}.stream.test")));
        }
        names.insert(name(&format!("{host}.stream.test")));
    }
    let below: Vec<Vec<u8>> = names.iter().map(|name| [b"\x03xyz", name.as_slice()].concat()).collect();
    names.extend(below);
    names.extend(["test", "stream.example", "tream.test", "astream.test"].map(name));
    names.insert(vec![0]);
    names.insert([b"\x09eni0.live".as_slice(), &name("stream.test")].concat());
    names.insert([b"\x01a".repeat(116), name("stream.test")].concat());
    names
}

/// In alternating case.
fn spelled(name: &[u8]) -> Vec<u8> {
    let shout = |(place, byte): (usize, &u8)| if place % 2 == 0 { byte.to_ascii_uppercase() } else { *byte };
    name.iter().enumerate().map(shout).collect()
}

const COOKIE: &[u8] = b"\0\x0a\0\x08abcdefgh";

/// A question in all the ways that are common, and in some that are not.
fn variants(name: &[u8], kind: u16) -> Vec<Vec<u8>> {
    let plain = question(0, name, kind);
    let opt = |size, flags, options: &[u8]| with_opt(plain.clone(), size, 0, flags, options);
    vec![
        plain.clone(),
        question(0x0130, &spelled(name), kind),
        question(0x0040, name, kind),
        opt(1232, 0, &[]),
        opt(4096, 0x8000, &[]),
        opt(100, 0x4000, &[]),
        opt(700, 0, &[]),
        opt(1232, 0, COOKIE),
        opt(512, 0x8000, &[COOKIE, &[0, 12, 0, 2, 0, 0, 0, 99, 0, 1, 7], COOKIE].concat()),
        opt(1232, 0, &[0, 11, 0, 0]),
        opt(1232, 0, &[0, 3, 0, 0]),
        opt(1232, 0, b"\0\x08\0\x07\0\x01\x18\0\xc0\0\x02"),
        opt(1232, 0, &[0, 12, 0, 9, 0]),
        opt(1232, 0, b"\0\x0a\0\x03abc"),
        with_opt(plain.clone(), 1232, 1, 0, &[]),
        [plain.as_slice(), &[0]].concat(),
    ]
}

#[test]
fn both_paths_say_the_same_about_every_name_and_type() {
    let mut twins = Twins::new(&kit::snapshot([1, 2, 3, 4]));
    for name in names() {
        for kind in (0..=65).chain([99, 249, 250, 251, 252, 253, 254, 255, 256, 257, 65280, 65535]) {
            twins.compare(&question(0, &name, kind), VIEWER);
        }
    }
    assert!(twins.answered > 2000, "{} answered, {} left", twins.answered, twins.left);
}

#[test]
fn both_paths_say_the_same_however_they_are_asked() {
    let mut twins = Twins::new(&kit::snapshot([1, 2, 3, 4]));
    for name in names() {
        for kind in [A, 28, 16, 255] {
            for message in variants(&name, kind) {
                twins.compare(&message, VIEWER);
            }
        }
    }
    assert!(twins.answered > 2000, "{} answered, {} left", twins.answered, twins.left);
}

#[test]
fn both_paths_follow_weights_views_and_what_comes_and_goes() {
    let mut twins = Twins::new(&Snapshot::empty());
    let names = ["live", "eni0.live", "eni3.live", "dual.x", "six.dual.x", "none", "later", "gone.live"];
    let mut shared = kit::unprobed();
    shared.pools[0].answer_count = 200;
    let address = shared.pools[0].members[0].public_address;
    shared.pools[0].members[2].public_address = address;
    let mut no_six = kit::unprobed();
    no_six.pools[1].members.iter_mut().for_each(|member| {
        if member.public_address.is_ipv6() {
            member.weight = weir_core::Weight::ZERO;
        }
    });
    let snapshots = [
        kit::snapshot([4, 3, 2, 1]),
        kit::snapshot([0, 3, 0, 1]),
        kit::unprobed_but("live"),
        kit::snapshot([0, 0, 0, 9]),
        shared,
        no_six,
        kit::snapshot([7, 7, 7, 7]),
    ];
    for snapshot in &snapshots {
        twins.publish(snapshot);
        for _ in 0..30 {
            for name in names {
                for kind in [A, 28, 65, 255] {
                    for client in [VIEWER, PRIVATE] {
                        twins.compare(&kit::question(9, 0, &format!("{name}.stream.test"), kind), client);
                    }
                }
            }
        }
    }
    assert!(twins.answered > 2 * twins.left, "{} answered, {} left", twins.answered, twins.left);
}

#[test]
fn both_paths_follow_the_zones() {
    let mut twins = Twins::new(&kit::unprobed());
    let message = kit::question(9, 0, "new.stream.test", A);
    twins.compare(&message, VIEWER);
    let zones = || crate::Zones::build(&[kit::spec("new A 192.0.2.5")], &kit::pool_names(), 8).unwrap();
    twins.fast.replace_zones(zones());
    twins.general.replace_zones(zones());
    twins.compare(&message, VIEWER);
    assert_eq!(twins.left, 0);
    assert!(twins.ask_fast(&message, VIEWER.parse().unwrap()).unwrap().ends_with(&[192, 0, 2, 5]));
}

#[test]
fn both_paths_show_a_challenge_and_deny_nothing_above_it() {
    let mut twins = Twins::new(&kit::unprobed());
    let names = ["_acme-challenge.a.b", "a.b", "b", "c"].map(|name| format!("{name}.stream.test"));
    let (name, value): (ChallengeName, _) =
        ("a.b.stream.test".parse().unwrap(), "v".repeat(43).parse().unwrap());
    for shown in [false, true, false] {
        for twin in [&twins.fast, &twins.general] {
            if shown {
                twin.set_challenge(&name, &value, Duration::from_secs(600)).unwrap();
            } else {
                twin.unset_challenge(&name, &value);
            }
        }
        for name in &names {
            for kind in [A, 16, 255] {
                twins.compare(&kit::question(9, 0, name, kind), VIEWER);
            }
        }
    }
}

#[test]
fn both_paths_are_limited_alike() {
    let mut twins = Twins::new(&kit::unprobed());
    let limits = LimitPolicy { answers: 4, negatives: 3, slip: 2, ..LimitPolicy::default() };
    let messages = ["live", "eni0.live", "missing"]
        .map(|name| with_opt(kit::question(9, 0, &format!("{name}.stream.test"), A), 1232, 0, 0, COOKIE));
    for (mode, cookies) in [
        (LimitMode::Enforce, CookiePolicy::Answer),
        (LimitMode::DryRun, CookiePolicy::Off),
        (LimitMode::Enforce, CookiePolicy::Enforce),
    ] {
        let limits = Some(LimitPolicy { mode, ..limits.clone() });
        twins.replace_policy(&DnsPolicy { limits, cookies, ..DnsPolicy::default() });
        // Buckets fill with time, so what is compared is what becomes of a burst.
        let burst = |answer: &mut dyn FnMut(&[u8]) -> Option<Vec<u8>>| {
            let outcomes = (0..30)
                .map(|n| answer(&messages[n % 3]).map(|answer| (answer[2] & 2, answer[3], answer.len())));
            outcomes.collect::<Vec<_>>()
        };
        let client = VIEWER.parse().unwrap();
        let fast = burst(&mut |message| twins.ask_fast(message, client));
        let general = Arc::clone(&twins.general);
        let general = burst(&mut |message| general.reply(message, client, Transport::Udp));
        assert_eq!(fast, general, "{mode:?} {cookies:?}");
    }
}

#[test]
fn both_paths_share_one_line() {
    let mut twins = Twins::new(&kit::snapshot([1, 2, 3, 4]));
    let message = kit::question(9, 0, "live.stream.test", A);
    let client = VIEWER.parse().unwrap();
    let mut counts = [0; 4];
    for n in 0..1000 {
        let answer = match n % 3 {
            0 => twins.fast.reply(&message, client, Transport::Udp),
            _ => twins.ask_fast(&message, client),
        };
        let answer = answer.unwrap();
        counts[usize::from(answer[kit::question_end(&answer) + 15]) - 11] += 1;
    }
    assert_eq!(counts, [100, 200, 300, 400]);
}

#[test]
fn mutated_questions_never_panic_and_get_the_same_answers() {
    let mut twins = Twins::new(&kit::snapshot([1, 2, 3, 4]));
    let names: Vec<Vec<u8>> = names().into_iter().collect();
    let mut numbers = kit::Numbers(0x5eed);
    for _ in 0..10_000 {
        let name = &names[numbers.below(names.len())];
        let kind = [A, 28, 16, 65, 255][numbers.below(5)];
        let all = variants(name, kind);
        let mut message = all[numbers.below(all.len())].clone();
        for _ in 0..numbers.below(4) {
            let at = numbers.below(message.len());
            message[at] = numbers.byte();
        }
        message.truncate(message.len() - numbers.below(3) * numbers.below(8).min(message.len() / 4));
        twins.compare(&message, VIEWER);
    }
    assert!(twins.answered > 300, "{} answered, {} left", twins.answered, twins.left);
}

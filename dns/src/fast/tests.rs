//! The fast path beside the general one.

mod messages;
mod mutated;
mod mutator;
mod twins;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use weir_core::Snapshot;

use super::{Batch, Buffer, Replier, Reply};
use crate::kit::{self, with_opt};
use crate::query::MAX_UDP;
use crate::{ChallengeName, CookiePolicy, DnsPolicy, LimitMode, LimitPolicy, Transport};
use messages::{COOKIE, names, question, variants};
use twins::{Asked, Twins, ask};

const A: u16 = 1;
const VIEWER: &str = "192.0.2.77:4000";
const PRIVATE: &str = "10.1.2.3:4000";

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
fn both_paths_answer_a_record_without_data() {
    let mut twins = Twins::new(&kit::unprobed());
    for twin in [&twins.fast, &twins.general] {
        let text = "bare TYPE65281 \\# 0\nalias CNAME bare";
        twin.replace_zones(crate::Zones::build(&[kit::spec(text)], &kit::pool_names(), 8).unwrap());
    }
    let answer = twins.compare(&kit::question(9, 0, "bare.stream.test", 65281), VIEWER).unwrap();
    assert!(answer.ends_with(b"\xc0\x0c\xff\x01\0\x01\0\0\x0e\x10\0\0"), "{answer:x?}");
    let behind = twins.compare(&kit::question(9, 0, "alias.stream.test", 65281), VIEWER).unwrap();
    assert!(behind.ends_with(b"\xff\x01\0\x01\0\0\x0e\x10\0\0"), "{behind:x?}");
    assert_eq!((twins.answered, twins.left), (1, 1));
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
fn what_is_over_a_limit_uses_up_nobodys_turn() {
    let (answerer, registry, _publisher) = kit::answerer(kit::snapshot([1, 2, 3, 4]));
    let limits = Some(LimitPolicy { answers: 4, slip: 3, ..LimitPolicy::default() });
    answerer.replace_policy(DnsPolicy { limits, ..DnsPolicy::default() });
    let message = kit::question(9, 0, "live.stream.test", A);
    let mut replier = Replier::new();
    let mut outcomes = [0_u64; 3];
    for _ in 0..200 {
        match ask(&answerer, &mut replier, &message, VIEWER.parse().unwrap()) {
            Asked::Answered(Some(answer)) if answer[7] > 0 => outcomes[0] += 1,
            Asked::Answered(Some(_)) => outcomes[1] += 1,
            Asked::Answered(None) => outcomes[2] += 1,
            Asked::Left => panic!("left to the general path"),
        }
    }
    assert!(outcomes.iter().all(|&count| count > 0), "{outcomes:?}");
    let page = prometheus::TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    let handed = page.lines().filter_map(|line| line.strip_prefix("weir_dns_answers_total{"));
    let handed: u64 = handed.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(handed, outcomes[0], "{page}");
}

#[test]
fn a_batch_answers_each_question_as_if_it_were_the_first() {
    let twins = Twins::new(&kit::snapshot([1, 2, 3, 4]));
    let mut replier = Replier::new();
    let mut numbers = kit::Numbers(0xba7c4);
    let names: Vec<Vec<u8>> = names().into_iter().collect();
    let client: SocketAddr = VIEWER.parse().unwrap();
    let mut repeated = 0;
    for _ in 0..2000 {
        let batch = Batch::open(&twins.fast);
        // Few names, so that one often comes again; some with the case of one letter changed.
        let few = [0; 3].map(|_| numbers.below(names.len()));
        let mut last = usize::MAX;
        for _ in 0..16 {
            let name = few[numbers.below(few.len())];
            repeated += usize::from(name == last);
            last = name;
            let kind = [A, 28, 16, 255][numbers.below(4)];
            let mut message = question(0, &names[name], kind);
            if numbers.below(4) == 0 {
                let at = 13 + numbers.below(names[name].len());
                message[at] = message[at].to_ascii_uppercase();
            }
            let mut buffer: Buffer = [0xee; MAX_UDP as usize];
            let fast = match replier.reply(&batch, &message, client.ip(), &mut buffer) {
                Some(Reply::Answer(_, length)) => Some(buffer[..length].to_vec()),
                Some(Reply::Silence(_)) => None,
                None => twins.fast.reply(&message, client, Transport::Udp),
            };
            assert_eq!(fast, twins.general.reply(&message, client, Transport::Udp), "{message:x?}");
        }
    }
    assert!(repeated > 5000, "{repeated}");
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
    assert!(kit::follow(&counts, &[1, 2, 3, 4]), "{counts:?}");
}

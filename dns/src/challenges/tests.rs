//! The bounds and the expiry of the set, and what questions are answered while there are challenges.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::{
    ChallengeError, ChallengeName, ChallengeValue, Challenges, MOST_CHALLENGES, MOST_CHALLENGES_AT_A_NAME,
    judge,
};
use crate::answer::{Answer, Code, Names, answer};
use crate::desk::Desk;
use crate::kit::{self, Numbers};
use crate::name::Name;
use crate::query::{IN, Query};
use crate::record::Type;
use crate::zone::Zones;

const LASTS: Duration = Duration::from_secs(600);

fn name(text: &str) -> ChallengeName {
    text.parse().unwrap()
}

fn value(text: &str) -> ChallengeValue {
    text.parse().unwrap()
}

/// One challenge, `v`, for each of these names, and the time at which they were set.
fn challenges(names: &[&str]) -> (Challenges, Instant) {
    let now = Instant::now();
    let set = |set: Challenges, of: &&str| set.with(&name(of), &value("v"), now + LASTS, now).unwrap();
    (names.iter().fold(Challenges::default(), set), now)
}

fn ask(zones: &Zones, challenges: &Challenges, now: Instant, of: &str, kind: Type) -> Answer {
    let of = Name::from_labels(format!("{of}.stream.test").split('.').map(str::as_bytes)).unwrap();
    let query = Query { name: of, ..question(kind) };
    let names = Names { zones, challenges: challenges.at(now) };
    let viewer = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
    answer(&query, viewer, names, &kit::unprobed(), &Desk::default())
}

fn question(kind: Type) -> Query {
    let name = Name::from_labels([b"test".as_slice()]).unwrap();
    Query { opcode: 0, name, kind, class: IN, edns: None }
}

/// The strings of the TXT records of an answer.
fn texts(answer: &Answer) -> Vec<String> {
    let rows = answer.answers.iter().filter(|row| row.kind == Type::TXT);
    rows.map(|row| String::from_utf8(row.data[1..].to_vec()).unwrap()).collect()
}

#[test]
fn each_way_to_write_a_name_is_the_same_name() {
    for text in [
        "live.stream.test",
        "Live.Stream.Test.",
        "_acme-challenge.live.stream.test",
        "_ACME-Challenge.live.stream.test.",
        "*.live.stream.test",
    ] {
        assert_eq!(name(text).to_string(), "_acme-challenge.live.stream.test", "{text}");
    }
    let long = format!("{}.test", vec!["a".repeat(60); 4].join("."));
    for text in ["", ".", "_acme-challenge", "_acme-challenge.", "a b.test", "*.*.test", "a..test", &long] {
        assert!(matches!(text.parse::<ChallengeName>(), Err(ChallengeError::Name { .. })), "{text}");
    }
}

#[test]
fn a_value_is_one_string_of_base64url() {
    assert_eq!(&*value("-aZ09_").0, b"\x06-aZ09_");
    assert_eq!(value(&"a".repeat(255)).0.len(), 256);
    for text in ["", "a=", "a+b", "a b", "a\"", "ä", &"a".repeat(256)] {
        let message = text.parse::<ChallengeValue>().unwrap_err().to_string();
        assert!(message.contains("1 to 255 letters"), "{message}");
    }
}

#[test]
fn a_value_holds_until_its_time_and_can_be_held_longer() {
    let (set, now) = challenges(&["a.test"]);
    let name = name("a.test");
    let seen = |set: &Challenges, now| set.at(now).set(name.name()).is_some();
    let last = now + LASTS - Duration::from_nanos(1);
    assert!(seen(&set, last) && set.count(last) == 1 && set.at(last).any_within(name.name()));
    let end = now + LASTS;
    assert!(!seen(&set, end) && set.count(end) == 0 && !set.at(end).any_within(name.name()));
    let longer = set.with(&name, &value("v"), end + LASTS, now).unwrap();
    assert!(seen(&longer, end) && longer.count(now) == 1);
    let (without, found) = longer.without(&name, &value("v"), now);
    assert!(found && without.by_name.is_empty());
    assert!(!longer.without(&name, &value("other"), now).1);
    assert!(!longer.without(&name, &value("v"), end + LASTS).1);
}

#[test]
fn the_bounds_are_told_and_give_way_when_values_expire() {
    let now = Instant::now();
    let add = |set: &Challenges, of: usize, nth: usize, now| {
        set.with(&name(&format!("n{of}.test")), &value(&format!("v{nth}")), now + LASTS, now)
    };
    let mut set = Challenges::default();
    for place in 0..MOST_CHALLENGES {
        set = add(&set, place / MOST_CHALLENGES_AT_A_NAME, place % MOST_CHALLENGES_AT_A_NAME, now).unwrap();
    }
    let full = add(&set, 99, 0, now).unwrap_err().to_string();
    assert_eq!(full, "there are 100 challenges already; remove some, or wait until they expire");
    add(&set, 0, 0, now).expect("what is there already may be held longer");
    let after = now + LASTS;
    assert_eq!(add(&set, 99, 0, after).unwrap().by_name.len(), 1, "what has expired is swept out");

    let (few, _) = set.without(&name("n1.test"), &value("v0"), now);
    let full = add(&few, 0, 99, now).unwrap_err().to_string();
    assert!(full.starts_with("_acme-challenge.n0.test has 8 challenges already"), "{full}");
}

/// What is said of the set after any changes is what a plain list says.
#[test]
fn a_set_is_a_bounded_list_of_values_with_ends() {
    for seed in 1..=40 {
        let mut numbers = Numbers(seed);
        let (mut set, mut list) = (Challenges::default(), Vec::<(usize, usize, Instant)>::new());
        let mut now = Instant::now();
        for step in 0..400 {
            now += Duration::from_secs(u64::try_from(numbers.below(5)).unwrap());
            list.retain(|&(.., until)| now < until);
            let (of, nth) = (numbers.below(20), numbers.below(12));
            let (at, text) = (name(&format!("n{of}.test")), value(&format!("v{nth}")));
            if numbers.below(4) == 0 {
                let (next, found) = set.without(&at, &text, now);
                let held = list.len();
                list.retain(|&(a, b, _)| (a, b) != (of, nth));
                assert_eq!(found, list.len() < held, "seed {seed} step {step}");
                set = next;
            } else {
                let until = now + Duration::from_secs(u64::try_from(numbers.below(400)).unwrap());
                let others = list.iter().filter(|&&(a, b, _)| (a, b) != (of, nth));
                let here = others.clone().filter(|&&(a, ..)| a == of).count();
                let fits = others.count() < MOST_CHALLENGES && here < MOST_CHALLENGES_AT_A_NAME;
                let next = set.with(&at, &text, until, now);
                assert_eq!(next.is_ok(), fits, "seed {seed} step {step}");
                if let Ok(next) = next {
                    list.retain(|&(a, b, _)| (a, b) != (of, nth));
                    list.extend((now < until).then_some((of, nth, until)));
                    set = next;
                }
            }
            assert_eq!(set.count(now), list.len(), "seed {seed} step {step}");
            let here = set.at(now).set(at.name()).map_or(0, |set| set.data.len());
            assert_eq!(here, list.iter().filter(|&&(a, ..)| a == of).count(), "seed {seed} step {step}");
        }
    }
}

#[test]
fn a_challenge_makes_its_name_and_those_above_it() {
    let zones = kit::zones();
    let (set, now) = challenges(&["live.stream.test", "eni0.live.stream.test", "new.deep.stream.test"]);
    for of in ["_acme-challenge.live", "_acme-challenge.eni0.live", "_acme-challenge.new.deep"] {
        let before = ask(&zones, &Challenges::default(), now, of, Type::TXT);
        assert_eq!((before.code, before.authoritative), (Code::NxDomain, true), "{of}");
        let answer = ask(&zones, &set, now, of, Type::TXT);
        assert_eq!(
            (answer.code, answer.authoritative, texts(&answer)),
            (Code::NoError, true, vec!["v".into()])
        );
        assert_eq!(answer.answers[0].ttl.as_secs(), 0);
        let nodata = ask(&zones, &set, now, of, Type::A);
        assert_eq!(
            (nodata.code, nodata.answers.len(), nodata.authority.len()),
            (Code::NoError, 0, 1),
            "{of}"
        );
        assert_eq!(ask(&zones, &set, now, of, Type::ANY).answers[0].kind, Type::HINFO);
        let below = ask(&zones, &set, now, &format!("x.{of}"), Type::TXT);
        assert_eq!(below.code, Code::NxDomain);
        assert_eq!(ask(&zones, &set, now + LASTS, of, Type::TXT), before, "{of} after its time");
    }
    for of in ["new.deep", "deep"] {
        let above = ask(&zones, &set, now, of, Type::NS);
        assert_eq!((above.code, above.answers.len()), (Code::NoError, 0), "{of}");
        assert_eq!(ask(&zones, &set, now + LASTS, of, Type::NS).code, Code::NxDomain);
    }
    assert_eq!(ask(&zones, &set, now, "_acme-challenge.later", Type::TXT).code, Code::ServFail);
    let (set, now) = challenges(&["later.stream.test"]);
    assert_eq!(texts(&ask(&zones, &set, now, "_acme-challenge.later", Type::TXT)), ["v"]);
}

#[test]
fn a_challenge_takes_nothing_from_a_wildcard_above_it() {
    let (zones, none) = (kit::zones(), Challenges::default());
    let (set, now) = challenges(&["wild.stream.test", "viewer.alias.stream.test"]);
    assert_eq!(texts(&ask(&zones, &none, now, "_acme-challenge.wild", Type::TXT)), ["wild"]);
    assert_eq!(texts(&ask(&zones, &set, now, "_acme-challenge.wild", Type::TXT)), ["v"]);
    assert_eq!(texts(&ask(&zones, &set, now, "_acme-challenge.viewer.alias", Type::TXT)), ["v"]);
    let viewer = ask(&zones, &set, now, "viewer.alias", Type::A);
    assert_eq!(
        (viewer.code, viewer.answers[0].kind, viewer.answers[1].kind),
        (Code::NoError, Type::CNAME, Type::A)
    );
}

#[test]
fn what_the_text_says_at_the_name_counts_too() {
    let text =
        "_acme-challenge.a TXT mine\n_acme-challenge.a TXT v\n_acme-challenge.b CNAME _acme-challenge.c\n";
    let zones = Zones::build(&[kit::spec(text)], &kit::pool_names(), 1).unwrap();
    let (set, now) = challenges(&["a.stream.test", "b.stream.test", "c.stream.test"]);
    let both = ask(&zones, &set, now, "_acme-challenge.a", Type::TXT);
    assert_eq!(texts(&both), ["v", "mine"]);
    assert!(both.answers.iter().all(|row| row.ttl.as_secs() == 0), "a set has one time to live");
    let chased = ask(&zones, &set, now, "_acme-challenge.b", Type::TXT);
    let kinds: Vec<Type> = chased.answers.iter().map(|row| row.kind).collect();
    assert_eq!((kinds, texts(&chased)), (vec![Type::CNAME, Type::TXT], vec!["v".into()]));
}

#[test]
fn a_name_that_nobody_would_see_is_refused_with_what_to_do() {
    let text = "sub NS ns.sub\nns.sub A 192.0.2.1\n_acme-challenge.b CNAME b.acme.example.\n\
                old DNAME new\n_acme-challenge.c DNAME new\n";
    let zones = Zones::build(&[kit::spec(text)], &kit::pool_names(), 1).unwrap();
    assert_eq!(judge(&zones, &name("live.stream.test")), Ok(()));
    assert_eq!(judge(&zones, &name("stream.test")), Ok(()));
    assert_eq!(judge(&zones, &name("c.stream.test")), Ok(()));
    for (of, expected) in [
        ("live.example", "_acme-challenge.live.example lies in none of the zones; there are: stream.test"),
        (
            "a.sub.stream.test",
            "_acme-challenge.a.sub.stream.test is delegated away by the NS records of sub.stream.test; set the \
             challenge at their servers",
        ),
        (
            "a.old.stream.test",
            "_acme-challenge.a.old.stream.test lies below old.stream.test, whose DNAME record renames all below it; \
             set the challenge below new.stream.test",
        ),
        (
            "old.stream.test",
            "_acme-challenge.old.stream.test lies below old.stream.test, whose DNAME record renames all below it; \
             set the challenge below new.stream.test",
        ),
        (
            "b.stream.test",
            "_acme-challenge.b.stream.test has a CNAME to b.acme.example in the zone's text; set the challenge \
             there, or remove the CNAME",
        ),
    ] {
        assert_eq!(judge(&zones, &name(of)).unwrap_err().to_string(), expected);
    }
}

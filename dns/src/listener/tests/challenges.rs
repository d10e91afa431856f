//! Challenges as a certificate authority asks for them.

use std::sync::Arc;
use std::time::Duration;

use super::{BOTH, ask, word};
use crate::kit::{self, question, question_end};
use crate::listener::DnsListener;
use crate::{ChallengeName, ChallengeValue};

const TXT: u16 = 16;
const NXDOMAIN: u16 = 3;
/// The length of a key's digest in base64url (RFC 8555 section 8.4).
const LENGTH: usize = 43;

/// Code and answers of a message.
fn outcome(message: &[u8]) -> (u16, u16) {
    (word(message, 2) & 0xf, word(message, 6))
}

#[tokio::test]
async fn two_values_at_one_name_are_answered_over_both_transports_until_they_are_removed() {
    let (answerer, registry, _publisher) = kit::answerer(kit::snapshot([1, 2, 3, 4]));
    let listener = DnsListener::bind("127.0.0.1:0".parse().unwrap(), Arc::clone(&answerer)).unwrap();
    let name: ChallengeName = "live.stream.test".parse().unwrap();
    let values = ["a", "b"].map(|letter| letter.repeat(LENGTH).parse::<ChallengeValue>().unwrap());
    let asked = question(7, 0, "_aCME-challenge.live.stream.test", TXT);
    let counted = |expected: f64| {
        let families = registry.gather();
        let family = families.iter().find(|family| family.name() == "weir_dns_acme_challenges").unwrap();
        assert!((family.get_metric()[0].get_gauge().get_value() - expected).abs() < 0.1, "{family:?}");
    };
    for transport in BOTH {
        assert_eq!(outcome(&ask(listener.address(), transport, &asked).await), (NXDOMAIN, 0));
        for value in &values {
            answerer.set_challenge(&name, value, Duration::from_secs(600)).unwrap();
        }
        counted(2.0);
        let answer = ask(listener.address(), transport, &asked).await;
        assert_eq!(outcome(&answer), (0, 2));
        // A pointer to the question, the type, the class, no time to live, a length, and one string.
        let record = |letter: u8| {
            let head = [0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, 44, 43];
            [head.as_slice(), &[letter; LENGTH]].concat()
        };
        assert_eq!(&answer[question_end(&answer)..], [record(b'a'), record(b'b')].concat());
        assert!(answerer.unset_challenge(&name, &values[0]));
        assert_eq!(outcome(&ask(listener.address(), transport, &asked).await), (0, 1));
        assert!(answerer.unset_challenge(&name, &values[1]) && !answerer.unset_challenge(&name, &values[1]));
        counted(0.0);
        assert_eq!(outcome(&ask(listener.address(), transport, &asked).await), (NXDOMAIN, 0));
    }
}

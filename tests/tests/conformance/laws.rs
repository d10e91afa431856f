//! What holds for each answer of weir, whatever its peers do.

use crate::message::{Message, Opt, Reply};
use crate::question::{Question, Transport};

/// The options that weir may answer, and whether it takes one of the same code to ask for it.
const ANSWERED: [(u16, bool); 5] = [
    // NSID (RFC 5001), client subnet (RFC 7871), cookie (RFC 7873), keepalive (RFC 7828), extended error (RFC 8914).
    (3, true),
    (8, true),
    (10, true),
    (11, true),
    (15, false),
];

/// DO, the only flag of an OPT record.
const DO: u16 = 0x8000;

/// The laws that an answer breaks, in words.
pub(crate) fn broken(question: &Question, reply: &Reply) -> Vec<String> {
    let words = match reply {
        Reply::Silence => return Vec::new(),
        Reply::Torn(_) => vec!["it can't be read".to_owned()],
        Reply::Message(message) => of_message(question, message),
    };
    words.into_iter().map(|words| format!("{words}: {question}  weir:\n{reply}")).collect()
}

fn of_message(question: &Question, message: &Message) -> Vec<String> {
    let mut words = Vec::new();
    let mut check = |holds: bool, what: &str| words.extend((!holds).then(|| what.to_owned()));
    check(message.length <= question.limit(), "it is too long");
    check(!message.has(0x200) || question.transport == Transport::Udp, "it is truncated on TCP");
    check(message.opt.is_none() || question.edns.is_some(), "it has an OPT record that nobody sent");
    let [answer, authority, additional] = &message.sections;
    let empty = answer.is_empty() && authority.is_empty() && additional.is_empty();
    check(!message.has(0x200) || empty, "it is truncated and has records");
    for set in message
        .sections
        .iter()
        .flat_map(|section| section.chunk_by(|a, b| a.owner == b.owner && a.kind == b.kind))
    {
        check(
            set.iter().all(|record| record.ttl == set[0].ttl),
            "records of a set have several times to live",
        );
        check(set.windows(2).all(|pair| pair[0] != pair[1]), "a record is there twice");
    }
    if let (Some(ours), Some(theirs)) = (&message.opt, &question.edns) {
        check(ours.version == 0, "its version of EDNS is not 0");
        check(ours.size == 1232, "it states another size than 1232");
        check(ours.flags == theirs.flags & DO, "it does not copy DO alone");
        options(ours, &theirs.options, &mut check);
    }
    words
}

fn options(ours: &Opt, theirs: &[(u16, Vec<u8>)], check: &mut impl FnMut(bool, &str)) {
    for (place, (code, _)) in ours.options.iter().enumerate() {
        let known = ANSWERED.iter().find(|(of, _)| of == code);
        check(known.is_some(), "it has an option that nobody knows");
        let asked = theirs.iter().any(|(of, _)| of == code);
        check(known.is_none_or(|(_, needed)| asked || !needed), "it has an option that was not asked for");
        check(ours.options[..place].iter().all(|(of, _)| of != code), "it has an option twice");
    }
}

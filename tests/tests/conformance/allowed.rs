//! The differences between weir and a peer that are allowed, each with its reason. No other is.
//!
//! An entry excuses some aspects of a difference, under a condition that is as narrow as its reason. One that is not
//! needed by any question is a failure of the test: what it excused is gone, so it goes as well.

use crate::conditions as is;
use crate::difference::Aspect::{
    Additional, Answer, Authoritative, Authority, CheckingDisabled, Code, Opt, OptFlags, Presence, Question,
    RecursionDesired, Reserved, Truncated,
};
use crate::difference::Peer::{Knot, Nsd};
use crate::difference::{Aspect, Case, Peer};
use crate::message::Reply;
use crate::question::Oddity;

/// An allowed difference.
pub(crate) struct Allowed {
    pub(crate) name: &'static str,
    /// Why weir is right to differ.
    pub(crate) reason: &'static str,
    /// From whom.
    pub(crate) peers: &'static [Peer],
    /// Whether that is only allowed in agreement with the other one.
    pub(crate) company: Company,
    /// In what.
    pub(crate) aspects: &'static [Aspect],
    /// When.
    pub(crate) when: fn(&Case<'_>) -> bool,
}

/// Whether weir may be alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    /// A rule or a decision stands behind it.
    Alone,
    /// The other peer does the same.
    WithOther,
}

use Company::{Alone, WithOther};

/// The opcode by which a primary tells its secondaries of a change (RFC 1996).
const NOTIFY: u8 = 4;

const BOTH: &[Peer] = &[Nsd, Knot];

/// What sets an answer apart from an error.
const CONTENT: &[Aspect] = &[Code, Authoritative, Truncated, Answer, Authority, Additional];

impl Allowed {
    /// Whether it excuses an aspect of a difference.
    pub(crate) fn excuses(&self, aspect: Aspect, case: &Case<'_>) -> bool {
        self.aspects.contains(&aspect)
            && self.peers.contains(&case.peer)
            && (self.company == Alone || case.other_agrees(aspect))
            && (self.when)(case)
    }
}

/// All of them: headers first, then what is asked, then what is found.
pub(crate) const ALLOWED: &[Allowed] = &[
    Allowed {
        name: "CD is copied",
        reason: "RFC 4035 section 3.1.6 asks for it; the peers clear the bit",
        peers: BOTH,
        company: Alone,
        aspects: &[CheckingDisabled],
        when: is::checking_disabled_copied,
    },
    Allowed {
        name: "Z is cleared",
        reason: "it is reserved and zero in all messages (RFC 1035 section 4.1.1); NSD leaves it in errors",
        peers: &[Nsd],
        company: Alone,
        aspects: &[Reserved],
        when: |case| case.weir.message().is_some_and(|weir| !weir.has(0x40)),
    },
    Allowed {
        name: "RD is copied into errors",
        reason: "RFC 1035 section 4.1.1 asks for it; NSD clears it in a FORMERR",
        peers: &[Nsd],
        company: Alone,
        aspects: &[RecursionDesired],
        when: |case| is::recursion_desired_copied(case) && is::answered(case, 1),
    },
    Allowed {
        name: "DO is copied into BADVERS",
        reason: "RFC 6891 section 6.1.4 asks for it; NSD clears it there",
        peers: &[Nsd],
        company: Alone,
        aspects: &[OptFlags],
        when: |case| is::codes(case, 16, 16),
    },
    Allowed {
        name: "errors echo the question",
        reason: "a client that checks it takes no other answer (RFC 5452 section 9.1); NSD leaves it out of errors",
        peers: &[Nsd],
        company: Alone,
        aspects: &[Question],
        when: |case| {
            is::echo(case) && case.messages().is_some_and(|[_, nsd]| nsd.question.0 == 0 && nsd.code() != 0)
        },
    },
    Allowed {
        name: "an OPT record is answered with one",
        reason: "RFC 6891 section 6.1.1 asks for it; NSD leaves it out of NOTIMP, FORMERR and what it says to NOTIFY",
        peers: &[Nsd],
        company: Alone,
        aspects: &[Opt],
        when: |case| {
            case.question.edns.is_some()
                && case.opts()[0].is_some()
                && (is::answered(case, 1) || is::answered(case, 4) || case.question.opcode == NOTIFY)
        },
    },
    // What is asked.
    Allowed {
        name: "two cookies",
        reason: "the first one counts (RFC 7873 section 5.2); NSD's OPT record has another length than it says then",
        peers: &[Nsd],
        company: Alone,
        aspects: &[Presence],
        when: |case| {
            is::options(case, 10) > 1
                && case.weir.message().is_some()
                && matches!(case.theirs, Reply::Torn(_))
        },
    },
    Allowed {
        name: "other opcodes",
        reason: "weir takes no NOTIFY and no UPDATE; Knot looks at version and class before the opcode",
        peers: BOTH,
        company: Alone,
        aspects: &[Code],
        when: |case| case.question.opcode != 0 && case.codes().is_some_and(|[weir, _]| weir == 4),
    },
    Allowed {
        name: "class ANY",
        reason: "no resolver asks so; of all classes we have one, and REFUSED promises nothing of the others",
        peers: BOTH,
        company: Alone,
        aspects: CONTENT,
        when: |case| case.question.class == 255 && case.codes().is_some_and(|[weir, _]| weir == 5),
    },
    Allowed {
        name: "zone transfers",
        reason: "they are refused, everywhere; the peers say NOTAUTH or NOTIMP",
        peers: BOTH,
        company: Alone,
        aspects: &[Code],
        when: |case| {
            matches!(case.question.kind, 251 | 252) && case.codes().is_some_and(|[weir, _]| weir == 5)
        },
    },
    Allowed {
        name: "type 0",
        reason: "there is no such type at any name (RFC 3597); Knot says NOTIMP",
        peers: &[Knot],
        company: Alone,
        aspects: CONTENT,
        when: |case| case.question.kind == 0 && is::answered(case, 4),
    },
    Allowed {
        name: "a size of 1",
        reason: "sizes below 512 count as 512 (RFC 6891 section 6.2.5); Knot says FORMERR to this one",
        peers: &[Knot],
        company: Alone,
        aspects: &[Code, Authoritative, Truncated, Answer, Authority, Additional, Opt],
        when: |case| is::size_one(case) && is::answered(case, 1),
    },
    Allowed {
        name: "ANY",
        reason: "RFC 8482 section 4.2: a HINFO record in place of all; the peers give one set (section 4.1) or TC",
        peers: BOTH,
        company: Alone,
        aspects: &[Answer, Truncated, Additional],
        when: is::any,
    },
    Allowed {
        name: "records in the question",
        reason: "they mean nothing and do no harm; NSD says FORMERR",
        peers: &[Nsd],
        company: Alone,
        aspects: CONTENT,
        when: |case| is::with_records(case) && is::answered(case, 1),
    },
    Allowed {
        name: "bytes behind the message",
        reason: "they mean nothing and do no harm; Knot says FORMERR",
        peers: &[Knot],
        company: Alone,
        aspects: &[Code, Authoritative, Truncated, Answer, Authority, Additional, Opt],
        when: |case| case.question.oddity == Oddity::Trailing && is::answered(case, 1),
    },
    Allowed {
        name: "what can't be read",
        reason: "weir says FORMERR, like NSD, or BADVERS; Knot is silent",
        peers: &[Knot],
        company: WithOther,
        aspects: &[Presence],
        when: |case| is::unreadable(case) && matches!(case.theirs, Reply::Silence),
    },
    Allowed {
        name: "an OPT record that has an owner",
        reason: "its owner has to be the root (RFC 6891 section 6.1.2); Knot does not look",
        peers: &[Knot],
        company: Alone,
        aspects: &[Code, Authoritative, Truncated, Answer, Authority, Additional, Opt],
        when: |case| {
            case.question.oddity == Oddity::OwnedOpt && case.codes().is_some_and(|[weir, _]| weir == 1)
        },
    },
    Allowed {
        name: "a cookie of a wrong length",
        reason: "FORMERR (RFC 7873 section 5.2.2); Knot has no cookies here",
        peers: &[Knot],
        company: WithOther,
        aspects: CONTENT,
        when: |case| {
            case.question.oddity == Oddity::BadCookie && case.codes().is_some_and(|[weir, _]| weir == 1)
        },
    },
    Allowed {
        name: "a broken client subnet",
        reason: "FORMERR (RFC 7871 section 7.1.1); NSD does not know the option, and Knot does not mind all rules",
        peers: BOTH,
        company: Alone,
        aspects: CONTENT,
        when: |case| {
            case.question.oddity == Oddity::BadSubnet && case.codes().is_some_and(|[weir, _]| weir == 1)
        },
    },
    Allowed {
        name: "no question but a cookie",
        reason: "RFC 7873 section 5.4: that is a question for a cookie, answered BADCOOKIE if the server's part is \
                 wrong; NSD does not look at that, and Knot has no cookies here",
        peers: BOTH,
        company: Alone,
        aspects: &[Code],
        when: |case| {
            case.question.oddity == Oddity::NoQuestion
                && is::options(case, 10) > 0
                && case.codes().is_some_and(|[weir, _]| matches!(weir, 0 | 23))
        },
    },
    Allowed {
        name: "no question and no cookie",
        reason: "FORMERR (RFC 9619); NSD answers whatever the message may be about",
        peers: &[Nsd],
        company: Alone,
        aspects: &[Code],
        when: |case| case.question.oddity == Oddity::NoQuestion && is::codes(case, 1, 0),
    },
    Allowed {
        name: "BADVERS before FORMERR",
        reason: "RFC 6891 section 6.1.3: the version comes first; Knot says so too, or nothing, and NSD FORMERR",
        peers: &[Nsd],
        company: Alone,
        aspects: &[Code],
        when: |case| {
            (case.question.oddity == Oddity::NoQuestion || is::unreadable(case)) && is::codes(case, 16, 1)
        },
    },
    // What is found.
    Allowed {
        name: "truncated answers are empty",
        reason: "half of an answer is of no use (RFC 2181 section 9); the peers leave in what fits",
        peers: BOTH,
        company: Alone,
        aspects: &[Answer, Authority, Additional],
        when: |case| case.messages().is_some_and(|both| both.iter().all(|message| message.has(0x200))),
    },
    Allowed {
        name: "names in data are not compressed",
        reason: "data is copied as it stands (RFC 3597 section 4 allows it), so that an answer is cut sooner",
        peers: BOTH,
        company: Alone,
        aspects: &[Truncated, Answer],
        when: is::cut_for_want_of_compression,
    },
    Allowed {
        name: "glue that does not fit",
        reason: "RFC 9471 asks for TC; this NSD is older and leaves glue out",
        peers: &[Nsd],
        company: Alone,
        aspects: &[Truncated, Authority, Additional],
        when: is::glue_left_out,
    },
    Allowed {
        name: "addresses of servers in an answer",
        reason: "optional (RFC 1034 section 4.3.2, step 6), and resolvers must not use what they did not ask for",
        peers: BOTH,
        company: Alone,
        aspects: &[Additional],
        when: is::without_addresses,
    },
    Allowed {
        name: "aliases are followed for eight links",
        reason: "resolvers go on from there; NSD follows longer ones",
        peers: &[Nsd],
        company: Alone,
        aspects: &[Answer, Authority],
        when: is::eight_links,
    },
    Allowed {
        name: "aliases are followed for more than five links",
        reason: "resolvers go on from there; weir follows eight",
        peers: &[Knot],
        company: Alone,
        aspects: &[Answer, Authority],
        when: is::five_links,
    },
    Allowed {
        name: "aliases are followed into other zones of ours",
        reason: "RFC 1034 section 4.3.2, step 3a; NSD does, Knot stays in a zone",
        peers: &[Knot],
        company: Alone,
        aspects: &[Code, Answer, Authority, Additional],
        when: is::left_a_zone,
    },
    Allowed {
        name: "a record stands in an answer once",
        reason: "RFC 2181 section 5; of an alias to itself below a wildcard both peers give it twice",
        peers: BOTH,
        company: Alone,
        aspects: &[Answer],
        when: is::repeated,
    },
    Allowed {
        name: "NSEC3 at an alias",
        reason: "its data is the target's, like that of any other type; NSD says that there is none",
        peers: &[Nsd],
        company: Alone,
        aspects: &[Code, Answer, Authority, Additional],
        when: |case| case.question.kind == 50 && is::stops_at_alias(case),
    },
    Allowed {
        name: "RRSIG and NSEC at an alias",
        reason: "in a zone without signatures there are none at the alias; Knot does not follow it for these types",
        peers: &[Knot],
        company: Alone,
        aspects: &[Code, Answer, Authority, Additional],
        when: |case| matches!(case.question.kind, 46 | 47) && is::stops_at_alias(case),
    },
    Allowed {
        name: "interfaces may get an address soon",
        reason: "that there is none of a family is remembered no longer than the pool's time to live",
        peers: BOTH,
        company: Alone,
        aspects: &[Authority],
        when: is::interface_without_family,
    },
];

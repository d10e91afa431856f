//! Whether weir's DNS does what the standards say: compared with NSD and Knot, question by question, and probed as
//! RFC 8906 probes servers.
//!
//! ```text
//!  names ──► servers: weir, NSD, Knot                       allowed, laws
//!    │                    ▲                                        │
//!    └─► chance ──► exchange ──► replies ──► difference ──► differential: a reason for each
//! ```

mod names;
mod servers;

mod chance;
mod exchange;
mod message;
mod question;

mod allowed;
mod conditions;
mod difference;
mod differential;
mod laws;

mod dug;
mod probes;

use weir_tests::tools::{Need, alone, needs};

/// The seed, unless the environment names one.
const SEED: u64 = 0x7765_6972;

#[test]
fn each_difference_from_nsd_and_knot_has_a_reason() {
    let _alone = alone();
    if !needs(servers::PEERS) {
        return;
    }
    let seed = std::env::var("WEIR_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(SEED);
    eprintln!("seed {seed}");
    differential::compare(seed);
}

#[test]
fn each_probe_of_rfc_8906_gets_its_answer() {
    let _alone = alone();
    if needs(&[Need::Program("dig")]) {
        probes::ask(&mut servers::Ours::start());
    }
}

//! What happens while a run lasts, and what is asked of it afterwards.

use clap::ValueEnum;

use super::figures::{Figure, Row};
use super::series::{Series, Settled};
use super::site::{Card, Site};

/// Seconds before anything counts.
pub(crate) const WARM: u32 = 3600;
/// When trouble begins.
const TROUBLE: u32 = 3900;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Nothing.
    Steady,
    /// The second interface dies for twenty minutes.
    Fail,
    /// The third, the largest, carries only three fifths for half an hour.
    Brown,
    /// Three times as many arrive for three minutes.
    Flash,
    /// The first two sit on one card that carries seven tenths of both.
    Card,
    /// The second dies for twenty seconds in each of twenty minutes.
    Flap,
}

/// Something that happens to the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Event {
    /// An interface dies, and cuts its viewers off.
    Down(usize),
    /// It is back.
    Up(usize),
    /// An interface now carries so many Mbit/s.
    Capacity(usize, f64),
    /// So many times the usual number arrive from now on.
    Rush(f64),
}

/// The length of a run and the events in it, by second.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seconds: u32,
    pub(crate) events: Vec<(u32, Event)>,
}

impl Scenario {
    /// The plan with its usual length.
    pub(crate) fn plan(self, site: &Site) -> Plan {
        let large = site.capacity[2];
        let (seconds, events) = match self {
            Self::Steady => (9000, Vec::new()),
            Self::Card => (7800, Vec::new()),
            Self::Fail => (9300, vec![(TROUBLE, Event::Down(1)), (5100, Event::Up(1))]),
            Self::Brown => {
                (9000, vec![(TROUBLE, Event::Capacity(2, 0.6 * large)), (5700, Event::Capacity(2, large))])
            }
            Self::Flash => (7500, vec![(TROUBLE, Event::Rush(3.0)), (TROUBLE + 180, Event::Rush(1.0))]),
            Self::Flap => (6300, {
                let minutes = (0..20).map(|minute| TROUBLE + 60 * minute);
                minutes.flat_map(|at| [(at, Event::Down(1)), (at + 20, Event::Up(1))]).collect()
            }),
        };
        Plan { seconds, events }
    }

    /// The card that an operator has written down.
    pub(crate) fn card(self, capacity: &[f64]) -> Option<Card> {
        let both = capacity[0] + capacity[1];
        (self == Self::Card).then(|| Card { members: vec![0, 1], capacity: 0.7 * both })
    }

    /// The figures of one run.
    pub(crate) fn figures(self, run: &Series) -> Row {
        match self {
            Self::Steady | Self::Card => run.summary(),
            Self::Fail => fail(run),
            Self::Brown => brown(run),
            Self::Flash => {
                let part = run.part(TROUBLE, 5400);
                Row(vec![
                    ("fl_over", Some(part.over)),
                    ("fl_p99", Some(part.high)),
                    ("fl_max", Some(part.max)),
                    ("fl_mean_util", Some(part.mean)),
                ])
            }
            Self::Flap => {
                let part = run.part(TROUBLE, 5100);
                Row(vec![
                    ("fp_stall", Some(part.stalled)),
                    ("fp_over", Some(part.over)),
                    ("fp_p99", Some(part.high)),
                ])
            }
        }
    }

    /// What the table shows; rows of JSON have all.
    pub(crate) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Steady | Self::Card => &[
                "max_mean",
                "max_p95",
                "max_p99",
                "ratio_mean",
                "P_lt_0.8",
                "P_lt_0.9",
                "P_lt_1.0",
                "over_pct",
                "w_std",
                "w_move_per_min",
                "dns_qps",
            ],
            Self::Fail => &[
                "cut",
                "back95",
                "outage_s_per_cut",
                "dn_over",
                "dn_p99",
                "up_settle10",
                "up_settle",
                "w_move",
            ],
            Self::Brown => &["br_over", "br_p99", "br_max", "br_settle", "af_over", "af_settle"],
            Self::Flash => &["fl_over", "fl_p99", "fl_max", "fl_mean_util"],
            Self::Flap => &["fp_stall", "fp_over", "fp_p99"],
        }
    }
}

fn fail(run: &Series) -> Row {
    let (down, up) = (run.part(TROUBLE, 5100), run.part(5100, run.end()));
    let cut = f64::from(run.stalled_at(TROUBLE)).max(1.0);
    let back = |left: f64| run.first_after(TROUBLE, |stalled| f64::from(stalled) < left * cut);
    let settled = |from, to, within, stalled| run.settled(&Settled { from, to, within, stalled });
    let summary = run.summary();
    let kept = |key: &str| summary.get(key);
    Row(vec![
        ("cut", Some(cut)),
        ("back50", back(0.5)),
        ("back95", back(0.05)),
        ("outage_s_per_cut", Some(down.stalled_seconds / cut)),
        ("dn_over", Some(down.over)),
        ("dn_stall", Some(down.stalled)),
        ("dn_p99", Some(down.high)),
        ("dn_settle", settled(TROUBLE, 5100, 0.08, 0.05 * cut)),
        ("up_over", Some(up.over)),
        ("up_p99", Some(up.high)),
        // The detector needs ten seconds to see that it is back.
        ("up_settle10", settled(5110, run.end(), 0.10, f64::INFINITY)),
        ("up_settle", settled(5110, run.end(), 0.05, f64::INFINITY)),
        ("w_std", kept("w_std")),
        ("w_move", kept("w_move_per_min")),
    ])
}

fn brown(run: &Series) -> Row {
    let (during, after) = (run.part(TROUBLE, 5700), run.part(5700, run.end()));
    let settled =
        |from, to| -> Figure { run.settled(&Settled { from, to, within: 0.10, stalled: f64::INFINITY }) };
    Row(vec![
        ("br_over", Some(during.over)),
        ("br_p99", Some(during.high)),
        ("br_max", Some(during.max)),
        ("br_mean_util", Some(during.mean)),
        ("br_settle", settled(TROUBLE, 5700)),
        ("af_over", Some(after.over)),
        ("af_settle", settled(5700, run.end())),
    ])
}

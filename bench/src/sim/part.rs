//! The parts of weir's law that can be left out, to show what each buys.

use clap::ValueEnum;
use weir_core::law::rules::Parts;

/// A part, by the name that it has on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The expected load grows by measuring alone.
    FeedForward,
    /// Every answer costs one viewer.
    HiddenLoad,
    /// The time to live is the same for all resolvers.
    TtlByResolver,
    /// The time to live stays long after a change.
    TtlByChange,
    /// Capacities are believed as configured.
    LearnedCapacity,
    /// Weights by capacity.
    Fill,
    /// Weights follow each computation at once.
    Smooth,
    /// Black holes are left to the probes.
    Guard,
    /// Rates tell the load, and connections do not.
    Early,
}

/// What is in force without these.
pub(super) fn all_but(without: &[Part]) -> Parts {
    let kept = |part| !without.contains(&part);
    Parts {
        feed_forward: kept(Part::FeedForward),
        hidden_load: kept(Part::HiddenLoad),
        ttl_by_resolver: kept(Part::TtlByResolver),
        ttl_by_change: kept(Part::TtlByChange),
        learned_capacity: kept(Part::LearnedCapacity),
        fill: kept(Part::Fill),
        smooth: kept(Part::Smooth),
        guard: kept(Part::Guard),
        early: kept(Part::Early),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_leaves_out_itself_and_nothing_else() {
        assert_eq!(all_but(&[]), Parts::default());
        for &part in Part::value_variants() {
            let text = format!("{:?}", all_but(&[part]));
            assert_eq!(text.matches("false").count(), 1, "{part:?}: {text}");
        }
        assert_eq!(format!("{:?}", all_but(Part::value_variants())).matches("true").count(), 0);
    }
}

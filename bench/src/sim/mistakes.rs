//! What those who steer are told wrongly, or not at all: the world stays as it is.

use std::str::FromStr;

use clap::Args;

use super::options::number;
use super::site::{Card, Site};

/// The mistakes of who wrote the configuration, and what the machine cannot tell.
#[derive(Clone, Debug, Args)]
pub(crate) struct Mistakes {
    /// Interface INTERFACE, counted from 0, is told to carry FACTOR times what it carries; several with commas between.
    #[arg(long, value_delimiter = ',', value_name = "INTERFACE=FACTOR")]
    pub(crate) misjudge: Vec<Misjudged>,
    /// The mean stay that is told, by the true one.
    #[arg(long, default_value = "1", value_name = "FACTOR", value_parser = number(0.01..=100.0))]
    pub(crate) stay_factor: f64,
    /// Nobody can tell whether packets are refused; TCP tells which part of the bytes it sends again.
    #[arg(long)]
    pub(crate) blind: bool,
    /// Nobody has said what the card carries.
    #[arg(long)]
    pub(crate) untold_card: bool,
}

/// A capacity that is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Misjudged {
    interface: usize,
    factor: f64,
}

impl Default for Mistakes {
    fn default() -> Self {
        Self { misjudge: Vec::new(), stay_factor: 1.0, blind: false, untold_card: false }
    }
}

impl Mistakes {
    /// The site as it is told.
    pub(super) fn told(&self, site: &Site) -> Site {
        let mut told = site.clone();
        for &Misjudged { interface, factor } in &self.misjudge {
            if let Some(capacity) = told.capacity.get_mut(interface) {
                *capacity *= factor;
            }
        }
        told.mean_stay *= self.stay_factor;
        if self.untold_card {
            // A card that lets everything through cuts nobody.
            told.card = told.card.map(|card| Card { capacity: f64::INFINITY, ..card });
        }
        told
    }
}

impl FromStr for Misjudged {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=').and_then(|(interface, factor)| {
            let factor: f64 = factor.trim().parse().ok()?;
            let interface = interface.trim().parse().ok()?;
            (0.01..=100.0).contains(&factor).then_some(Self { interface, factor })
        });
        parts.ok_or_else(|| format!("\"{text}\" is not an interface and a factor from 0.01 to 100, like 2=3"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_told_is_wrong() {
        let site = Site {
            capacity: vec![10.0, 20.0],
            card: Some(Card { members: vec![0, 1], capacity: 25.0 }),
            ttl: 30,
            mean_stay: 1200.0,
            burst: 30.0,
            resolvers: 10,
            poll_every: 60,
        };
        let misjudge = vec!["1=0.5".parse().expect("an interface and a factor")];
        let told = Mistakes { misjudge, stay_factor: 3.0, ..Mistakes::default() }.told(&site);
        assert_eq!((told.capacity, told.mean_stay), (vec![10.0, 10.0], 3600.0));
        assert_eq!(told.card.map(|card| card.capacity), Some(25.0));
        let told = Mistakes { untold_card: true, ..Mistakes::default() }.told(&site);
        assert_eq!((&told.capacity, told.mean_stay), (&site.capacity, site.mean_stay));
        let cut = |site: &Site| site.beneath_card(&site.capacity, |_| true);
        assert_eq!(cut(&told), site.capacity);
        assert!(cut(&site) < site.capacity);
    }

    #[test]
    fn a_factor_without_an_interface_is_refused_in_a_sentence() {
        for text in ["3", "2=", "x=3", "2=0", "2=nan", "2=-1"] {
            assert!(text.parse::<Misjudged>().is_err_and(|told| told.contains("like 2=3")), "{text}");
        }
    }
}

//! What `weir-bench sim` is told, and the sentences for what it cannot take.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::ensure;
use clap::Args;

use super::mistakes::Mistakes;
use super::part::Part;
use super::policy::Name;
use super::scenario::{Plan, Scenario, WARM};

/// The world to run.
#[derive(Clone, Debug, Args)]
pub(crate) struct SimArgs {
    /// What happens.
    #[arg(long, value_enum, default_value_t = Scenario::Steady)]
    pub(crate) scenario: Scenario,
    /// Who steers, by name, with commas between.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Name::Rr, Name::Static, Name::NaiveLl])]
    pub(crate) policies: Vec<Name>,
    /// Wanted rate of all viewers by the capacity of all interfaces; several with commas between.
    #[arg(long, value_delimiter = ',', default_value = "0.7", value_parser = number(0.01..=2.0))]
    pub(crate) load: Vec<f64>,
    /// Time to live of DNS answers in seconds; several with commas between.
    #[arg(long, value_delimiter = ',', default_value = "30", value_parser = whole(1..=86_400))]
    pub(crate) ttl: Vec<u32>,
    /// Zipf's exponent of the resolvers' popularity, 0 for resolvers alike; several with commas between.
    #[arg(long, value_delimiter = ',', default_value = "1", value_parser = number(0.0..=4.0))]
    pub(crate) zipf: Vec<f64>,
    /// Seeds: `7`, `1,2,5` or `1-10`.
    #[arg(long, default_value = "1-10")]
    pub(crate) seeds: Seeds,
    /// Length in hours, the hour of warm-up included; by default the scenario's own, 1.75 to 2.6.
    #[arg(long, value_parser = number(1.1..=48.0))]
    pub(crate) hours: Option<f64>,
    /// All capacities times this: 0.05 and 0.01 are the small laboratories.
    #[arg(long, default_value = "1", value_parser = number(0.001..=10.0))]
    pub(crate) scale: f64,
    /// Mean stay of a viewer in seconds.
    #[arg(long, default_value = "1200", value_parser = number(10.0..=86_400.0))]
    pub(crate) sess: f64,
    /// How many resolvers there are.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) resolvers: u16,
    /// Whether some resolvers keep answers longer than they may.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    pub(crate) viol: bool,
    /// Rate in Mbit/s of one segment's download, which makes the noise of measured rates.
    #[arg(long, default_value = "30", value_parser = number(0.0..=1000.0))]
    pub(crate) burst: f64,
    /// Seconds until the probes have seen a death.
    #[arg(long, default_value = "6", value_parser = whole(0..=600))]
    pub(crate) det: u32,
    /// Seconds until the probes have seen a return.
    #[arg(long, default_value = "10", value_parser = whole(0..=600))]
    pub(crate) det_up: u32,
    /// Seconds by which measured rates are late.
    #[arg(long, default_value = "0", value_parser = whole(0..=600))]
    pub(crate) lag: u32,
    /// Seconds between the polls of a steered viewer.
    #[arg(long, default_value = "60", value_parser = whole(1..=3600))]
    pub(crate) poll: u32,
    /// Threads, which share the seeds among them.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) threads: u8,
    /// Parts that weir's policies do without, to see what they buy; several with commas between.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    pub(crate) without: Vec<Part>,
    #[command(flatten)]
    pub(crate) mistakes: Box<Mistakes>,
    /// Write one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
    /// Draw the utilisation of each interface over time, of the first seed, a panel for each row.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

/// Seeds in the order in which they were named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seeds(pub(crate) Vec<u64>);

impl SimArgs {
    /// The scenario's plan, of the length that was asked for.
    pub(super) fn plan(&self, usual: Plan) -> anyhow::Result<Plan> {
        let Some(hours) = self.hours else { return Ok(usual) };
        let seconds = (hours * 3600.0).round();
        let last = usual.events.iter().map(|(at, _)| *at).max().unwrap_or(WARM);
        ensure!(
            seconds > f64::from(last) + 60.0,
            "--hours {hours} is too short: what happens in this scenario ends after {:.2} hours",
            f64::from(last) / 3600.0
        );
        let seconds = (0..=86_400 * 2).rev().find(|&whole| f64::from(whole) <= seconds);
        Ok(Plan { seconds: seconds.unwrap_or(usual.seconds), ..usual })
    }
}

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault =
            || format!("seeds are whole numbers like 7, 1,2,5 or 1-10, and \"{text}\" is none of these");
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| fault());
        let mut seeds = Vec::new();
        for part in text.split(',') {
            match part.split_once('-') {
                Some((first, last)) => {
                    let (first, last) = (number(first)?, number(last)?);
                    if first > last || last - first >= 10_000 {
                        return Err(format!("\"{part}\" is not an ascending range of at most 10,000 seeds"));
                    }
                    seeds.extend(first..=last);
                }
                None => seeds.push(number(part)?),
            }
        }
        Ok(Self(seeds))
    }
}

/// Takes numbers in a range.
pub(super) fn number(range: RangeInclusive<f64>) -> impl Fn(&str) -> Result<f64, String> + Clone {
    move |text| {
        let number = text.trim().parse::<f64>().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("it has to be a number from {} to {}", range.start(), range.end()))
    }
}

/// Takes whole numbers in a range.
fn whole(range: RangeInclusive<u32>) -> impl Fn(&str) -> Result<u32, String> + Clone {
    move |text| {
        let number = text.trim().parse::<u32>().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("it has to be a whole number from {} to {}", range.start(), range.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_lists_and_ranges() {
        let seeds = |text: &str| text.parse::<Seeds>().map(|seeds| seeds.0);
        assert_eq!(seeds("7"), Ok(vec![7]));
        assert_eq!(seeds("1,2,5-7"), Ok(vec![1, 2, 5, 6, 7]));
        assert!(seeds("5-1").is_err() && seeds("a").is_err() && seeds("").is_err() && seeds("1-").is_err());
    }

    #[test]
    fn a_wrong_number_is_told_in_a_sentence() {
        assert_eq!(number(0.0..=4.0)("nan"), Err("it has to be a number from 0 to 4".into()));
        assert_eq!(whole(1..=9)("0"), Err("it has to be a whole number from 1 to 9".into()));
        assert_eq!(whole(1..=9)("9"), Ok(9));
    }
}

//! The daemon that is asked.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

use weir_tests::reference::{Ports, Reference};
use weir_tests::scratch::Scratch;
use weir_tests::weir::Weir;

/// What the reference tells viewers of its four interfaces, as clients print it.
pub(crate) const PUBLIC: [&str; 4] = ["198.51.100.11", "198.51.100.12", "198.51.100.13", "198.51.100.14"];

/// So many TXT records of 200 letters stand at `big.stream.test`: more than any answer over UDP holds.
const BIG: u8 = 12;

/// Pools beside that of the reference. Their answers are forgotten soon; `single` names one interface in each.
const POOLS: &str = r#"
[[pool]]
name = "quick"
hostname = "quick.stream.test"
ttl = { min = "1s", max = "1s" }

[[pool]]
name = "single"
hostname = "single.stream.test"
answer_count = 1
ttl = { min = "1s", max = "1s" }
"#;

/// A running daemon, and where it is asked.
pub(crate) struct Scene {
    pub(crate) weir: Weir,
    ports: Ports,
    _folder: Scratch,
}

impl Scene {
    /// With these keys in `[dns]`.
    pub(crate) fn open(keys: &str) -> Self {
        let (ports, folder) = (Ports::free(), Scratch::new("resolvers"));
        let reference = Reference::with(ports);
        let probes = reference.text().find("[[pool.probe]]").expect("the reference has probes");
        let probes = reference.text()[probes..].to_owned();
        let config = reference
            .replace(&probes, POOLS)
            .replace("[dns]\n", &format!("[dns]\n{keys}\n"))
            .replace("@     IN TXT", &format!("alias IN CNAME www\n{}@     IN TXT", big()))
            .write(&folder);
        Self { weir: Weir::start(&config, ports.admin()), ports, _folder: folder }
    }

    /// Where it is asked for the most part.
    pub(crate) fn server(&self) -> SocketAddr {
        self.server_at(0)
    }

    /// Where interface `index` is asked.
    pub(crate) fn server_at(&self, index: usize) -> SocketAddr {
        self.ports.dns_at(index)
    }

    /// The sum of a metric over all series whose labels contain `label`.
    pub(crate) fn sum(&self, metric: &str, label: &str) -> f64 {
        let text = self.weir.metrics();
        let series = text.lines().filter(|line| {
            line.strip_prefix(metric).is_some_and(|rest| rest.starts_with('{') && rest.contains(label))
        });
        series.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// How often each interface was named first in answers of a pool.
    pub(crate) fn handed(&self, pool: &str) -> [f64; 4] {
        [0, 1, 2, 3].map(|index| {
            let series = format!("weir_dns_answers_total{{interface=\"eni{index}\",pool=\"{pool}\"}}");
            self.weir.metric(&series).unwrap_or_default()
        })
    }

    /// The shares of a pool, in the order of [`PUBLIC`].
    pub(crate) fn shares(&self, pool: &str) -> [f64; 4] {
        let shares = self.weir.state().shares(pool);
        PUBLIC.map(|public| {
            let address: Ipv4Addr = public.parse().expect("an address");
            shares.iter().find(|(of, _)| *of == address).map_or(0.0, |(_, share)| *share)
        })
    }

    /// Ends the daemon, which must have been well all the time.
    pub(crate) fn close(mut self) {
        self.weir.is_well();
        assert_eq!(self.weir.stop().code(), Some(0), "SIGTERM ends it in order");
    }
}

/// The place of an address in [`PUBLIC`].
pub(crate) fn index_of(address: &str) -> usize {
    PUBLIC
        .iter()
        .position(|public| *public == address)
        .unwrap_or_else(|| panic!("{address:?} is of no interface"))
}

fn big() -> String {
    (0..BIG).fold(String::new(), |mut text, nth| {
        let letter = char::from(b'a' + nth).to_string();
        writeln!(text, "big IN TXT \"{}\"", letter.repeat(200)).expect("a string takes all");
        text
    })
}

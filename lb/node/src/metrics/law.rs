//! What the law keeps of interfaces: how much each is expected to carry, of what it can, and how fresh that knowledge is.

use std::time::Instant;

use prometheus::{GaugeVec, IntGaugeVec, Registry};
use weir_core::{Band, InterfaceView, Signal};

use super::register::{gauges, int_gauges, set};

/// All bands: the present one shows 1, the others 0.
const BANDS: [Band; 4] = [Band::Light, Band::Fair, Band::Busy, Band::Full];

/// The metrics of the law.
#[derive(Debug)]
pub(super) struct OfLaw {
    expected: GaugeVec,
    effective: GaugeVec,
    band: IntGaugeVec,
    full: IntGaugeVec,
    suspect: IntGaugeVec,
    resent: GaugeVec,
    delivery: GaugeVec,
    players: GaugeVec,
    age: GaugeVec,
    stale: IntGaugeVec,
}

impl OfLaw {
    /// Registers them.
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let rates = |name: &str, help: &str| gauges(registry, name, help, &["interface"]);
        let flags = |name: &str, help: &str| int_gauges(registry, name, help, &["interface"]);
        let signal = ["interface", "signal"];
        let age = "How long ago a measurement of an interface was last seen.";
        let stale = "1 if a measurement of an interface was seen once and is not any more.";
        Ok(Self {
            expected: rates(
                "weir_interface_expected_bytes_per_second",
                "What an interface is expected to carry: what was sent there, set right by what is measured.",
            )?,
            effective: rates(
                "weir_interface_effective_capacity_bytes_per_second",
                "What an interface can carry, as told or as learned.",
            )?,
            band: int_gauges(
                registry,
                "weir_interface_band",
                "1 for the band of what an interface is expected to carry of what it can.",
                &["interface", "band"],
            )?,
            full: flags("weir_interface_full", "1 if an interface, or its group, carries all that it can.")?,
            suspect: flags(
                "weir_interface_suspect",
                "1 if the rate of an interface collapsed while nobody was told to leave.",
            )?,
            resent: rates(
                "weir_interface_resent_ratio",
                "The part of an interface's bytes that TCP had sent before, 0 to 1.",
            )?,
            delivery: rates(
                "weir_interface_delivery_bytes_per_second",
                "At which rate TCP delivers on a busy connection of an interface.",
            )?,
            players: rates(
                "weir_interface_players_bytes_per_second",
                "At which rate steered players on an interface say that they download, on average.",
            )?,
            age: gauges(registry, "weir_signal_age_seconds", age, &signal)?,
            stale: int_gauges(registry, "weir_signal_stale", stale, &signal)?,
        })
    }

    fn clear(&self) {
        for gauges in
            [&self.expected, &self.effective, &self.resent, &self.delivery, &self.players, &self.age]
        {
            gauges.reset();
        }
        for gauges in [&self.band, &self.full, &self.suspect, &self.stale] {
            gauges.reset();
        }
    }

    /// Shows what the law keeps of these interfaces at `now`, and of no others.
    pub(super) fn show(&self, interfaces: &[InterfaceView], now: Instant) {
        self.clear();
        for view in interfaces {
            let (name, law) = (view.interface.name.as_str(), &view.law);
            let label = [name];
            set(&self.expected, &label, Some(law.expected));
            set(&self.effective, &label, law.effective);
            if let Some(present) = law.band {
                for band in BANDS {
                    self.band.with_label_values(&[name, band.code()]).set((band == present).into());
                }
            }
            self.full.with_label_values(&label).set(law.is_full.into());
            self.suspect.with_label_values(&label).set(law.is_suspect.into());
            if let Some(resent) = law.resent {
                self.resent.with_label_values(&label).set(resent);
            }
            set(&self.delivery, &label, law.delivery);
            set(&self.players, &label, law.players);
            law.signals.iter().for_each(|signal| self.show_signal(name, signal, now));
        }
    }

    /// A measurement that was never made has no age.
    fn show_signal(&self, interface: &str, signal: &Signal, now: Instant) {
        let Some(seen) = signal.seen else { return };
        let labels = [interface, signal.kind.code()];
        self.age.with_label_values(&labels).set(now.saturating_duration_since(seen).as_secs_f64());
        self.stale.with_label_values(&labels).set(signal.is_stale.into());
    }
}

//! What the snapshot says of interfaces.

use prometheus::{CounterVec, GaugeVec, Registry};
use weir_core::InterfaceView;

use super::register::{counters, gauges, set};

/// The metrics of interfaces, whoever's viewers they carry.
#[derive(Debug)]
pub(super) struct OfInterfaces {
    transmitted: CounterVec,
    received: CounterVec,
    rate: GaugeVec,
    capacity: GaugeVec,
    headroom: GaugeVec,
    connections: GaugeVec,
    directive: GaugeVec,
}

impl OfInterfaces {
    /// Registers them.
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counters = |name: &str, help: &str| counters(registry, name, help, &["interface"]);
        let of_each = |name: &str, help: &str| gauges(registry, name, help, &["interface"]);
        Ok(Self {
            transmitted: counters("weir_interface_transmit_bytes_total", "Bytes sent by an interface.")?,
            received: counters("weir_interface_receive_bytes_total", "Bytes received by an interface.")?,
            rate: of_each("weir_interface_transmit_bytes_per_second", "Smoothed send rate of an interface.")?,
            capacity: of_each("weir_interface_capacity_bytes_per_second", "What an interface can carry.")?,
            headroom: of_each(
                "weir_interface_headroom_bytes_per_second",
                "What an interface can still carry, within its group.",
            )?,
            connections: of_each(
                "weir_interface_connections",
                "Established connections to the origin on an interface.",
            )?,
            directive: gauges(
                registry,
                "weir_interface_directive",
                "1 for the directive in force.",
                &["interface", "directive"],
            )?,
        })
    }

    fn clear(&self) {
        for counters in [&self.transmitted, &self.received] {
            counters.reset();
        }
        for gauges in [&self.rate, &self.capacity, &self.headroom, &self.connections, &self.directive] {
            gauges.reset();
        }
    }

    /// Shows these interfaces and no others.
    // Byte counters are exact in a float up to 2^53, nine petabytes.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn show(&self, interfaces: &[InterfaceView]) {
        self.clear();
        for view in interfaces {
            let label = [view.interface.name.as_str()];
            self.transmitted.with_label_values(&label).inc_by(view.transmitted as f64);
            self.received.with_label_values(&label).inc_by(view.received as f64);
            set(&self.rate, &label, view.rate);
            set(&self.capacity, &label, view.interface.capacity);
            set(&self.headroom, &label, view.headroom);
            if let Some(connections) = view.connections {
                self.connections.with_label_values(&label).set(connections.into());
            }
            let directive = view.order.directive.to_string();
            self.directive.with_label_values(&[label[0], &directive]).set(1.0);
        }
    }
}

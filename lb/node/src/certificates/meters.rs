//! What is told of certificates.

use std::collections::HashSet;

use prometheus::{GaugeVec, IntGauge, Opts, Registry};
use weir_core::HostName;
use weir_edge::Certificates;

use crate::config::Config;

/// The metrics of all certificates.
#[derive(Debug)]
pub(super) struct Meters {
    expiry: GaugeVec,
    failed: IntGauge,
    /// The host names that have a series.
    hosts: HashSet<HostName>,
}

impl Meters {
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let expiry = GaugeVec::new(
            Opts::new(
                "weir_certificate_expiry_timestamp_seconds",
                "When the certificate ends that a pool's host name is shown, in seconds since 1970.",
            ),
            &["host"],
        )?;
        let failed = IntGauge::new(
            "weir_certificates_failed",
            "Certificates whose files cannot be used as they are; the ones before stay in force.",
        )?;
        registry.register(Box::new(expiry.clone()))?;
        registry.register(Box::new(failed.clone()))?;
        Ok(Self { expiry, failed, hosts: HashSet::new() })
    }

    /// One series for each pool, by the certificate that its host name is shown.
    pub(super) fn show(&mut self, config: &Config, certificates: Option<&Certificates>) {
        let mut gone = std::mem::take(&mut self.hosts);
        for pool in config.pools() {
            let host = &pool.pool.hostname;
            let shown = certificates.and_then(|all| all.of(Some(host.as_str())).validity());
            if let Some(validity) = shown {
                // Seconds since 1970 fit the 53 bits of a float for 285 million years.
                #[allow(clippy::cast_precision_loss)]
                self.expiry.with_label_values(&[host.as_str()]).set(validity.ends as f64);
                gone.remove(host);
                self.hosts.insert(host.clone());
            }
        }
        for host in gone {
            // It fails only if the series does not exist, which is what is wanted.
            let _ = self.expiry.remove_label_values(&[host.as_str()]);
        }
    }

    /// So many pairs cannot be used as their files are.
    pub(super) fn failed(&self, count: usize) {
        self.failed.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}

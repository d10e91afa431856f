//! Keeps what TLS shows like the certificate files that the configuration names.
//!
//! Facts of the world: certificate clients replace two files, one after the other, often without telling anybody; an
//! operator copies them by hand, at night. So the files are looked at every few seconds, and at each reload; a pair that
//! can't be used leaves the one before in force, is told once, counted, and tried again.
//!
//! ```text
//! configuration ─┐                                           ┌─► Tls (one for good) ─► new connections
//!                ├─► look ─► pairs, each with the one before ─┤
//! every 5 s ─────┘                                           └─► metrics
//! ```
//!
//! Listeners are handed a configuration together with the TLS that belongs to it, so they never look for a certificate
//! that is still being read.
//!
//! At the start a pair that can't be used ends the program: there is none before it.

mod meters;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use weir_core::HostName;
use weir_edge::{Certificates, Pair, PairFiles, Tls, TlsError};

use crate::config::Config;
use crate::failure::Chain;
use meters::Meters;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// A configuration, and what its listeners speak TLS with.
#[derive(Clone, Debug)]
pub struct Equipped {
    /// The configuration.
    pub config: Arc<Config>,
    /// Nothing without `[http] tls`, or as long as its certificate cannot be used.
    pub tls: Option<Tls>,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A certificate or its key.
    #[error("cannot use the certificate of {owner}")]
    Pair {
        /// Whose it is.
        owner: Owner,
        /// What is wrong with it; boxed, as it is large.
        #[source]
        source: Box<TlsError>,
    },
    /// TLS itself.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Two metrics have one name.
    #[error("cannot register the metrics of certificates")]
    Metrics(#[from] prometheus::Error),
}

/// Whose certificate it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The listeners'.
    Listeners,
    /// A pool's, by its host name.
    Pool(HostName),
}

/// Looks after all certificates.
#[derive(Debug)]
pub struct Keeper {
    equipped: watch::Sender<Equipped>,
    /// What speaks TLS, also while nothing is configured: its tickets stay good.
    known: Option<Tls>,
    kept: BTreeMap<Owner, Kept>,
    meters: Meters,
}

/// One owner's pair.
#[derive(Debug, Default)]
struct Kept {
    /// The last one that could be used, maybe of files that are not configured any more.
    pair: Option<Pair>,
    /// The fault that was told last, so that each is told once.
    told: Option<String>,
}

impl Keeper {
    /// Reads all that the configuration names.
    ///
    /// # Errors
    /// At the first pair that can't be used.
    pub fn open(
        config: &Arc<Config>,
        registry: &Registry,
    ) -> Result<(Self, watch::Receiver<Equipped>), CertificateError> {
        let (equipped, receiver) = watch::channel(Equipped { config: Arc::clone(config), tls: None });
        let (known, kept, meters) = (None, BTreeMap::new(), Meters::new(registry)?);
        let mut keeper = Self { equipped, known, kept, meters };
        for (owner, files) in wanted(config) {
            match Pair::load(&files) {
                Ok(pair) => keeper.kept.insert(owner, Kept { pair: Some(pair), told: None }),
                Err(source) => {
                    return Err(CertificateError::Pair { owner, source: Box::new(source) });
                }
            };
        }
        keeper.show(config)?;
        Ok((keeper, receiver))
    }

    /// Follows the files and the configuration until asked to stop.
    pub async fn follow(mut self, mut config: watch::Receiver<Arc<Config>>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
                changed = config.changed() => if changed.is_err() { return },
            }
            let now = Arc::clone(&config.borrow_and_update());
            self.look(&now);
        }
    }

    /// Reads what has changed, and shows it.
    fn look(&mut self, config: &Arc<Config>) {
        let wanted = wanted(config);
        self.kept.retain(|owner, _| wanted.contains_key(owner));
        for (owner, files) in &wanted {
            self.kept.entry(owner.clone()).or_default().look(owner, files);
        }
        if let Err(error) = self.show(config) {
            tracing::error!(error = %Chain(&error), "certificate_not_renewed");
        }
    }

    /// Shows what is kept, tells the metrics, and hands the configuration on.
    fn show(&mut self, config: &Arc<Config>) -> Result<(), TlsError> {
        let shown = self.certificates();
        self.meters.show(config, shown.as_ref());
        self.meters.failed(self.kept.values().filter(|kept| kept.told.is_some()).count());
        let tls = shown.map(|certificates| self.tls(certificates)).transpose();
        let (tls, outcome) = match tls {
            Ok(tls) => (tls, Ok(())),
            Err(error) => (None, Err(error)),
        };
        let changed = |now: &mut Equipped| {
            let same = Arc::ptr_eq(&now.config, config) && now.tls.is_some() == tls.is_some();
            *now = Equipped { config: Arc::clone(config), tls };
            !same
        };
        self.equipped.send_if_modified(changed);
        outcome
    }

    fn tls(&mut self, certificates: Certificates) -> Result<Tls, TlsError> {
        if let Some(tls) = &self.known {
            tls.show(certificates);
            return Ok(tls.clone());
        }
        let tls = Tls::new(certificates)?;
        Ok(self.known.insert(tls).clone())
    }

    fn certificates(&self) -> Option<Certificates> {
        let default = self.kept.get(&Owner::Listeners)?.pair.clone()?;
        let of_pools = self.kept.iter().filter_map(|(owner, kept)| match (owner, &kept.pair) {
            (Owner::Pool(host), Some(pair)) => Some((host.clone(), pair.clone())),
            _ => None,
        });
        Some(of_pools.fold(Certificates::new(default), |all, (host, pair)| all.with(host, pair)))
    }
}

impl Kept {
    fn look(&mut self, owner: &Owner, files: &PairFiles) {
        let read = match &self.pair {
            Some(pair) if pair.files() == files => pair.renewed(),
            _ => Pair::load(files).map(Some),
        };
        match read {
            Ok(None) => self.told = None,
            Ok(Some(pair)) => {
                tracing::info!(%owner, file = %files.certificate.display(), "certificate_renewed");
                *self = Self { pair: Some(pair), told: None };
            }
            Err(error) => {
                let text = Chain(&error).to_string();
                if self.told.as_ref() != Some(&text) {
                    tracing::error!(%owner, error = text, "certificate_not_renewed");
                    self.told = Some(text);
                }
            }
        }
    }
}

/// Each owner's files. Pools have them only where the listeners have (the configuration holds that).
fn wanted(config: &Config) -> BTreeMap<Owner, PairFiles> {
    let listeners = config.http().tls.iter().map(|tls| (Owner::Listeners, tls.certificate.files.clone()));
    let pools = config
        .pools()
        .iter()
        .filter_map(|pool| Some((Owner::Pool(pool.pool.hostname.clone()), pool.tls.as_ref()?.files.clone())));
    listeners.chain(pools).collect()
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listeners => f.write_str("[http] tls"),
            Self::Pool(host) => write!(f, "the pool of {host}"),
        }
    }
}

#[cfg(test)]
mod tests;

//! What is wrong with a configuration beyond its text: certificates that cannot be used, and what tired operators
//! overlook, which is no fault but stops viewers all the same.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use weir_core::{HostName, OriginScheme};
use weir_edge::{Certificates, Pair, TlsError, Validity};

use crate::config::{Certificate, Config, Fault, PoolConfig};
use crate::discovery::DiscoveryMode;
use crate::failure::Chain;

/// Whoever renews by hand needs some days; certificate clients renew a month before.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);

/// Both, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// The program would not start.
    pub(super) faults: Vec<Fault>,
    /// It would, and some viewers would not play.
    pub(super) warnings: Vec<Fault>,
}

/// Looks at the certificates and origins of the configuration in this file, at this time.
pub(super) fn doubts(config: &Config, file: &str, now: SystemTime) -> Doubts {
    let mut found = Finder { file, now: seconds(now), doubts: Doubts::default() };
    let Some(tls) = &config.http().tls else { return found.doubts };
    let mut certificates = found.load(&tls.certificate).map(Certificates::new);
    for pool in config.pools() {
        if let Some(certificate) = &pool.tls
            && let Some(pair) = found.load(certificate)
        {
            certificates = certificates.map(|all| all.with(pool.pool.hostname.clone(), pair));
        }
    }
    for (index, pool) in config.pools().iter().enumerate() {
        if let Some(certificates) = &certificates {
            let certificate = pool.tls.as_ref().unwrap_or(&tls.certificate);
            found.check_names(pool, certificate, (config, certificates));
        }
        found.check_origin(index, pool);
    }
    found.doubts.warnings.sort_by_key(|warning| warning.line);
    found.doubts
}

struct Finder<'a> {
    file: &'a str,
    /// In seconds since 1970.
    now: i64,
    doubts: Doubts,
}

impl Finder<'_> {
    fn load(&mut self, certificate: &Certificate) -> Option<Pair> {
        match Pair::load(&certificate.files) {
            Ok(pair) => {
                let doubt = pair.validity().and_then(|validity| doubt_of(validity, self.now));
                if let Some(doubt) = doubt {
                    let path = certificate.files.certificate.display();
                    self.warn(
                        certificate.line,
                        &certificate.key,
                        format!("the certificate in {path} {doubt}"),
                    );
                }
                Some(pair)
            }
            Err(error) => {
                let fault = self.fault(certificate.line, &certificate.key, unusable(&error));
                self.doubts.faults.push(fault);
                None
            }
        }
    }

    /// Interfaces have names below the pool's, by which redirects and the origin are reached.
    fn check_names(
        &mut self,
        pool: &PoolConfig,
        certificate: &Certificate,
        (config, certificates): (&Config, &Certificates),
    ) {
        let host = &pool.pool.hostname;
        let shown = certificates.of(Some(host.as_str()));
        let missing: Vec<String> = names(config, pool).filter(|name| !covers(shown, name)).collect();
        if !missing.is_empty() {
            let message = format!(
                "the certificate in {} is not for {}, and browsers refuse it there; have it issued for {host} and \
                 *.{host}",
                certificate.files.certificate.display(),
                missing.join(", "),
            );
            self.warn(certificate.line, &certificate.key, message);
        }
    }

    fn check_origin(&mut self, index: usize, pool: &PoolConfig) {
        if pool.pool.origin.secure().0 == OriginScheme::Http {
            let message = "viewers who come over TLS are sent to plain HTTP, which browsers refuse within a page that \
                           came over TLS (mixed content); add https_port";
            self.warn(pool.line, &format!("pool[{index}].origin"), message.to_owned());
        }
    }

    fn warn(&mut self, line: usize, key: &str, message: String) {
        let warning = self.fault(line, key, message);
        self.doubts.warnings.push(warning);
    }

    fn fault(&self, line: usize, key: &str, message: String) -> Fault {
        Fault { file: self.file.to_owned(), line, key: key.to_owned(), message }
    }
}

/// A pool's name and those of its interfaces; a wildcard for those that discovery may find.
fn names(config: &Config, pool: &PoolConfig) -> impl Iterator<Item = String> {
    let host: &HostName = &pool.pool.hostname;
    let interfaces = config.interfaces();
    let declared = interfaces.declared.iter().filter(|interface| pool.pool.has(&interface.name));
    let below = declared.map(move |interface| format!("{}.{host}", interface.name));
    let others = (interfaces.mode != DiscoveryMode::Static).then(|| format!("*.{host}"));
    [host.to_string()].into_iter().chain(below).chain(others)
}

/// A wildcard is asked for by a name that nobody writes into a certificate.
fn covers(pair: &Pair, name: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(host) => pair.covers(&format!("any-interface.{host}")),
        None => pair.covers(name),
    }
}

/// What is to be said of a certificate's time.
fn doubt_of(Validity { begins, ends }: Validity, now: i64) -> Option<String> {
    let soon = i64::try_from(SOON.as_secs()).unwrap_or(i64::MAX);
    if now < begins {
        return Some(format!("is good from in {} on only; is the clock right?", span(begins - now)));
    }
    if ends < now {
        return Some(format!("expired {} ago; renew it", span(now - ends)));
    }
    (ends - now < soon).then(|| format!("expires in {}; renew it", span(ends - now)))
}

fn span(seconds: i64) -> String {
    let (hours, days) = (seconds / 3600, seconds / 86_400);
    match days {
        0 => format!("{hours} h"),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

fn unusable(error: &TlsError) -> String {
    format!("{}; weir does not start with it", Chain(error))
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(since).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;

//! What the configuration says of one probe, checked once, so that a look cannot fail for the operator's spelling.

mod error;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use hyper::header::HeaderValue;
use url::Url;
use weir_core::ProbeId;

pub use self::error::ProbeSpecError;
use crate::rtmp::PlayPath;

/// What stands for the interface's address in a probe's URL.
const PLACEHOLDER: &str = "{address}";

/// Takes the placeholder's place while a URL is checked (RFC 5737: no host has it).
const SAMPLE: &str = "192.0.2.1";

/// How deep a probe looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbeKind {
    /// Something accepts a TCP connection.
    Tcp,
    /// An HTTP answer has the wanted status and text.
    Http,
    /// A live HLS playlist grows, and its newest segment is there.
    Hls,
    /// An RTMP stream plays.
    Rtmp,
}

/// How often a probe looks, and how long a look may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From the start of a look to the start of the next one, before jitter.
    pub interval: Duration,
    /// The bound of a whole look.
    pub timeout: Duration,
}

/// What may be asked of an answer; the default asks for any status of 200 to 299.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The statuses that pass (`http` only); `None` is 200..=299.
    pub status: Option<RangeInclusive<u16>>,
    /// A text that the first 64 KiB of the body must hold (`http` only).
    pub body: Option<String>,
    /// The value of the `Host` header (`http` and `hls`); `None` is the address and port.
    pub host: Option<String>,
}

/// What the configuration says of one probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeSpec {
    kind: ProbeKind,
    /// A URL once its placeholder is replaced, whatever the address.
    template: String,
    timing: Timing,
    status: RangeInclusive<u16>,
    body: Option<String>,
    host: Option<String>,
}

impl ProbeSpec {
    /// Checks a probe. The URL's host must be the placeholder `{address}`.
    ///
    /// # Errors
    /// One sentence on the first thing that is wrong. Timing is not judged here.
    pub fn new(kind: ProbeKind, url: &str, timing: Timing, wanted: Wanted) -> Result<Self, ProbeSpecError> {
        check_url(kind, url)?;
        check_wanted(kind, &wanted)?;
        Ok(Self {
            kind,
            template: url.to_owned(),
            timing,
            status: wanted.status.unwrap_or(200..=299),
            body: wanted.body,
            host: wanted.host,
        })
    }

    /// What tells this probe from the pool's others.
    pub fn id(&self) -> ProbeId {
        ProbeId::new(self.kind.as_str(), &self.template)
    }

    /// How deep it looks.
    pub fn kind(&self) -> ProbeKind {
        self.kind
    }

    /// When and how long it looks.
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// The URL of one interface, with brackets around an IPv6 address.
    pub fn url(&self, address: IpAddr) -> Url {
        fill(&self.template, address).expect("a template that is a URL with one address is one with any")
    }

    /// The port that it connects to.
    pub fn port(&self) -> u16 {
        port_of(self.kind, &self.url(IpAddr::from([192, 0, 2, 1]))).expect("checked when it was made")
    }

    pub(crate) fn status(&self) -> &RangeInclusive<u16> {
        &self.status
    }

    pub(crate) fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    pub(crate) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }
}

impl ProbeKind {
    /// The word that the configuration and metrics use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Http => "http",
            Self::Hls => "hls",
            Self::Rtmp => "rtmp",
        }
    }

    fn scheme(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Http | Self::Hls => "http",
            Self::Rtmp => "rtmp",
        }
    }
}

impl fmt::Display for ProbeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ProbeKind {
    type Err = ProbeSpecError;

    fn from_str(text: &str) -> Result<Self, ProbeSpecError> {
        [Self::Tcp, Self::Http, Self::Hls, Self::Rtmp]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| ProbeSpecError::UnknownKind(text.to_owned()))
    }
}

fn fill(template: &str, address: IpAddr) -> Result<Url, url::ParseError> {
    let host = match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    Url::parse(&template.replace(PLACEHOLDER, &host))
}

fn check_url(kind: ProbeKind, template: &str) -> Result<(), ProbeSpecError> {
    let url = || template.to_owned();
    if !template.contains(PLACEHOLDER) {
        return Err(ProbeSpecError::NoPlaceholder { url: url() });
    }
    let parsed = Url::parse(&template.replace(PLACEHOLDER, SAMPLE))
        .map_err(|source| ProbeSpecError::NotUrl { url: url(), source })?;
    if parsed.scheme() == format!("{}s", kind.scheme()) {
        return Err(ProbeSpecError::Encrypted { url: url() });
    }
    if parsed.scheme() != kind.scheme() {
        return Err(ProbeSpecError::Scheme { url: url(), kind, wanted: kind.scheme() });
    }
    if parsed.host_str() != Some(SAMPLE) {
        return Err(ProbeSpecError::PlaceholderNotHost { url: url() });
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(ProbeSpecError::Credentials { url: url() });
    }
    if port_of(kind, &parsed).is_none() {
        return Err(ProbeSpecError::NoPort { url: url() });
    }
    let has_path = !matches!(parsed.path(), "" | "/") || parsed.query().is_some();
    match kind {
        ProbeKind::Tcp if has_path => Err(ProbeSpecError::TcpPath { url: url() }),
        ProbeKind::Rtmp if PlayPath::of(&parsed).is_none() => Err(ProbeSpecError::NoStream { url: url() }),
        _ => Ok(()),
    }
}

/// Port 0 is none: nothing can listen there.
fn port_of(kind: ProbeKind, url: &Url) -> Option<u16> {
    let known = match kind {
        ProbeKind::Tcp => None,
        ProbeKind::Http | ProbeKind::Hls => Some(80),
        ProbeKind::Rtmp => Some(1935),
    };
    url.port().or(known).filter(|port| *port != 0)
}

fn check_wanted(kind: ProbeKind, wanted: &Wanted) -> Result<(), ProbeSpecError> {
    let http = kind == ProbeKind::Http;
    let unfit = |option| Err(ProbeSpecError::Unfit { kind, option });
    match wanted {
        Wanted { status: Some(_), .. } if !http => return unfit("status"),
        Wanted { body: Some(_), .. } if !http => return unfit("body"),
        Wanted { host: Some(_), .. } if !http && kind != ProbeKind::Hls => return unfit("host"),
        _ => {}
    }
    if let Some(range) = &wanted.status
        && (range.is_empty() || *range.start() < 100 || *range.end() > 599)
    {
        return Err(ProbeSpecError::Status { low: *range.start(), high: *range.end() });
    }
    match &wanted.host {
        Some(host) if !is_host(host) => Err(ProbeSpecError::Host { host: host.clone() }),
        _ => Ok(()),
    }
}

/// A host with or without a port, as `Host` takes it.
fn is_host(host: &str) -> bool {
    let authority_only = !host.is_empty() && !host.contains(['/', '?', '#', '@', '\\']);
    authority_only && HeaderValue::from_str(host).is_ok() && Url::parse(&format!("http://{host}/")).is_ok()
}

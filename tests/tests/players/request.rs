//! What an interface was asked for, as its nginx wrote it down.

use std::fs;
use std::path::Path;

/// The format of a line for nginx: words, of which the last may have spaces in it.
pub(crate) const FORMAT: &str = "$msec $scheme $server_addr $http_host $status $request_method $request_uri $http_origin/$http_user_agent";

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// When it was answered, in seconds since 1970.
    pub(crate) at: f64,
    /// `http` or `https`.
    pub(crate) scheme: String,
    /// The address that was asked.
    pub(crate) address: String,
    /// The host that was asked for, with its port.
    pub(crate) host: String,
    /// How it was answered.
    pub(crate) status: u16,
    /// Path and query.
    pub(crate) path: String,
    /// The page's origin, as the browser says it; `-` if nothing does.
    pub(crate) origin: String,
    /// What asked.
    pub(crate) agent: String,
}

impl Request {
    /// All lines of a file that are whole.
    pub(crate) fn read(file: &Path) -> Vec<Self> {
        let text = fs::read_to_string(file).unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole
            .lines()
            .map(|line| Self::parse(line).unwrap_or_else(|| panic!("not a line of ours: {line}")))
            .collect()
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(8, ' ');
        let mut word = || words.next().map(str::to_owned);
        let at = word()?.parse().ok()?;
        let (scheme, address, host) = (word()?, word()?, word()?);
        let status = word()?.parse().ok()?;
        let (_method, path) = (word()?, word()?);
        let last = word()?;
        // An origin has slashes, but none after its host.
        let split = last.find("://").map_or(0, |at| at + 3);
        let (origin, agent) = last.split_at(split + last[split..].find('/')?);
        Some(Self {
            at,
            scheme,
            address,
            host,
            status,
            path,
            origin: origin.to_owned(),
            agent: agent[1..].to_owned(),
        })
    }

    /// Whose it is: the second folder of the path.
    pub(crate) fn viewer(&self) -> &str {
        self.path.split('/').nth(2).unwrap_or_default()
    }

    /// The file, without a query.
    pub(crate) fn file(&self) -> &str {
        let path = self.path.split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }

    /// The number of the segment, if it is one.
    pub(crate) fn segment(&self) -> Option<u32> {
        self.file().strip_prefix("media_")?.strip_suffix(".ts")?.split('_').nth(1)?.parse().ok()
    }
}

//! What `weir-bench http` is told, and the sentences for what it cannot take.

use std::path::PathBuf;

use anyhow::ensure;
use clap::{Args, ValueEnum};

/// What is measured against what.
#[derive(Clone, Debug, Args)]
pub(crate) struct HttpArgs {
    /// The peer.
    #[arg(long, value_enum, default_value_t = Peer::Nginx)]
    pub(crate) against: Peer,
    /// What becomes of a connection after an answer.
    #[arg(long, value_enum, default_value_t = Connection::KeepAlive)]
    pub(crate) connection: Connection,
    /// With or without TLS (1.3, the same ECDSA P-256 certificate for both).
    #[arg(long, value_enum, default_value_t = Scheme::Http)]
    pub(crate) scheme: Scheme,
    /// What is counted.
    #[arg(long, value_enum, default_value_t = What::Redirect)]
    pub(crate) what: What,
    /// Lets clients resume the TLS sessions that they had; otherwise each handshake is a full one.
    #[arg(long)]
    pub(crate) resumption: bool,
    /// How many clients ask at the same time, each one thing at a time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u8).range(1..=250))]
    pub(crate) clients: u8,
    /// How many pairs.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub(crate) pairs: u8,
    /// How long each half of a pair lasts, in seconds.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=60))]
    pub(crate) seconds: u8,
    /// The weir to measure; by default the one beside this program.
    #[arg(long, value_name = "FILE")]
    pub(crate) weir: Option<PathBuf>,
    /// The weir to compare with, with `--against weir`: one that was built before a change.
    #[arg(long, value_name = "FILE")]
    pub(crate) other: Option<PathBuf>,
    /// Write the figures as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A server to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// `return 302` of nginx, one worker.
    Nginx,
    /// `http-request redirect` of haproxy, one thread.
    Haproxy,
    /// weir itself: shows the noise, and, with `--other`, what a change brought.
    Weir,
}

/// What becomes of a connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Connection {
    /// It takes the next request.
    KeepAlive,
    /// The client closes it once it has the answer.
    New,
    /// The request asks the server to close it.
    Close,
}

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scheme {
    /// Plain.
    Http,
    /// TLS 1.3.
    Https,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// Redirects.
    Redirect,
    /// TLS handshakes, after which nothing is asked.
    Handshake,
    /// Steering manifests, against redirects of weir.
    Manifest,
}

impl What {
    /// Its word in sentences.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
            Self::Handshake => "handshake",
            Self::Manifest => "manifest",
        }
    }
}

impl HttpArgs {
    /// Whether these options make sense together.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let tls = self.scheme == Scheme::Https;
        ensure!(
            self.what != What::Manifest || self.against == Peer::Weir,
            "only weir steers: add --against weir, which redirects meanwhile"
        );
        ensure!(tls || self.what != What::Handshake, "handshakes are of TLS: add --scheme https");
        ensure!(tls || !self.resumption, "sessions are of TLS: add --scheme https");
        ensure!(self.other.is_none() || self.against == Peer::Weir, "--other needs --against weir");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: HttpArgs,
    }

    fn checked(line: &str) -> String {
        let line = Line::try_parse_from(line.split(' ')).expect("known options");
        line.args.check().map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn what_makes_no_sense_together_is_refused_with_what_to_do() {
        assert_eq!(checked("http --what handshake"), "handshakes are of TLS: add --scheme https");
        assert_eq!(checked("http --resumption"), "sessions are of TLS: add --scheme https");
        assert_eq!(checked("http --other weir"), "--other needs --against weir");
        assert_eq!(
            checked("http --what manifest"),
            "only weir steers: add --against weir, which redirects meanwhile"
        );
        assert_eq!(checked("http --what handshake --scheme https --resumption"), "fine");
    }
}

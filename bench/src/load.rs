//! The load: dnsperf on core 1, as fast as the server answers.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// Questions under way at a time, and clients they come from.
const OUTSTANDING: &str = "200";
const CLIENTS: &str = "8";

/// What came of a load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Answered {
    pub(crate) completed: u64,
    pub(crate) lost: u64,
}

/// Asks the questions of a file for some seconds.
pub(crate) fn ask(server: SocketAddr, questions: &Path, seconds: u8) -> anyhow::Result<Answered> {
    let (address, port) = (server.ip().to_string(), server.port().to_string());
    let output = Command::new("taskset")
        .args(["-c", "1", "dnsperf", "-s", &address, "-p", &port, "-c", CLIENTS, "-q", OUTSTANDING, "-e"])
        .args(["-l", &seconds.to_string(), "-t", "1", "-d"])
        .arg(questions)
        .output()
        .context("cannot start taskset and dnsperf; install util-linux and dnsperf")?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("dnsperf failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    read(&text).with_context(|| format!("dnsperf said something else than expected:\n{text}"))
}

fn read(text: &str) -> Option<Answered> {
    let number = |label: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(label))?;
        line.split(':').nth(1)?.split_whitespace().next()?.parse().ok()
    };
    Some(Answered { completed: number("Queries completed")?, lost: number("Queries lost")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dnsperf_says_is_read() {
        let text = "Statistics:\n\n  Queries sent:         220047\n  Queries completed:    219847 (99.91%)\n  \
                    Queries lost:         200 (0.09%)\n";
        assert_eq!(read(text), Some(Answered { completed: 219_847, lost: 200 }));
        assert_eq!(read("Segmentation fault"), None);
    }
}

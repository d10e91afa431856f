//! `[[pool.probe]]`: how one probe looks, and how its reports are judged.

use std::ops::RangeInclusive;
use std::time::Duration;

use weir_core::ProbeRule;
use weir_probes::{ProbeKind, ProbeSpec, ProbeSpecError, Timing, Wanted};

use super::fault::Place;
use super::section::Section;
use super::{duration, value};

/// Between two looks of a probe.
const INTERVALS: RangeInclusive<Duration> = value::millis(100)..=value::seconds(3_600);

/// Of one look; shorter than the shortest interval, so that each interval has a timeout below it.
const TIMEOUTS: RangeInclusive<Duration> = value::millis(10)..=value::seconds(3_600);

/// Passes or failures in a row. Above, a verdict would take hours.
const LARGEST_RUN: u32 = 100;

/// What a probe does when the file does not say.
struct Defaults {
    interval: Duration,
    timeout: Duration,
    run: u32,
}

/// Looking at RTMP costs the origin a session with a key frame, so it is done less often.
fn defaults(kind: ProbeKind) -> Defaults {
    match kind {
        ProbeKind::Rtmp => Defaults { interval: value::seconds(5), timeout: value::seconds(4), run: 2 },
        ProbeKind::Tcp | ProbeKind::Http | ProbeKind::Hls => {
            Defaults { interval: value::seconds(2), timeout: value::millis(1_500), run: 3 }
        }
    }
}

/// Reads one `[[pool.probe]]`.
pub(super) fn read(section: &Section<'_>) -> Option<(Place, ProbeSpec, ProbeRule)> {
    section.require("type", "write \"tcp\", \"http\", \"hls\" or \"rtmp\"");
    section.require("url", "write one such as \"http://{address}:1935/live/demo/playlist.m3u8\"");
    let read_kind = |text: &str| text.parse().map_err(|fault: ProbeSpecError| fault.to_string());
    let kind: Option<ProbeKind> =
        section.parsed("type", "\"tcp\", \"http\", \"hls\" or \"rtmp\"", read_kind).map(|at| at.value);
    // A wrong type must not hide what else is wrong.
    let defaults = defaults(kind.unwrap_or(ProbeKind::Http));
    let timing = read_timing(section, &defaults, kind);
    let [rise, fall] =
        ["rise", "fall"].map(|key| section.integer(key, 1..=LARGEST_RUN).map_or(defaults.run, |at| at.value));
    let wanted = read_wanted(section);
    let url = section.text("url", "a URL such as \"http://{address}:1935/live/demo/playlist.m3u8\"");
    let (kind, url) = (kind?, url?);
    match ProbeSpec::new(kind, url.value, timing, wanted) {
        Ok(spec) => {
            let rule = ProbeRule { id: spec.id(), rise, fall };
            Some((url.place, spec, rule))
        }
        Err(fault) => {
            section.fault(key_of(&fault), fault.to_string());
            None
        }
    }
}

fn read_timing(section: &Section<'_>, defaults: &Defaults, kind: Option<ProbeKind>) -> Timing {
    let interval = section.duration("interval", INTERVALS);
    let interval = section.or_default("interval", interval, defaults.interval);
    // A short interval shortens the timeout that nobody has written: the quotient of the RTMP defaults, 4s of 5s.
    let default_timeout = defaults.timeout.min(interval.unwrap_or(defaults.interval) * 4 / 5);
    let timeout = section.or_default("timeout", section.duration("timeout", TIMEOUTS), default_timeout);
    if let (Some(interval), Some(timeout), Some(_)) = (interval, timeout, kind)
        && timeout >= interval
    {
        let [timeout, interval] = [timeout, interval].map(duration::show);
        let message = format!(
            "{timeout} is not shorter than interval = {interval}; make timeout shorter than interval"
        );
        section.fault("timeout", message);
    }
    Timing { interval: interval.unwrap_or(defaults.interval), timeout: timeout.unwrap_or(default_timeout) }
}

fn read_wanted(section: &Section<'_>) -> Wanted {
    let body = section.text("body", "a text that the answer must hold");
    if body.as_ref().is_some_and(|body| body.value.is_empty()) {
        section.fault("body", "is empty, which every answer holds; write a text, or remove the key");
    }
    Wanted {
        status: section.parsed("status", "a range such as \"200-299\"", status).map(|at| at.value),
        body: body.map(|at| at.value.to_owned()),
        host: section.text("host", "a host name such as \"live.stream.test\"").map(|at| at.value.to_owned()),
    }
}

/// Reads `200-299`, or `200` alone.
fn status(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let number = |digits: &str| {
        let plain = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let range = number(low.trim()).zip(number(high.trim())).map(|(low, high)| low..=high);
    range.ok_or_else(|| format!("\"{text}\" is not a range of HTTP statuses; write one such as \"200-299\""))
}

/// The key that a fault of the probe as a whole is about.
fn key_of(fault: &ProbeSpecError) -> &'static str {
    match fault {
        ProbeSpecError::UnknownKind(_) => "type",
        ProbeSpecError::Unfit { option, .. } => option,
        ProbeSpecError::Status { .. } => "status",
        ProbeSpecError::Host { .. } => "host",
        _ => "url",
    }
}

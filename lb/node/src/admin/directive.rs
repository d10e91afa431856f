//! `PUT /api/v1/interfaces/{name}/directive`: written down first, then applied.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hyper::{Response, StatusCode};
use serde::{Deserialize, Serialize};
use weir_core::{Directive, Event, InterfaceName};

use super::Admin;
use super::reply::{self, Body};
use crate::config::parse_duration;
use crate::failure::Chain;
use crate::orders::NewOrder;

/// The longest reason, in bytes: it is shown in one line.
const LONGEST_REASON: usize = 500;
/// The longest time that a directive may last.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    directive: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    expires_in: Option<String>,
}

#[derive(Debug, Serialize)]
struct Done<'a> {
    interface: &'a str,
    directive: String,
    reason: &'a str,
    expires_in_seconds: Option<u64>,
}

/// Takes an order for an interface.
pub(super) async fn put(admin: &Admin, name: &str, body: &Bytes) -> Response<Body> {
    let interface = match known_interface(admin, name) {
        Ok(interface) => interface,
        Err(message) => return reply::fault(StatusCode::NOT_FOUND, message),
    };
    let order = match read(body) {
        Ok(order) => order,
        Err(message) => return reply::fault(StatusCode::BAD_REQUEST, message),
    };
    // The book stays locked until the event is in the queue, so that two orders cannot overtake each other.
    let mut book = admin.orders.lock().await;
    let written = match book.set(&interface, &order, SystemTime::now()) {
        Ok(written) => written,
        Err(error) => {
            let message = Chain(&error).to_string();
            tracing::error!(error = %message, "directive_not_written");
            return reply::fault(StatusCode::INTERNAL_SERVER_ERROR, message);
        }
    };
    if admin.events.send(Event::Ordered(interface.clone(), written)).await.is_err() {
        return reply::fault(
            StatusCode::SERVICE_UNAVAILABLE,
            "stopping; the directive holds at the next start",
        );
    }
    drop(book);
    let done = Done {
        interface: interface.as_str(),
        directive: order.directive.to_string(),
        reason: &order.reason,
        expires_in_seconds: order.lasts.map(|lasts| lasts.as_secs()),
    };
    reply::json(StatusCode::OK, &done)
}

fn known_interface(admin: &Admin, name: &str) -> Result<InterfaceName, String> {
    let snapshot = admin.reader.load();
    let known = name.parse().ok().filter(|name| snapshot.interface(name).is_some());
    known.ok_or_else(|| {
        let names: Vec<_> = snapshot.interfaces.iter().map(|view| view.interface.name.as_str()).collect();
        let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
        format!("no interface \"{shown}\"; there are: {}", names.join(", "))
    })
}

fn read(body: &Bytes) -> Result<NewOrder, String> {
    let wanted: Wanted = serde_json::from_slice(body).map_err(|error| {
        format!("{error}; send {{\"directive\": \"drain\", \"reason\": \"kernel update\", \"expires_in\": \"30m\"}}")
    })?;
    let directive: Directive = wanted.directive.parse().map_err(|error| format!("directive: {error}"))?;
    if wanted.reason.len() > LONGEST_REASON || wanted.reason.chars().any(char::is_control) {
        return Err(format!("reason: at most {LONGEST_REASON} bytes in one line"));
    }
    let lasts = wanted.expires_in.as_deref().map(parse_duration).transpose();
    let lasts = lasts.map_err(|error| format!("expires_in: {error}"))?;
    if lasts.is_some_and(|lasts| lasts > LONGEST || lasts.is_zero()) {
        return Err("expires_in: more than nothing and at most a year".to_owned());
    }
    Ok(NewOrder { directive, reason: wanted.reason, lasts })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<NewOrder, String> {
        super::read(&Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn an_order_is_read_with_its_reason_and_end() {
        let order = read(r#"{"directive":"drain","reason":"kernel update","expires_in":"30m"}"#);
        let expected = NewOrder {
            directive: Directive::Drain,
            reason: "kernel update".to_owned(),
            lasts: Some(Duration::from_secs(1800)),
        };
        assert_eq!(order, Ok(expected));
    }

    #[test]
    fn a_bad_order_says_what_is_wrong() {
        for (text, part) in [
            ("", "send {"),
            (r#"{"directive":"pause"}"#, "use drain, down, up or auto"),
            (r#"{"directive":"drain","for":"1m"}"#, "unknown field"),
            (r#"{"directive":"drain","expires_in":"soon"}"#, "expires_in"),
            (r#"{"directive":"drain","expires_in":"0s"}"#, "expires_in"),
            (r#"{"directive":"drain","reason":"a\nb"}"#, "reason"),
        ] {
            let message = read(text).expect_err(text);
            assert!(message.contains(part), "{message}");
        }
    }
}

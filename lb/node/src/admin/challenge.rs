//! `PUT` and `DELETE /api/v1/acme-challenge`: what certificate clients have shown in DNS.
//!
//! Challenges are kept in memory only and go past the control task: they weigh nothing, and last minutes.

use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, Response, StatusCode};
use serde::{Deserialize, Serialize};
use weir_dns::{ChallengeError, ChallengeName, ChallengeValue, LONGEST_CHALLENGE};

use super::Admin;
use super::reply::{self, Body};
use crate::config::parse_duration;

/// How long a challenge lasts when nothing is said: authorities look within minutes.
const USUAL: Duration = Duration::from_secs(600);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    value: String,
    #[serde(default)]
    expires_in: Option<String>,
}

/// A request that makes sense.
#[derive(Debug, PartialEq, Eq)]
struct Challenge {
    name: ChallengeName,
    value: ChallengeValue,
    lasts: Duration,
}

#[derive(Debug, Serialize)]
struct Set {
    name: String,
    expires_in_seconds: u64,
}

#[derive(Debug, Serialize)]
struct Unset {
    name: String,
    /// Whether it was answered until now.
    removed: bool,
}

/// Puts up a challenge, or takes one down.
pub(super) fn change(admin: &Admin, method: &Method, body: &Bytes) -> Response<Body> {
    let Challenge { name, value, lasts } = match read(body) {
        Ok(challenge) => challenge,
        Err(message) => return reply::fault(StatusCode::BAD_REQUEST, message),
    };
    if *method == Method::DELETE {
        let removed = admin.answerer.unset_challenge(&name, &value);
        return reply::json(StatusCode::OK, &Unset { name: name.to_string(), removed });
    }
    match admin.answerer.set_challenge(&name, &value, lasts) {
        Ok(()) => {
            tracing::info!(%name, seconds = lasts.as_secs(), "acme_challenge_set");
            let set = Set { name: name.to_string(), expires_in_seconds: lasts.as_secs() };
            reply::json(StatusCode::OK, &set)
        }
        Err(error) => reply::fault(status(&error), error.to_string()),
    }
}

fn status(error: &ChallengeError) -> StatusCode {
    match error {
        ChallengeError::Name { .. } | ChallengeError::Value { .. } => StatusCode::BAD_REQUEST,
        ChallengeError::Foreign { .. } => StatusCode::NOT_FOUND,
        ChallengeError::Delegated { .. } | ChallengeError::Renamed { .. } | ChallengeError::Alias { .. } => {
            StatusCode::CONFLICT
        }
        ChallengeError::Full { .. } | ChallengeError::FullHere { .. } => StatusCode::TOO_MANY_REQUESTS,
    }
}

fn read(body: &Bytes) -> Result<Challenge, String> {
    let wanted: Wanted = serde_json::from_slice(body).map_err(|error| {
        format!("{error}; send {{\"name\": \"live.example.com\", \"value\": \"…\", \"expires_in\": \"10m\"}}")
    })?;
    let name = wanted.name.parse().map_err(|error| format!("name: {error}"))?;
    let value = wanted.value.parse().map_err(|error| format!("value: {error}"))?;
    let lasts = wanted.expires_in.as_deref().map_or(Ok(USUAL), parse_duration);
    let lasts = lasts.map_err(|error| format!("expires_in: {error}"))?;
    if lasts.is_zero() || lasts > LONGEST_CHALLENGE {
        return Err("expires_in: more than nothing and at most \"1h\"".to_owned());
    }
    Ok(Challenge { name, value, lasts })
}

#[cfg(test)]
mod tests;

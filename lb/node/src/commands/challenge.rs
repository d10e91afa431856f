//! `weir acme-challenge`: what certificate clients call to prove names by DNS.

use std::process::ExitCode;

use anyhow::Context;
use hyper::Method;
use serde_json::{Value, json};

use super::Done;
use crate::cli::{ChallengeCommand, HookArgs, Remote};
use crate::client;

/// The variables by which certbot tells its hooks what to do.
const DOMAIN: &str = "CERTBOT_DOMAIN";
const VALIDATION: &str = "CERTBOT_VALIDATION";

/// Puts up a challenge, or takes one down.
pub(crate) fn run(command: &ChallengeCommand) -> Done {
    match command {
        ChallengeCommand::Set(args) => {
            let mut body = json!({ "name": args.challenge.name, "value": args.challenge.value });
            if let Some(lasts) = &args.lasts {
                body["expires_in"] = Value::from(lasts.as_str());
            }
            set(&args.hook, &body)
        }
        ChallengeCommand::Unset(args) => {
            unset(&args.hook, &json!({ "name": args.challenge.name, "value": args.challenge.value }))
        }
        ChallengeCommand::CertbotAuth(args) => set(args, &from_certbot()?),
        ChallengeCommand::CertbotCleanup(args) => unset(args, &from_certbot()?),
    }
}

fn set(hook: &HookArgs, body: &Value) -> Done {
    show(hook, &ask(&hook.remote, Method::PUT, body)?)
}

fn unset(hook: &HookArgs, body: &Value) -> Done {
    show(hook, &ask(&hook.remote, Method::DELETE, body)?)
}

fn ask(remote: &Remote, method: Method, body: &Value) -> anyhow::Result<Value> {
    client::ask(remote, method, "/api/v1/acme-challenge", Some(body))
}

fn show(hook: &HookArgs, done: &Value) -> Done {
    if hook.json {
        println!("{done}");
    } else {
        println!("{}", sentence(done));
    }
    Ok(ExitCode::SUCCESS)
}

/// What was done, for people.
fn sentence(done: &Value) -> String {
    let name = done["name"].as_str().unwrap_or("the challenge");
    match (done["expires_in_seconds"].as_u64(), done["removed"].as_bool()) {
        (Some(seconds), _) => format!("{name}: answered for {seconds} s"),
        (None, Some(true)) => format!("{name}: not answered any more"),
        (None, _) => format!("{name}: was not answered; it may have expired"),
    }
}

/// What certbot wants, by its environment.
fn from_certbot() -> anyhow::Result<Value> {
    let read = |variable: &'static str| {
        std::env::var(variable).with_context(|| {
            format!(
                "{variable} is not set; certbot sets it for its hooks, else use `weir acme-challenge set`"
            )
        })
    };
    Ok(json!({ "name": read(DOMAIN)?, "value": read(VALIDATION)? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_said_in_a_sentence() {
        let name = "_acme-challenge.live.stream.test";
        for (done, expected) in [
            (json!({ "name": name, "expires_in_seconds": 600 }), "answered for 600 s"),
            (json!({ "name": name, "removed": true }), "not answered any more"),
            (json!({ "name": name, "removed": false }), "was not answered; it may have expired"),
        ] {
            assert_eq!(sentence(&done), format!("{name}: {expected}"));
        }
    }
}

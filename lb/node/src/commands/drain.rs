//! `weir drain` and `weir undrain`: orders for an interface of a running weir.

use std::process::ExitCode;

use hyper::Method;
use serde_json::{Value, json};

use super::Done;
use crate::cli::{DrainArgs, Remote, UndrainArgs};
use crate::client;

/// Orders that an interface gets no new viewers.
pub(crate) fn drain(args: &DrainArgs) -> Done {
    let mut order = json!({ "directive": "drain", "reason": args.reason });
    if let Some(lasts) = &args.lasts {
        order["expires_in"] = Value::from(lasts.as_str());
    }
    let done = put(&args.remote, &args.interface, &order)?;
    if args.json {
        println!("{done}");
    } else {
        match done["expires_in_seconds"].as_u64() {
            Some(seconds) => println!("{}: no new viewers for {seconds} s", args.interface),
            None => println!("{}: no new viewers until `weir undrain {0}`", args.interface),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets the probes decide again.
pub(crate) fn undrain(args: &UndrainArgs) -> Done {
    let done = put(&args.remote, &args.interface, &json!({ "directive": "auto" }))?;
    if args.json {
        println!("{done}");
    } else {
        println!("{}: its probes decide", args.interface);
    }
    Ok(ExitCode::SUCCESS)
}

fn put(remote: &Remote, interface: &str, order: &Value) -> anyhow::Result<Value> {
    anyhow::ensure!(
        !interface.is_empty() && interface.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
        "\"{interface}\" is not the name of an interface; `weir status` lists them"
    );
    client::ask(remote, Method::PUT, &format!("/api/v1/interfaces/{interface}/directive"), Some(order))
}

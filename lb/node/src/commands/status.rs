//! `weir status`: the state of a running weir as tables, and why an interface gets what it gets.

mod learned;
mod table;
mod why;
mod words;

use std::process::ExitCode;

use hyper::Method;

use super::Done;
use crate::cli::StatusArgs;
use crate::client;

/// Shows the state, or what it says of one interface.
pub(crate) fn run(args: &StatusArgs) -> Done {
    let state = client::ask(&args.remote, Method::GET, "/api/v1/state", None)?;
    let about = args.why.as_deref().map(|name| why::about(&state, name)).transpose()?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(about.as_ref().unwrap_or(&state))?);
    } else if let Some(about) = about {
        print!("{}", why::sentences(&about));
    } else {
        print!("{}", table::table(&state));
    }
    Ok(ExitCode::SUCCESS)
}

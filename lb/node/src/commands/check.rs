//! `weir check`: all faults of a configuration, and nothing else.

use std::process::ExitCode;

use serde::Serialize;

use super::Done;
use crate::cli::CheckArgs;
use crate::config::{Config, Fault, LoadError};

#[derive(Serialize)]
struct FaultJson<'a> {
    file: &'a str,
    line: usize,
    key: &'a str,
    message: &'a str,
}

/// Reads the file and lists its faults.
pub(crate) fn run(args: &CheckArgs) -> Done {
    let faults = match Config::load(&args.config) {
        Ok(_) => Vec::new(),
        Err(LoadError::Faults(faults)) => faults,
        Err(error) => return Err(error.into()),
    };
    if args.json {
        let shown: Vec<_> = faults.iter().map(fault_json).collect();
        println!("{}", serde_json::to_string_pretty(&shown)?);
    } else if faults.is_empty() {
        println!("{}: no faults", args.config.display());
    } else {
        print(&faults);
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints faults for people, to standard error.
pub(crate) fn print(faults: &[Fault]) {
    for fault in faults {
        eprintln!("{fault}");
    }
    eprintln!("{} fault{}", faults.len(), if faults.len() == 1 { "" } else { "s" });
}

fn fault_json(fault: &Fault) -> FaultJson<'_> {
    FaultJson { file: &fault.file, line: fault.line, key: &fault.key, message: &fault.message }
}

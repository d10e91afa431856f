//! `weir check`: all faults of a configuration, what is doubtful about it, and nothing else.

mod doubts;

use std::process::ExitCode;
use std::time::SystemTime;

use serde::Serialize;

use super::Done;
use crate::cli::CheckArgs;
use crate::config::{Config, Fault, LoadError};
use doubts::{Doubts, doubts};

#[derive(Serialize)]
struct FaultJson<'a> {
    severity: &'static str,
    file: &'a str,
    line: usize,
    key: &'a str,
    message: &'a str,
}

/// Reads the file and lists its faults, or, without any, what else may stop viewers.
pub(crate) fn run(args: &CheckArgs) -> Done {
    let Doubts { faults, warnings } = match Config::load(&args.config) {
        Ok(config) => {
            let name = args.config.file_name().unwrap_or(args.config.as_os_str());
            doubts(&config, &name.to_string_lossy(), SystemTime::now())
        }
        Err(LoadError::Faults(faults)) => Doubts { faults, warnings: Vec::new() },
        Err(error) => return Err(error.into()),
    };
    if args.json {
        let faults = faults.iter().map(|fault| fault_json(fault, "fault"));
        let shown: Vec<_> = faults.chain(warnings.iter().map(|fault| fault_json(fault, "warning"))).collect();
        println!("{}", serde_json::to_string_pretty(&shown)?);
    } else {
        for warning in &warnings {
            eprintln!("warning: {warning}");
        }
        if faults.is_empty() {
            println!("{}: no faults{}", args.config.display(), counted(&warnings));
        } else {
            print(&faults);
        }
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

fn counted(warnings: &[Fault]) -> String {
    match warnings.len() {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        count => format!(", {count} warnings"),
    }
}

fn fault_json<'a>(fault: &'a Fault, severity: &'static str) -> FaultJson<'a> {
    FaultJson { severity, file: &fault.file, line: fault.line, key: &fault.key, message: &fault.message }
}

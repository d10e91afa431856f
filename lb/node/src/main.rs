//! weir: spreads the viewers of a live stream over the network interfaces of the machine that serves it.

use std::process::ExitCode;

fn main() -> ExitCode {
    weir::cli::run()
}

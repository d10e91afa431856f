//! The command line: what it takes, and what its exit codes mean.
//!
//! 0 done, 1 the check found faults or the work failed, 2 bad usage.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;
use crate::config::parse_duration;
use crate::failure::Chain;

/// Spreads the viewers of a live stream over the network interfaces of the machine that serves it.
#[derive(Debug, Parser)]
#[command(
    name = "weir",
    version,
    about,
    after_help = "Examples:\n  weir demo                              four interfaces, an origin and viewers on loopback\n  \
                  weir check --config /etc/weir/weir.toml\n  weir run --config /etc/weir/weir.toml\n  \
                  weir drain eni2 --for 30m --reason \"kernel update\""
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve: probe the interfaces, answer DNS, redirect viewers.
    #[command(
        after_help = "Example:\n  weir run --config /etc/weir/weir.toml\n\nSignals:\n  SIGHUP   read the \
                            configuration again; a file with faults changes nothing\n  SIGTERM  finish what is in flight, then end"
    )]
    Run(RunArgs),
    /// Show weir at work on this machine: four loopback interfaces, a synthetic stream, simulated viewers.
    #[command(after_help = "Example:\n  weir demo --calm")]
    Demo(DemoArgs),
    /// Read a configuration and list all of its faults.
    #[command(
        after_help = "Example:\n  weir check --config /etc/weir/weir.toml\n\nExits with 1 when there are faults."
    )]
    Check(CheckArgs),
    /// Show the interfaces and pools of a running weir.
    #[command(
        after_help = "Example:\n  weir status\n  weir status --why eni2\n  weir status --json | jq '.pools[0].members[] | {interface, share}'"
    )]
    Status(StatusArgs),
    /// Send no new viewers to an interface; those that are there stay.
    #[command(after_help = "Example:\n  weir drain eni2 --for 30m --reason \"kernel update\"")]
    Drain(DrainArgs),
    /// Let the probes decide about an interface again.
    #[command(after_help = "Example:\n  weir undrain eni2")]
    Undrain(UndrainArgs),
    /// Prove a name to a certificate authority by DNS (ACME DNS-01); certificate clients call it.
    #[command(
        subcommand,
        after_help = "Example:\n  certbot certonly --manual --preferred-challenges dns -d live.example.com \\\n    \
                      --manual-auth-hook \"weir acme-challenge certbot-auth\" \\\n    \
                      --manual-cleanup-hook \"weir acme-challenge certbot-cleanup\""
    )]
    AcmeChallenge(ChallengeCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChallengeCommand {
    /// Answer a value at _acme-challenge.NAME.
    #[command(
        after_help = "Example:\n  weir acme-challenge set live.example.com gfj9Xq_Rg85nM --for 10m\n\nSeveral values at one \
                      name are answered together."
    )]
    Set(ChallengeSetArgs),
    /// Answer a value no more.
    #[command(after_help = "Example:\n  weir acme-challenge unset live.example.com gfj9Xq_Rg85nM")]
    Unset(ChallengeUnsetArgs),
    /// Set what certbot asks for by CERTBOT_DOMAIN and CERTBOT_VALIDATION.
    #[command(
        after_help = "Example:\n  certbot certonly --manual --manual-auth-hook \"weir acme-challenge certbot-auth\" …"
    )]
    CertbotAuth(HookArgs),
    /// Unset what certbot asked for.
    #[command(
        after_help = "Example:\n  certbot certonly --manual --manual-cleanup-hook \"weir acme-challenge \
                      certbot-cleanup\" …"
    )]
    CertbotCleanup(HookArgs),
}

/// Where the configuration lies when nothing is said.
const DEFAULT_CONFIG: &str = "/etc/weir/weir.toml";

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = DEFAULT_CONFIG)]
    pub(crate) config: PathBuf,
    /// How the log is written (to standard error).
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Break nothing; otherwise one interface fails and heals every minute.
    #[arg(long)]
    pub(crate) calm: bool,
    /// How many viewers to simulate.
    #[arg(long, value_name = "NUMBER", default_value_t = 300, value_parser = clap::value_parser!(u16).range(1..=2000))]
    pub(crate) viewers: u16,
    /// End after this time, such as 30s or 5m; otherwise with Ctrl-C.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration)]
    pub(crate) lasts: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = DEFAULT_CONFIG)]
    pub(crate) config: PathBuf,
    /// Write the faults as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a running weir is reached.
#[derive(Debug, Args)]
pub(crate) struct Remote {
    /// The admin listener of the running weir.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9880")]
    pub(crate) admin: SocketAddr,
    /// A file with the bearer token, where one is set.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) remote: Remote,
    /// Say in sentences why this interface gets the viewers that it gets.
    #[arg(long, value_name = "INTERFACE")]
    pub(crate) why: Option<String>,
    /// Write the whole state, or with --why all that it says of the interface, as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DrainArgs {
    /// The name of the interface.
    pub(crate) interface: String,
    /// Why; shown wherever the interface is shown.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
    /// For how long, such as 30m; until it is undone, otherwise.
    #[arg(long = "for", value_name = "TIME")]
    pub(crate) lasts: Option<String>,
    #[command(flatten)]
    pub(crate) remote: Remote,
    /// Write the answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UndrainArgs {
    /// The name of the interface.
    pub(crate) interface: String,
    #[command(flatten)]
    pub(crate) remote: Remote,
    /// Write the answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ChallengeArgs {
    /// The name to prove, with or without "_acme-challenge." in front.
    pub(crate) name: String,
    /// What the authority wants to see there.
    // One value in sixty-four begins with a hyphen.
    #[arg(allow_hyphen_values = true)]
    pub(crate) value: String,
}

#[derive(Debug, Args)]
pub(crate) struct ChallengeSetArgs {
    #[command(flatten)]
    pub(crate) challenge: ChallengeArgs,
    /// For how long, at most 1h; 10m when nothing is said.
    #[arg(long = "for", value_name = "TIME")]
    pub(crate) lasts: Option<String>,
    #[command(flatten)]
    pub(crate) hook: HookArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ChallengeUnsetArgs {
    #[command(flatten)]
    pub(crate) challenge: ChallengeArgs,
    #[command(flatten)]
    pub(crate) hook: HookArgs,
}

#[derive(Debug, Args)]
pub(crate) struct HookArgs {
    #[command(flatten)]
    pub(crate) remote: Remote,
    /// Write the answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for each event, for people.
    Text,
    /// A JSON object for each event, for machines.
    Json,
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(args) => commands::run::run(&args),
        Command::Demo(args) => commands::demo::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Status(args) => commands::status::run(&args),
        Command::Drain(args) => commands::drain::drain(&args),
        Command::Undrain(args) => commands::drain::undrain(&args),
        Command::AcmeChallenge(command) => commands::challenge::run(&command),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("weir: {}", Chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_every_command_shows_an_example() {
        let cli = Cli::command();
        let nested = cli.get_subcommands().flat_map(clap::Command::get_subcommands);
        for command in cli.get_subcommands().chain(nested) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("weir "), "{} has no example", command.get_name());
        }
    }

    #[test]
    fn a_challenge_may_begin_with_a_hyphen() {
        for value in ["-hV0x", "-h_", "--x-y", "_-"] {
            let words = ["weir", "acme-challenge", "set", "live.example.com", value, "--for", "5m", "--json"];
            let command = Cli::try_parse_from(words).expect("a valid command").command;
            let Command::AcmeChallenge(ChallengeCommand::Set(args)) = command else { panic!("{command:?}") };
            assert_eq!((args.challenge.value.as_str(), args.lasts.as_deref()), (value, Some("5m")));
            assert!(args.hook.json);
        }
    }
}

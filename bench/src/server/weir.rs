//! weir itself: pools without probes, whose interfaces count as up. Its limits are at work and never reached.

mod changing;

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{Server, free, words, zone};
use crate::DnsArgs;
use crate::scratch::Scratch;
pub(super) use changing::Changing;

/// The address that is asked.
const HOME: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

pub(super) fn start(args: &DnsArgs) -> anyhow::Result<Server> {
    let (scratch, address) = (Scratch::new()?, free(HOME)?);
    let admin = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let mut config = format!(
        "version = 1\n[node]\nname = \"bench\"\nstate_dir = \".\"\n[admin]\nlisten = \"{admin}\"\n\
         [interfaces]\ndiscover = \"static\"\n[dns]\nlisten = [\"{address}\"]\n\
         [dns.limits]\nexempt = []\nanswers = 10000000\nnegatives = 10000000\n[http]\nlisten = []\n\
         [[zone]]\nname = \"stream.test\"\nnameservers = [\"ns1.stream.test\"]\n\
         contact = \"hostmaster.stream.test\"\nnegative_ttl = \"30s\"\nrecords = \"ns1 IN A 127.0.0.1\"\n"
    );
    for (index, gigabits) in [10, 10, 25, 5].into_iter().enumerate().take(args.interfaces.into()) {
        write!(
            config,
            "[[interface]]\nname = \"eni{index}\"\naddress = \"127.0.0.{}\"\npublic_address = \"192.0.2.{}\"\n\
             device = \"lo\"\ncapacity = \"{gigabits} Gbit/s\"\n",
            11 + index,
            11 + index
        )?;
    }
    for pool in 0..args.pools {
        let name = zone::pool(pool);
        write!(
            config,
            "[[pool]]\nname = \"{name}\"\nhostname = \"{name}.stream.test\"\ninterfaces = [\"*\"]\nanswer_count = {}\n",
            args.answers
        )?;
    }
    let file = scratch.write("weir.toml", &config)?;
    let program = program(args.weir.as_deref())?;
    let mut server =
        Server::start("weir", scratch, address, program.as_os_str(), &words(&["run", "--config"], &file))?;
    server.changing = args.changing.then(|| Changing::start(admin, args.interfaces));
    Ok(server)
}

/// The weir that was asked for, or the one that was built together with this program.
pub(crate) fn program(asked: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(program) = asked {
        return Ok(program.to_owned());
    }
    let program = std::env::current_exe()?.with_file_name("weir");
    anyhow::ensure!(program.exists(), "there is no {}; build it, or give --weir", program.display());
    std::fs::canonicalize(&program).context("cannot find weir")
}

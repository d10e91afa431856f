//! weir itself: a pool of four interfaces without probes, which count as up; limits that count every request and refuse none;
//! everything else as by default.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use super::{HOST, Scheme, free, listens};
use crate::http::secure::Certificate;
use crate::scratch::Scratch;
use crate::server::{self, Server, words};

pub(super) fn start(
    scheme: Scheme,
    certificate: &Certificate,
    program: Option<&Path>,
) -> anyhow::Result<Server> {
    let (scratch, plain) = (Scratch::new()?, free()?);
    let admin = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let mut config = format!(
        "version = 1\n[node]\nname = \"bench\"\nstate_dir = \".\"\n[admin]\nlisten = \"{admin}\"\n\
         [interfaces]\ndiscover = \"static\"\n[dns]\nlisten = []\n[http]\nlisten = [\"{plain}\"]\n\
         limits = {{ client = 10000000, total = 10000000, exempt = [] }}\n"
    );
    let address = match scheme {
        Scheme::Http => plain,
        Scheme::Https => {
            let secure = free()?;
            let chain = scratch.write("fullchain.pem", &certificate.chain)?;
            let key = scratch.write("key.pem", &certificate.key)?;
            writeln!(
                config,
                "tls = {{ certificate = \"{}\", key = \"{}\", port = {} }}",
                chain.display(),
                key.display(),
                secure.port()
            )?;
            secure
        }
    };
    for (index, gigabits) in [10, 10, 25, 5].into_iter().enumerate() {
        let last = 11 + index;
        write!(
            config,
            "[[interface]]\nname = \"eni{index}\"\naddress = \"127.0.0.{last}\"\n\
             public_address = \"192.0.2.{last}\"\ndevice = \"lo\"\ncapacity = \"{gigabits} Gbit/s\"\n"
        )?;
    }
    write!(
        config,
        "[[pool]]\nname = \"live\"\nhostname = \"{HOST}\"\ninterfaces = [\"*\"]\n\
         origin = {{ scheme = \"http\", port = 1935 }}\n"
    )?;
    let file = scratch.write("weir.toml", &config)?;
    let program = server::weir::program(program)?;
    let mut server =
        Server::launch("weir", scratch, address, program.as_os_str(), &words(&["run", "--config"], &file))?;
    server.wait_until(listens)?;
    Ok(server)
}

//! gdnsd with the weighted plugin, one thread, one address in each answer.

use std::net::Ipv4Addr;

use super::{Server, free, words};
use crate::DnsArgs;
use crate::scratch::Scratch;

const ZONE: &str = "\
@ 300 SOA ns1 hostmaster 1 3600 600 604800 30
@ 300 NS ns1
ns1 300 A 127.0.0.1
live 30 DYNA weighted!live
";

pub(super) fn start(args: &DnsArgs) -> anyhow::Result<Server> {
    let (scratch, address) = (Scratch::new()?, free(Ipv4Addr::new(127, 0, 0, 21))?);
    let folder = scratch.path().display();
    let addresses: Vec<String> = [200, 200, 500, 100]
        .into_iter()
        .enumerate()
        .take(args.interfaces.into())
        .map(|(index, weight)| format!("eni{index} => [ 192.0.2.{}, {weight} ]", 11 + index))
        .collect();
    let addresses = addresses.join(", ");
    let config = format!(
        "options => {{ listen => [ \"{address}\" ], udp_threads => 1, tcp_threads => 1,\n\
         run_dir => {folder}/run, state_dir => {folder}/state }}\n\
         plugins => {{ weighted => {{ service_types => up, multi => false, live => {{\n\
         {addresses} }} }} }}\n"
    );
    scratch.write("config", &config)?;
    scratch.write("zones/stream.test", ZONE)?;
    let folder = scratch.path().to_owned();
    let mut arguments = words(&["-c"], &folder);
    arguments.push("start".as_ref());
    Server::start("gdnsd", scratch, address, "gdnsd".as_ref(), &arguments)
}

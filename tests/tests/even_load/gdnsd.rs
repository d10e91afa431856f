//! gdnsd with its weighted plugin: one address in each answer, drawn by the configured capacities.

use std::fmt::Write;
use std::process::Command;

use weir_tests::namespace::edge_address;
use weir_tests::process::Process;
use weir_tests::scratch::Scratch;
use weir_tests::tools;

use crate::rotation::TTL;
use crate::world::{LIMITS, name};

/// In the namespace of this thread, on the first address.
pub(crate) fn start(scratch: &Scratch) -> Process {
    let folder = scratch.path().display();
    let addresses = LIMITS.iter().enumerate().fold(String::new(), |mut text, (index, limit)| {
        write!(text, "{} => [ {}, {limit:.0} ], ", name(index), edge_address(index)).expect("a string");
        text
    });
    let listen = edge_address(0);
    let config = format!(
        "options => {{ listen => [ \"{listen}\" ], udp_threads => 1, tcp_threads => 1,\n\
         run_dir => {folder}/run, state_dir => {folder}/state }}\n\
         plugins => {{ weighted => {{ service_types => up, multi => false, live => {{\n\
         {addresses} }} }} }}\n"
    );
    scratch.write("config", &config);
    std::fs::create_dir_all(scratch.path().join("zones")).expect("the temporary folder can be written");
    let zone = format!(
        "@ 300 SOA ns1 hostmaster 1 3600 600 604800 30\n@ 300 NS ns1\nns1 300 A {listen}\n\
         live {TTL} DYNA weighted!live\n"
    );
    scratch.write("zones/stream.test", &zone);
    let gdnsd = tools::find("gdnsd").expect("asked for before");
    Process::start("gdnsd", Command::new(gdnsd).arg("-c").arg(scratch.path()).arg("start"))
}

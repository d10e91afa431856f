//! haproxy with `http-request redirect`, one thread, no log.

use super::{CONNECTIONS, Scheme, TARGET, free, listens, pair_in_one};
use crate::http::secure::Certificate;
use crate::scratch::Scratch;
use crate::server::{Server, words};

pub(super) fn start(scheme: Scheme, certificate: &Certificate) -> anyhow::Result<Server> {
    let (scratch, address) = (Scratch::new()?, free()?);
    let tls = match scheme {
        Scheme::Http => String::new(),
        Scheme::Https => format!(" ssl crt {}", pair_in_one(&scratch, certificate)?.display()),
    };
    let config = format!(
        "global\n    nbthread 1\n    maxconn {CONNECTIONS}\n\
         defaults\n    mode http\n    timeout client 30s\n    timeout connect 5s\n    timeout server 5s\n    \
         timeout http-request 5s\n    timeout http-keep-alive 30s\n\
         frontend live\n    bind {address} backlog 1024{tls}\n    \
         http-request redirect code 302 location {TARGET}%[pathq]\n"
    );
    let file = scratch.write("haproxy.cfg", &config)?;
    let mut server = Server::launch("haproxy", scratch, address, "haproxy".as_ref(), &words(&["-f"], &file))?;
    server.wait_until(listens)?;
    Ok(server)
}

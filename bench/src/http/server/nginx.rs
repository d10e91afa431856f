//! nginx with `return 302`, one worker, no log of requests.

use super::{CONNECTIONS, HOST, Scheme, TARGET, free, listens, pair_in_one};
use crate::http::secure::Certificate;
use crate::scratch::Scratch;
use crate::server::{Server, words};

pub(super) fn start(scheme: Scheme, certificate: &Certificate) -> anyhow::Result<Server> {
    let (scratch, address) = (Scratch::new()?, free()?);
    let folder = scratch.path().display();
    let (ssl, tls) = match scheme {
        Scheme::Http => ("", String::new()),
        Scheme::Https => {
            let file = pair_in_one(&scratch, certificate)?;
            let file = file.display();
            let tls = format!(
                "ssl_certificate {file};\nssl_certificate_key {file};\nssl_protocols TLSv1.2 TLSv1.3;\n"
            );
            ("ssl ", tls)
        }
    };
    // No connection is ended for its age or for the number of its requests.
    let config = format!(
        "daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log stderr error;\n\
         events {{ worker_connections {CONNECTIONS}; }}\n\
         http {{\naccess_log off;\nkeepalive_requests 4000000000;\nkeepalive_time 1d;\n\
         client_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\n\
         fastcgi_temp_path {folder}/fastcgi;\nuwsgi_temp_path {folder}/uwsgi;\nscgi_temp_path {folder}/scgi;\n\
         server {{\nlisten {address} {ssl}backlog=1024;\nserver_name {HOST};\n{tls}\
         return 302 {TARGET}$request_uri;\n}}\n}}\n"
    );
    let file = scratch.write("nginx.conf", &config)?;
    let mut server =
        Server::launch("nginx", scratch, address, "nginx".as_ref(), &words(&["-e", "stderr", "-c"], &file))?;
    server.wait_until(listens)?;
    Ok(server)
}

//! The pure part: a request, a snapshot and a desk make a reply.

use hyper::header::ACCESS_CONTROL_REQUEST_HEADERS;
use hyper::{Method, Request, Uri};
use weir_core::{Found, Snapshot};

use crate::client::Client;
use crate::desk::Desk;
use crate::host::{self, NAME_BYTES};
use crate::limits::PATH_BYTES;
use crate::reply::{Fault, Reply};
use crate::target::Target;

/// Answers a request of `client`. The body is not looked at.
pub fn answer<B>(request: &Request<B>, client: Client, snapshot: &Snapshot, desk: &Desk) -> Reply {
    let preflight = match *request.method() {
        Method::GET | Method::HEAD => false,
        Method::OPTIONS => true,
        _ => return Reply::Method,
    };
    let asked = match host::asked(request) {
        Ok(asked) => asked,
        Err(fault) => return Reply::BadRequest(fault),
    };
    let mut room = [0; NAME_BYTES];
    let Some(found) = host::lower(asked, &mut room).and_then(|name| snapshot.find(name)) else {
        return Reply::NotFound(shown(asked));
    };
    if preflight {
        return Reply::Preflight(request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS).cloned());
    }
    let path = match path(request.uri()) {
        Ok(path) => path,
        Err(reply) => return reply,
    };
    redirect(found, path, desk, (snapshot, client))
}

fn redirect(found: Found<'_>, path: &str, desk: &Desk, (snapshot, client): (&Snapshot, Client)) -> Reply {
    let (pool, member) = match found {
        Found::Pool(pool) => match desk.choose(snapshot, pool, client.address) {
            Some(member) => (pool, member),
            None => return Reply::Unavailable,
        },
        Found::Interface(pool, member) => {
            desk.told(snapshot, pool, member);
            (pool, member)
        }
    };
    let target = Target { pool, member, client, form: desk.form() };
    target.location(path).map_or(Reply::BadRequest(Fault::BadTarget), Reply::Redirect)
}

/// Path and query as they were sent; an absolute target may have none, or a query alone.
fn path(target: &Uri) -> Result<&str, Reply> {
    let path = target.path_and_query().map_or("", |path| path.as_str());
    if path.len() > PATH_BYTES {
        return Err(Reply::TooLong);
    }
    let is_path = path.starts_with('/') || (target.authority().is_some() && !path.starts_with('*'));
    if is_path { Ok(path) } else { Err(Reply::BadRequest(Fault::BadTarget)) }
}

/// What the client asked for, as it may safely be shown.
fn shown(host: &str) -> String {
    host.chars().take(NAME_BYTES).flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests;

//! The pure part: a request, a snapshot and a desk make an answer.
//!
//! ```text
//!  host ─► pool ─► /.weir/steering ──────────────────► steering manifest
//!   │        ├───► /loadbalancer, ?format=json ───────► the chosen interface, as text or JSON (also /api/pick?pool=)
//!   │        ├───► /redirect/<app>/<stream>?type=m3u8 ► as if the playlist had been asked for (Wowza's add-on)
//!   │        ├───► a playlist, mode rewrite or steer ─► an errand: the master is fetched first
//!   │        └───► all else ──────────────────────────► redirect
//!   └────► one interface of a pool ───────────────────► redirect to it
//! ```

use std::time::Instant;

use bytes::Bytes;
use hyper::header::{ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue};
use hyper::{Method, Request, Uri};
use weir_core::{Found, Mode, PoolView, Snapshot};

use crate::client::Client;
use crate::desk::{Choice, Desk};
use crate::errand::Errand;
use crate::host::{self, NAME_BYTES};
use crate::limits::PATH_BYTES;
use crate::reply::{Fault, PickForm, Reply};
use crate::steering::{self, poll};
use crate::target::Target;
use crate::viewer::Viewer;
use crate::{pick, query, wowza};

/// What is to be said to a request.
#[derive(Debug)]
pub enum Answer {
    /// This.
    Now(Reply),
    /// What the errand brings.
    After(Errand),
}

/// All that an answer is made of, beside the request.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// The state of this moment.
    pub snapshot: &'a Snapshot,
    /// Chooses interfaces, and counts.
    pub desk: &'a Desk,
    /// When.
    pub now: Instant,
}

/// Answers a request of `client`. The body is not looked at.
pub fn answer<B>(request: &Request<B>, client: Client, world: World<'_>) -> Answer {
    route(request, client, world).unwrap_or_else(Answer::Now)
}

fn route<B>(request: &Request<B>, client: Client, world: World<'_>) -> Result<Answer, Reply> {
    let preflight = match *request.method() {
        Method::GET | Method::HEAD => false,
        Method::OPTIONS => true,
        _ => return Err(Reply::Method),
    };
    let asked = host::asked(request).map_err(Reply::BadRequest)?;
    let mut room = [0; NAME_BYTES];
    let found = host::lower(asked, &mut room).and_then(|name| world.snapshot.find(name));
    let found = match pick::pool(request.uri(), world.snapshot) {
        Some(pool) => Some(Found::Pool(pool)),
        None => found,
    };
    let Some(found) = found else { return Err(Reply::NotFound(shown(asked))) };
    if preflight {
        return Err(Reply::Preflight(request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS).cloned()));
    }
    let path = path(request.uri())?;
    match found {
        Found::Interface(pool, member) => {
            world.desk.told(world.snapshot, pool, member);
            let target = Target { pool, member, client, form: world.desk.form() };
            Err(located(target.location(path), Reply::Redirect))
        }
        Found::Pool(pool) => in_pool(pool, path, Viewer::of(request, client, &pool.http.stickiness), world),
    }
}

/// What a pool says to a request for this path.
pub(crate) fn in_pool(
    pool: &PoolView,
    path: &str,
    viewer: Viewer,
    world: World<'_>,
) -> Result<Answer, Reply> {
    let (plain, asked) = query::split(path);
    if plain == poll::PATH {
        return Err(steering::answer(pool, asked, viewer.client, world));
    }
    if plain == pick::PATH || query::value(asked, "format") == Some("json") {
        return Err(pick::answer(pool, path, (viewer, PickForm::Json), world));
    }
    if plain == wowza::BALANCER {
        return Err(pick::answer(pool, path, (viewer, PickForm::Wowza), world));
    }
    let path = wowza::path(path).map_err(Reply::BadRequest)?;
    let (plain, _) = query::split(&path);
    if pool.http.mode != Mode::Redirect && plain.ends_with(".m3u8") {
        return Ok(Answer::After(Errand { pool: pool.name.clone(), path: path.into_owned(), viewer }));
    }
    Err(redirect(pool, &path, viewer, world))
}

/// A redirect to the interface of choice.
pub(crate) fn redirect(pool: &PoolView, path: &str, viewer: Viewer, world: World<'_>) -> Reply {
    match world.desk.choose(world.snapshot, pool, viewer) {
        Choice::Member(member) => {
            let target = Target { pool, member, client: viewer.client, form: world.desk.form() };
            located(target.location(path), Reply::Redirect)
        }
        Choice::Overflow(base) => overflow(base, path),
        Choice::Nobody => Reply::Unavailable,
    }
}

/// A redirect to the same path elsewhere.
pub(crate) fn overflow(base: &str, path: &str) -> Reply {
    let slash = if path.starts_with('/') { "" } else { "/" };
    let url = Bytes::from([base.trim_end_matches('/'), slash, path].concat());
    located(HeaderValue::from_maybe_shared(url).ok(), Reply::Overflow)
}

fn located(location: Option<HeaderValue>, reply: fn(HeaderValue) -> Reply) -> Reply {
    location.map_or(Reply::BadRequest(Fault::BadTarget), reply)
}

/// Path and query as they were sent; an absolute target may have none, or a query alone.
pub(crate) fn path(target: &Uri) -> Result<&str, Reply> {
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

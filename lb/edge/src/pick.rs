//! The chosen interface, told to a page that builds its player's URL itself: `?format=json` behind any path of a pool's host,
//! or `GET /api/pick?pool=<name>&path=<path>` at any host. Players that mishandle a redirect play the URL as it is.

use hyper::Uri;
use serde::Serialize;
use weir_core::{PoolView, Snapshot};

use crate::answer::{World, overflow};
use crate::desk::Choice;
use crate::query;
use crate::reply::{PickForm, Reply};
use crate::target::Target;
use crate::viewer::Viewer;

/// Where the chosen interface of any pool is told.
pub(crate) const PATH: &str = "/api/pick";

#[derive(Debug, Serialize)]
struct Pick<'a> {
    pool: &'a str,
    interface: &'a str,
    url: String,
    /// Where to go on if that fails, in this order.
    alternatives: Vec<Place<'a>>,
}

#[derive(Debug, Serialize)]
struct Place<'a> {
    interface: &'a str,
    url: String,
}

/// The pool that a request for [`PATH`] names; nothing for any other request.
pub(crate) fn pool<'a>(target: &Uri, snapshot: &'a Snapshot) -> Option<&'a PoolView> {
    if target.path() != PATH {
        return None;
    }
    let name = query::value(target.query()?, "pool")?;
    snapshot.pools.iter().find(|pool| pool.name.as_str() == name)
}

/// Tells the interface of choice, on which the viewer counts at once.
pub(crate) fn answer(
    pool: &PoolView,
    path: &str,
    (viewer, form): (Viewer, PickForm),
    world: World<'_>,
) -> Reply {
    let (plain, asked) = query::split(path);
    // A path in the query names its slashes as they are, or encoded; a page that needs more asks at the path itself.
    let named = query::value(asked, "path").map(|path| path.replace("%2F", "/").replace("%2f", "/"));
    let path = match (plain, named) {
        (PATH, named) => named.unwrap_or_else(|| "/".to_owned()),
        _ => query::without(path, &["format"]),
    };
    let first = match world.desk.choose(world.snapshot, pool, viewer) {
        Choice::Member(member) => member,
        Choice::Overflow(base) => return overflow(base, &path),
        Choice::Nobody => return Reply::Unavailable,
    };
    let target = |member| Target { pool, member, client: viewer.client, form: world.desk.form() };
    match form {
        PickForm::Wowza => Reply::Pick(format!("redirect={}", target(first).host()), form),
        PickForm::Json => {
            let (order, _) = world.desk.pathways((world.snapshot, pool), viewer, first);
            let mut all = order
                .iter()
                .map(|&member| Place { interface: member.name.as_str(), url: target(member).url(&path) });
            let Some(Place { interface, url }) = all.next() else { return Reply::Unavailable };
            let pick = Pick { pool: pool.name.as_str(), interface, url, alternatives: all.collect() };
            // Texts only: nothing of it can fail to be written.
            Reply::Pick(serde_json::to_string(&pick).unwrap_or_default(), form)
        }
    }
}

//! Real players play a live stream through the edge: by redirect, over HTTP and HTTPS, on names that weir answers.
//!
//! Facts. What a player does with a redirect stands in no standard: which address relative addresses are relative to,
//! which one is asked again, whether a page of another origin may read the answer. So it is seen, not assumed: in what
//! each interface was asked for, and in what each player says of itself.
//!
//! ```text
//!   ffmpeg, mpv, VLC, streamlink ─┐                         ┌► nginx on 127.0.0.11 ─┐
//!                                 ├──► weir: DNS, 80, 443   ├► nginx on 127.0.0.12  │ one folder, written by ffmpeg:
//!   Chromium ── hls.js, video.js ─┘     └─ "there" ─────────┼► nginx on 127.0.0.13  │ all serve the same bytes
//!      │                                                    └► nginx on 127.0.0.14 ─┘
//!      └──► a page of another origin, nginx on 127.0.0.10         └─ each writes down who asked it for what
//! ```
//!
//! Every viewer has a path of its own (`/live/mpv.redirect.https/demo/...`), which players keep for all that they fetch.
//! All of it runs in a network namespace with the well-known ports, where `/etc/resolv.conf` names weir alone.
//!
//! Refused: a client of Chromium's DevTools protocol. The page tells its own server what its players see.

mod seclusion;

mod certificate;
mod origin;
mod page;
mod request;
mod scene;
mod viewer;

mod chromium;
mod programs;

mod playing;
mod steering;

use weir_tests::tools::{NGINX, Need, alone, needs};

/// What the players need, beside the servers.
const PLAYERS: &[Need] = &[
    Need::Root,
    Need::Program("ip"),
    Need::Program("mount"),
    Need::Program("openssl"),
    Need::Program("ffmpeg"),
    Need::Program("mpv"),
    Need::Program("cvlc"),
    Need::Program("streamlink"),
    Need::Program("chromium"),
    Need::Npm(page::HLS_JS),
    Need::Npm(page::VIDEO_JS),
];

#[test]
fn every_player_plays_through_the_edge_over_http_and_https() {
    let _alone = alone();
    if needs(NGINX) && needs(PLAYERS) {
        seclusion::secluded(playing::all_play);
    }
}

#[test]
fn steered_players_leave_an_interface_that_is_drained_or_dies_without_a_stall() {
    let _alone = alone();
    if needs(NGINX) && needs(PLAYERS) {
        seclusion::secluded(steering::players_move);
    }
}

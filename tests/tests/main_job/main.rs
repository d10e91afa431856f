//! The main job, end to end: four interfaces, real streams, weighted DNS and redirects.
//!
//! One long run on real parts, since starting them takes longer than looking at them. The steps follow each other like
//! a day of an operator; each says what it shows.

mod answers;
mod failures;
mod orders;
mod playback;
mod refusals;
mod reload;
mod scene;
mod tally;

use std::time::Instant;

use weir_tests::tools::{NGINX, Need, alone, needs};

use scene::Scene;

const PROGRAMS: &[Need] = &[
    Need::Program("ffmpeg"),
    Need::Program("rtmpdump"),
    Need::Program("dig"),
    Need::Program("unshare"),
    Need::Program("mount"),
];

type Step = fn(&mut Scene);

#[test]
fn viewers_follow_what_the_interfaces_can_carry_and_leave_a_dead_one_alone() {
    let _alone = alone();
    if !(needs(NGINX) && needs(PROGRAMS)) {
        return;
    }
    let mut scene = Scene::open();
    let start = Instant::now();
    let steps: [(&str, Step); 15] = [
        ("all probes pass", answers::all_probes_pass),
        ("dig gets the four public addresses", answers::dig_gets_public_addresses),
        ("answers follow the weights exactly", answers::first_records_follow_the_weights),
        ("redirects follow the weights exactly", answers::redirects_follow_the_weights),
        ("a reload changes answers and closes no socket", reload::a_changed_file_applies),
        ("a bad file changes nothing", reload::a_bad_file_changes_nothing),
        ("private clients are told private addresses", reload::private_clients_are_told_private_addresses),
        ("a changed inventory applies", reload::a_changed_inventory_applies),
        ("ffmpeg and rtmpdump play", playback::real_players_play),
        ("a dead interface is left alone and comes back", failures::one_listener_goes_and_returns),
        ("a stopped encoder is noticed, and all fail open", failures::the_encoder_stops),
        ("with all listeners gone answers still fail open", failures::all_four_go),
        ("all come back", failures::all_come_back),
        ("a drained interface stays drained over a restart", orders::a_directive_survives_a_restart),
        ("SIGTERM ends it in order", orders::sigterm_ends_it),
    ];
    for (name, step) in steps {
        let began = Instant::now();
        step(&mut scene);
        scene.is_well();
        eprintln!("{:6.1} s  {name} ({:.1} s)", start.elapsed().as_secs_f64(), began.elapsed().as_secs_f64());
    }
}

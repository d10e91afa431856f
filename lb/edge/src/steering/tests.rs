//! Players in simulated time: what they are told, when they come back, and who moves.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Request;
use prometheus::Registry;
use serde_json::Value;
use weir_core::{Directive, HttpPolicy, Mode, Pool, Snapshot, SteeringRules, Ttl};

use crate::answer::{Answer, World, answer};
use crate::client::Client;
use crate::desk::Desk;
use crate::playlist::Playlist;
use crate::reply::Reply;
use crate::target::TargetForm;
use crate::world;

const TTL: u64 = 10;
const MOST_MOVED: u8 = 30;

/// A world whose pool `live` steers, and its desk.
struct Stage {
    world: world::World,
    desk: Desk,
    registry: Registry,
    snapshot: Arc<Snapshot>,
    start: Instant,
}

/// A player: its steering URI, and the pathway that it plays.
#[derive(Clone, Debug)]
struct Player {
    uri: String,
    on: String,
}

/// What a steering manifest says.
#[derive(Clone, Debug)]
struct Told {
    ttl: u64,
    priority: Vec<String>,
    reload: String,
    clones: Vec<(String, String, String)>,
}

impl Stage {
    fn new() -> Self {
        let mut world = world::World::new();
        let steered = |mut pool: Pool| {
            let rules = SteeringRules { ttl: Ttl::from_secs(10), most_moved: MOST_MOVED };
            pool.http = HttpPolicy { mode: Mode::Steer, steering: rules, ..HttpPolicy::default() };
            pool
        };
        let pools = world.pools().into_iter().map(steered).collect();
        world.configure(pools);
        let registry = Registry::new();
        let desk = Desk::new(TargetForm::Name, &registry).expect("a new registry");
        let snapshot = world.reader().load();
        Self { world, desk, registry, snapshot, start: Instant::now() }
    }

    fn order(&mut self, interface: &str, directive: Directive) {
        self.world.order(interface, directive);
        self.snapshot = self.world.reader().load();
    }

    fn ask(&self, target: &str, number: u32, at: Duration) -> Answer {
        let request = Request::get(target).header("host", "live.stream.test").body(()).expect("a request");
        let client =
            Client { address: IpAddr::from(Ipv4Addr::from_bits(0xc633_0000 + number)), secure: false };
        answer(&request, client, World { snapshot: &self.snapshot, desk: &self.desk, now: self.start + at })
    }

    /// A viewer gets a master, and begins with its first pathway.
    fn come(&self, number: u32, at: Duration) -> Player {
        let Answer::After(errand) = self.ask("/live/demo/playlist.m3u8?token=7", number, at) else {
            panic!("a playlist is fetched first")
        };
        let world = World { snapshot: &self.snapshot, desk: &self.desk, now: self.start + at };
        let Reply::Master(text) = errand.finish(&Playlist::Media, world) else { panic!("a master is there") };
        let attribute = |name: &str| {
            let (_, rest) = text.split_once(&format!("{name}=\"")).expect("the attribute is there");
            rest.split('"').next().unwrap_or_default().to_owned()
        };
        Player { uri: attribute("SERVER-URI"), on: attribute("PATHWAY-ID") }
    }

    fn poll(&self, player: &Player, number: u32, at: Duration) -> Told {
        let uri = format!("{}&_HLS_pathway={}&_HLS_throughput=5000000", player.uri, player.on);
        let Answer::Now(Reply::Manifest(json)) = self.ask(&uri, number, at) else {
            panic!("a manifest is there")
        };
        let manifest: Value = serde_json::from_str(&json).expect("JSON");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let clone = |clone: &Value| {
            (text(&clone["BASE-ID"]), text(&clone["ID"]), text(&clone["URI-REPLACEMENT"]["HOST"]))
        };
        assert_eq!(manifest["VERSION"], 1);
        Told {
            ttl: manifest["TTL"].as_u64().expect("a number"),
            priority: manifest["PATHWAY-PRIORITY"].as_array().expect("a list").iter().map(text).collect(),
            reload: text(&manifest["RELOAD-URI"]),
            clones: manifest["PATHWAY-CLONES"].as_array().into_iter().flatten().map(clone).collect(),
        }
    }
}

/// Two thousand players come within ten seconds; after a minute the interface with half of them is drained.
#[test]
fn a_drained_interface_is_left_within_two_times_to_live_and_never_by_too_many_at_once() {
    const PLAYERS: u32 = 2000;
    const DRAINED_AT: Duration = Duration::from_secs(60);
    let ttl = Duration::from_secs(TTL);
    let mut stage = Stage::new();
    let mut due = BinaryHeap::new();
    let mut players = Vec::new();
    for number in 0..PLAYERS {
        let at = ttl * number / PLAYERS;
        players.push(stage.come(number, at));
        due.push(Reverse((at, number)));
    }
    let on = |players: &[Player], name: &str| players.iter().filter(|player| player.on == name).count();
    assert_eq!(on(&players, "eni2"), 1000, "half of the capacity, half of the players");
    let (mut moved, mut most, mut drained) = (VecDeque::new(), 0, false);
    while let Some(Reverse((at, number))) = due.pop() {
        if at > DRAINED_AT + 6 * ttl {
            break;
        }
        if at >= DRAINED_AT && !drained {
            drained = true;
            stage.order("eni2", Directive::Drain);
        }
        let player = &mut players[number as usize];
        if at > DRAINED_AT + 2 * ttl {
            assert_ne!(player.on, "eni2", "player {number} polls the drained interface at {at:?}");
        }
        let told = stage.poll(player, number, at);
        assert!((1..=TTL).contains(&told.ttl), "{}", told.ttl);
        if told.priority[0] != player.on {
            assert!(drained, "player {number} moved at {at:?} for nothing");
            moved.push_back(at);
            player.on.clone_from(&told.priority[0]);
        }
        while moved.front().is_some_and(|first| at - *first > ttl) {
            moved.pop_front();
        }
        most = most.max(moved.len());
        player.uri = told.reload;
        due.push(Reverse((at + Duration::from_secs(told.ttl), number)));
    }
    assert_eq!(on(&players, "eni2"), 0);
    assert!(most <= PLAYERS as usize * usize::from(MOST_MOVED) / 100, "{most} players moved within {ttl:?}");
    assert!(most >= 400, "{most} is far below what may move, and the rest waited for nothing");
    for (name, share) in [("eni0", 800), ("eni1", 800), ("eni3", 400)] {
        let count = on(&players, name);
        assert!(
            count.abs_diff(share) <= 20,
            "{name} has {count} of the {share} that its capacity is good for"
        );
    }
}

#[test]
fn a_player_whose_interface_is_down_or_gone_moves_at_once_whoever_moved_before() {
    let mut stage = Stage::new();
    let at = Duration::from_secs(1);
    let players: Vec<_> = (0..100).map(|number| stage.come(number, at)).collect();
    stage.order("eni2", Directive::Down);
    for (number, player) in (0..).zip(&players).filter(|(_, player)| player.on == "eni2") {
        let told = stage.poll(player, number, at);
        assert!(!told.priority.contains(&"eni2".to_owned()), "{told:?}");
    }
    let gone = Player { on: "eni9".to_owned(), ..players[0].clone() };
    assert_ne!(stage.poll(&gone, 0, at).priority[0], "eni9");
}

#[test]
fn an_interface_that_is_drained_is_the_last_resort_and_one_that_is_ordered_down_is_none() {
    let mut stage = Stage::new();
    let player = Player { on: "eni3".to_owned(), ..stage.come(1, Duration::ZERO) };
    for interface in ["eni0", "eni1"] {
        stage.order(interface, Directive::Drain);
    }
    stage.order("eni2", Directive::Down);
    assert_eq!(stage.poll(&player, 1, Duration::ZERO).priority, ["eni3", "eni0", "eni1"]);
}

#[test]
fn a_player_that_waits_for_its_turn_keeps_its_interface_and_comes_back_soon() {
    let mut stage = Stage::new();
    let at = Duration::from_secs(1);
    let players: Vec<_> = (0..8).map(|number| stage.come(number, at)).collect();
    for (number, player) in (0..).zip(&players) {
        stage.poll(player, number, at);
    }
    stage.order("eni2", Directive::Drain);
    let on_it = (0..).zip(&players).filter(|(_, player)| player.on == "eni2");
    let told: Vec<Told> = on_it.map(|(number, player)| stage.poll(player, number, at)).collect();
    let waits: Vec<_> = told.iter().filter(|told| told.priority[0] == "eni2").collect();
    assert!(!waits.is_empty() && waits.len() < told.len(), "{told:?}");
    assert!(waits.iter().all(|told| told.ttl <= 2), "{waits:?}");
    assert!(
        waits.iter().all(|told| told.priority.len() == 4),
        "it is told where to go on if its own fails: {waits:?}"
    );
}

#[test]
fn an_interface_that_comes_later_is_a_clone_of_one_that_the_player_has() {
    let mut stage = Stage::new();
    let interfaces = |count: u8| {
        (0..count)
            .map(|number| world::interface(number, 10, &format!("198.51.100.{number}")))
            .collect::<Vec<_>>()
    };
    stage.world.interfaces(interfaces(2));
    stage.snapshot = stage.world.reader().load();
    let player = stage.come(1, Duration::ZERO);
    assert!(stage.poll(&player, 1, Duration::ZERO).clones.is_empty());
    stage.world.interfaces(interfaces(3));
    stage.snapshot = stage.world.reader().load();
    let told = stage.poll(&player, 1, Duration::from_secs(9));
    let base = told.clones[0].0.clone();
    assert!(["eni0", "eni1"].contains(&base.as_str()), "{told:?}");
    assert_eq!(told.clones, [(base, "eni2".to_owned(), "eni2.live.stream.test".to_owned())]);
    assert!(told.priority.contains(&"eni2".to_owned()), "{told:?}");
    assert_eq!(told.priority[0], player.on, "who plays well stays");
}

#[test]
fn a_player_is_told_the_same_order_again_and_its_own_first() {
    let stage = Stage::new();
    let orders: Vec<Vec<String>> = (0..50)
        .map(|number| {
            let player = stage.come(number, Duration::ZERO);
            let told = stage.poll(&player, number, Duration::ZERO);
            assert_eq!(told.priority[0], player.on);
            assert_eq!(stage.poll(&player, number, Duration::from_secs(5)).priority, told.priority);
            told.priority
        })
        .collect();
    let seconds: std::collections::BTreeSet<_> = orders.iter().map(|order| order[1].clone()).collect();
    assert!(seconds.len() > 1, "where they go on differs from player to player");
}

#[test]
fn what_players_measure_is_told_once_by_the_interface_that_they_play() {
    let stage = Stage::new();
    assert!(stage.desk.downloaded().is_empty());
    for (on, measured) in
        [("eni0", "4000000"), ("eni0", "8000000"), ("eni1", "80"), ("eni9", "1"), ("eni2", "x")]
    {
        stage.ask(
            &format!("/.weir/steering?viewer=1&_HLS_pathway={on}&_HLS_throughput={measured}"),
            1,
            Duration::ZERO,
        );
    }
    let mut told: Vec<_> =
        stage.desk.downloaded().into_iter().map(|(name, rate)| (name.to_string(), rate.get())).collect();
    told.sort();
    assert_eq!(told, [("eni0".to_owned(), 750_000), ("eni1".to_owned(), 10)]);
    assert!(stage.desk.downloaded().is_empty(), "it is told once");
}

#[test]
fn players_and_moves_are_counted_and_a_pool_that_goes_takes_its_series_along() {
    let mut stage = Stage::new();
    let players: Vec<_> = (0..8).map(|number| stage.come(number, Duration::ZERO)).collect();
    stage.order("eni2", Directive::Drain);
    for (number, player) in (0..).zip(&players) {
        stage.poll(player, number, Duration::ZERO);
    }
    let series = |name: &str| {
        let families = stage.registry.gather();
        let family = families.iter().find(|family| family.name() == name)?;
        let metric = family.get_metric().first()?.clone();
        Some(metric.get_counter().get_value() + metric.get_gauge().get_value())
    };
    assert_eq!(series("weir_steering_players"), Some(8.0));
    let moves = series("weir_steering_moves_total").expect("somebody has moved");
    assert!((1.0..=2.0).contains(&moves), "{moves} are not three tenths of eight");
    stage.world.configure(Vec::new());
    stage.snapshot = stage.world.reader().load();
    stage.world.configure(vec![world::pool("new", "live.stream.test", weir_core::OriginScheme::Http, 80)]);
    stage.snapshot = stage.world.reader().load();
    let _ = stage.ask("/a", 1, Duration::ZERO);
    assert_eq!(series("weir_steering_players"), None);
}

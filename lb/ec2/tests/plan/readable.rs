//! Plans as people read them: golden texts.

use weir_ec2::intent::Power;

use crate::world::World;

#[test]
fn a_first_morning_reads_as_it_happens() {
    assert_eq!(World::seed().plan().to_string(), include_str!("first-morning.txt"));
}

#[test]
fn an_evening_drains_before_it_stops() {
    let mut world = World::seed();
    world.settle();
    world.want(Power::Off, "closed since 15:30 (line 24)");
    assert_eq!(world.plan().to_string(), include_str!("evening.txt"));
}

#[test]
fn what_is_as_it_should_be_has_nothing_to_do() {
    let mut world = World::seed();
    world.settle();
    assert_eq!(world.plan().to_string(), include_str!("nothing.txt"));
}

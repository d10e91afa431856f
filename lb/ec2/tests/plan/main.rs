//! The judgement of weir-ec2 against a world that does what EC2 does: laws over random worlds, what hinders it, and
//! plans as people read them.

mod hindrances;
mod laws;
mod readable;
mod world;

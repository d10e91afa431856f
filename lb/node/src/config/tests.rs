//! The configuration as a whole: the shipped example, every rule, many faults at once, and texts that nobody wrote.

mod bad_files;
mod believed;
mod inventory;
mod manual;
mod mutations;
mod sandbox;

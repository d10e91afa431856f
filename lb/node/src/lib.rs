//! The daemon and its command line: the only place that puts the rooms together.
//!
//! ```text
//!                      ┌── discovery ── interfaces ──┬──────────► listeners (DNS, HTTP)
//!  config ── watch ────┤                             ├──────────► probing ── reports ──┐
//!     ▲                └── counters ── samples ───┐  └─ inventory ─┐                   │
//!     │ SIGHUP                                    ▼                ▼                   ▼
//!  reload            admin ── directives ──►  events ─► control task ─► snapshot ─► answers, admin, metrics
//! ```
//!
//! Invariants: the control task alone changes the state and publishes; every task has a name and ends the process if
//! it ends unasked; a configuration with a fault never takes effect; an order is on the disk before it holds.

pub mod config;
pub mod counters;
pub mod discovery;

pub mod admin;
pub mod certificates;
pub mod changes;
pub mod control;
pub mod daemon;
pub mod failure;
pub mod interfaces;
pub mod listeners;
pub mod metrics;
pub mod orders;
pub mod probing;
pub mod readiness;
pub mod reload;
pub mod secrets;
pub mod tasks;

pub mod cli;
mod client;
mod commands;
mod descriptors;
#[cfg(test)]
mod example;
mod handed;
mod logging;

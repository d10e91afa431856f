//! Real clients of weir's DNS: dig, kdig, dnspython, and Unbound, the caching resolver that stands before viewers.
//!
//! Each test starts a daemon of its own with the reference configuration, without probes, so that all four interfaces
//! count as up and no origin is needed.

mod scene;

mod dig;
mod kdig;

mod dnspython;

mod caching;
mod ledger;
mod unbound;

mod connections;

//! How many connections there may be, in all and of one client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::policy::TcpPolicy;

/// Counts open connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Quota {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// The right to be open; given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    client: IpAddr,
    quota: Quota,
}

impl Quota {
    /// A seat for a connection of this client, if there is one left by these limits. Fewer than before close
    /// nothing.
    pub(super) fn seat(&self, client: IpAddr, limits: &TcpPolicy) -> Option<Seat> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.values().sum::<usize>() >= limits.connections {
            return None;
        }
        if open.get(&client).copied().unwrap_or_default() >= limits.per_client {
            return None;
        }
        *open.entry(client).or_default() += 1;
        Some(Seat { client, quota: self.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.quota.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_client) = open.get_mut(&self.client) {
            *of_client -= 1;
            if *of_client == 0 {
                open.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_limited_in_all_and_per_client_and_come_back() {
        let quota = Quota::default();
        let limits = TcpPolicy { connections: 3, per_client: 2, ..TcpPolicy::default() };
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let seat = |client| quota.seat(client, &limits);
        let seats = [seat(one), seat(one)];
        assert!(seats.iter().all(Option::is_some) && seat(one).is_none());
        let third = seat(other);
        assert!(third.is_some() && seat(other).is_none());
        drop(seats);
        assert!(seat(one).is_some());
        drop(third);
        assert!(quota.open.lock().unwrap().is_empty());
    }
}

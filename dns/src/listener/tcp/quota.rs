//! How many connections there may be, in all and of one client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts open connections.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    most: usize,
    most_per_client: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// The right to be open; given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    client: IpAddr,
    quota: Quota,
}

impl Quota {
    pub(super) fn new(most: usize, most_per_client: usize) -> Self {
        Self { most, most_per_client, open: Arc::default() }
    }

    /// A seat for a connection of this client, if there is one left.
    pub(super) fn seat(&self, client: IpAddr) -> Option<Seat> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.values().sum::<usize>() >= self.most {
            return None;
        }
        let of_client = open.entry(client).or_default();
        if *of_client >= self.most_per_client {
            return None;
        }
        *of_client += 1;
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
        let quota = Quota::new(3, 2);
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let seats = [quota.seat(one), quota.seat(one)];
        assert!(seats.iter().all(Option::is_some) && quota.seat(one).is_none());
        let third = quota.seat(other);
        assert!(third.is_some() && quota.seat(other).is_none());
        drop(seats);
        assert!(quota.seat(one).is_some());
        drop(third);
        assert!(quota.open.lock().unwrap().is_empty());
    }
}

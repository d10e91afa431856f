//! Two services cannot have one port of one address.

use std::collections::HashSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::fault::{Faults, Place};
use super::listen::{self, Dns, Http, Listen};
use super::pool;
use crate::discovery::DeclaredInterface;

/// All that has a TCP port, in the order in which the later one is to blame.
pub(super) struct Services<'a> {
    pub(super) admin: (SocketAddr, Place),
    pub(super) pools: &'a [pool::Found],
    pub(super) dns: &'a listen::Found<Dns>,
    pub(super) http: &'a listen::Found<Http>,
    pub(super) interfaces: &'a [DeclaredInterface],
}

/// One port that somebody listens on.
struct Socket {
    owner: Owner,
    host: Host,
    port: u16,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// Not ours: the server whose streams we balance.
    Origin,
    Weir,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Host {
    /// Each interface's address.
    Interfaces,
    Address(IpAddr),
}

/// Notes a fault for each socket whose port another one has already.
pub(super) fn check(services: &Services<'_>, faults: &Faults) {
    let sockets = sockets(services);
    let mut blamed = HashSet::new();
    for (index, socket) in sockets.iter().enumerate() {
        let earlier = sockets[..index].iter().find(|earlier| collide(earlier, socket, services.interfaces));
        // Port 443 of two explicit addresses is one key; one fault is enough.
        if let Some(earlier) = earlier.filter(|_| blamed.insert(&socket.place.key)) {
            let taken = match earlier.owner {
                Owner::Origin => "the origin's",
                Owner::Weir => "already taken",
            };
            let by = earlier.place.seen_from(&socket.place);
            faults.push(&socket.place, format!("{socket} is {taken} ({by}); choose another port"));
        }
    }
}

fn sockets(services: &Services<'_>) -> Vec<Socket> {
    let (admin, place) = &services.admin;
    let mut sockets = vec![Socket {
        owner: Owner::Weir,
        host: Host::Address(admin.ip()),
        port: admin.port(),
        place: place.clone(),
    }];
    sockets.extend(services.pools.iter().flat_map(of_origin));
    let (dns, http) = (services.dns, services.http);
    sockets.extend(listening(&dns.service.listen, dns.service.port, &dns.port, &dns.explicit));
    sockets.extend(listening(&http.service.listen, http.service.port, &http.port, &http.explicit));
    if let (Some(tls), Some(place)) = (&http.service.tls, &http.tls_port) {
        sockets.extend(with_tls(&http.service.listen, tls.port, place));
    }
    sockets
}

fn of_origin(found: &pool::Found) -> impl Iterator<Item = Socket> + '_ {
    let ports = found.pool.pool.origin.ports().zip(&found.origin_ports);
    ports.map(|(port, place)| Socket {
        owner: Owner::Origin,
        host: Host::Interfaces,
        port,
        place: place.clone(),
    })
}

fn listening<'a>(
    listen: &'a Listen,
    port: u16,
    place: &'a Place,
    explicit: &'a [Place],
) -> impl Iterator<Item = Socket> + 'a {
    let all = listen.interfaces.then(|| ours(Host::Interfaces, port, place));
    let each = listen.explicit.iter().zip(explicit);
    all.into_iter().chain(each.map(|(socket, place)| ours(Host::Address(socket.ip()), socket.port(), place)))
}

fn with_tls<'a>(listen: &'a Listen, port: u16, place: &'a Place) -> impl Iterator<Item = Socket> + 'a {
    let all = listen.interfaces.then_some(Host::Interfaces);
    let each: HashSet<IpAddr> = listen.explicit.iter().map(SocketAddr::ip).collect();
    all.into_iter().chain(each.into_iter().map(Host::Address)).map(move |host| ours(host, port, place))
}

fn ours(host: Host, port: u16, place: &Place) -> Socket {
    Socket { owner: Owner::Weir, host, port, place: place.clone() }
}

/// Port 0 is a different one each time. Pools may share an origin.
fn collide(a: &Socket, b: &Socket, interfaces: &[DeclaredInterface]) -> bool {
    let origins = a.owner == Owner::Origin && b.owner == Owner::Origin;
    a.port == b.port && a.port != 0 && !origins && meet(a.host, b.host, interfaces)
}

fn meet(a: Host, b: Host, interfaces: &[DeclaredInterface]) -> bool {
    match (a, b) {
        (Host::Interfaces, Host::Interfaces) => true,
        (Host::Interfaces, Host::Address(address)) | (Host::Address(address), Host::Interfaces) => {
            interfaces.iter().any(|interface| overlap(interface.address, address))
        }
        (Host::Address(a), Host::Address(b)) => overlap(a, b),
    }
}

/// The unspecified address stands for all of its IP version.
fn overlap(a: IpAddr, b: IpAddr) -> bool {
    a == b || (a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified()))
}

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            Host::Interfaces => write!(f, "port {} of the interfaces", self.port),
            Host::Address(address) => SocketAddr::new(address, self.port).fmt(f),
        }
    }
}

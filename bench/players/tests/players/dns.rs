//! A DNS server that knows a few names, and counts.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// A running server.
pub(crate) struct Dns {
    pub(crate) address: SocketAddr,
    pub(crate) asked: Arc<Mutex<Asked>>,
    _serving: JoinSet<()>,
}

/// The queries that came.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) queries: usize,
    pub(crate) sources: BTreeSet<IpAddr>,
}

impl Dns {
    /// Answers each name with its addresses; a name without addresses gets random bytes, others NXDOMAIN.
    pub(crate) async fn start(ttl: u32, names: &[(&str, &[[u8; 4]])]) -> Self {
        let names = names.iter().map(|(name, list)| (wire(name), list.iter().map(|a| (*a).into()).collect()));
        let names: HashMap<Vec<u8>, Vec<Ipv4Addr>> = names.collect();
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Asked::default()));
        let mut serving = JoinSet::new();
        serving.spawn(serve(socket, ttl, names, Arc::clone(&asked)));
        Self { address, asked, _serving: serving }
    }

    pub(crate) fn queries(&self) -> usize {
        self.asked.lock().unwrap().queries
    }
}

async fn serve(
    socket: UdpSocket,
    ttl: u32,
    names: HashMap<Vec<u8>, Vec<Ipv4Addr>>,
    asked: Arc<Mutex<Asked>>,
) {
    let mut chance = fastrand::Rng::with_seed(5);
    let mut buffer = [0; 512];
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        {
            let mut asked = asked.lock().unwrap();
            asked.queries += 1;
            asked.sources.insert(from.ip());
        }
        let query = &buffer[..length];
        let mut reply = answer(query, ttl, names.get(&query[12..length - 4]));
        if names.get(&query[12..length - 4]).is_some_and(Vec::is_empty) {
            (0..3).for_each(|_| reply[chance.usize(12..length)] = chance.u8(..));
            let tail: Vec<u8> = std::iter::repeat_with(|| chance.u8(..)).take(40).collect();
            reply.extend(tail);
            reply[7] = chance.u8(..);
        }
        socket.send_to(&reply, from).await.unwrap();
    }
}

fn answer(query: &[u8], ttl: u32, addresses: Option<&Vec<Ipv4Addr>>) -> Vec<u8> {
    let mut reply = query.to_vec();
    reply[2] |= 0x84;
    match addresses {
        None => reply[3] = 3,
        Some(addresses) => {
            reply[7] = u8::try_from(addresses.len()).unwrap();
            for address in addresses {
                reply.extend([0xC0, 12, 0, 1, 0, 1]);
                reply.extend(ttl.to_be_bytes());
                reply.extend([0, 4]);
                reply.extend(address.octets());
            }
        }
    }
    reply
}

fn wire(name: &str) -> Vec<u8> {
    let labels =
        name.split('.').flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat());
    labels.chain([0]).collect()
}

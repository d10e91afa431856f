//! Bytes that are not HTTP, or almost.

use super::*;

/// The seed of this run's noise; failures name it.
pub(super) const SEED: u64 = 0x5EED_0F0D_D817_E501;

/// xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016).
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn new() -> Self {
        Self(SEED)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }

    /// Random bytes, or a request with some bytes changed, taken out, put in, or the end cut off.
    pub(super) fn bytes(&mut self) -> Vec<u8> {
        if self.below(4) == 0 {
            return (0..self.below(3000)).map(|_| self.byte()).collect();
        }
        let methods = ["GET", "HEAD", "OPTIONS", "POST", "CONNECT", "PRI"];
        let targets = ["/a?b", "*", "http://live.stream.test/a", "http://[::1", "//", "live.stream.test:80"];
        let hosts = ["live.stream.test", "eni0.live.stream.test:80", "[::1]:1", "", ":", "\u{e9}"];
        let mut bytes = format!(
            "{} {} HTTP/1.{}\r\nHost: {}\r\nContent-Length: {}\r\n\r\n",
            methods[self.below(methods.len())],
            targets[self.below(targets.len())],
            self.below(3),
            hosts[self.below(hosts.len())],
            self.below(3),
        )
        .into_bytes();
        for _ in 0..self.below(6) {
            let at = self.below(bytes.len());
            match self.below(3) {
                0 => bytes[at] = self.byte(),
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, self.byte()),
            }
        }
        if self.below(3) == 0 {
            bytes.truncate(self.below(bytes.len()));
        }
        bytes
    }
}

#[tokio::test]
async fn random_bytes_never_stop_the_service() {
    let limits = Limits { linger_time: Duration::from_millis(50), ..Limits::DEFAULT };
    let served = serve(limits);
    let mut noise = Noise::new();
    for round in 0..600 {
        let mut client = served.connect().await;
        for _ in 0..=noise.below(3) {
            // A server that has seen enough may have closed already.
            let _ = client.stream.write_all(&noise.bytes()).await;
        }
        let _ = client.stream.shutdown().await;
        client.until_closed().await;
        if round % 20 == 0 {
            let seen = served.connect().await.request(&ask("GET", "/", "live.stream.test")).await;
            assert_eq!(seen.status, 302, "seed {SEED:#x}, round {round}");
        }
    }
    served.until("weir_http_connections", "", 0.0).await;
}

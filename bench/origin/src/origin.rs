//! The origin as its user holds it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::address::At;
use crate::config::OriginConfig;
use crate::endpoint::Endpoint;
use crate::fault::Fault;
use crate::listener::{Claim, Listener, listen};
use crate::stats::Stats;
use crate::stream::Stream;

/// How long a listener may take to follow a fault. It takes as long as its connections take to be aborted.
const FOLLOW_PATIENCE: Duration = Duration::from_secs(5);

/// A running origin. Dropping it aborts everything; [`Origin::stop`] also waits.
#[derive(Debug)]
pub struct Origin {
    doors: Vec<Door>,
    listeners: JoinSet<()>,
    stop: CancellationToken,
}

#[derive(Debug)]
struct Door {
    endpoint: Arc<Endpoint>,
    followed: watch::Receiver<u64>,
    _claim: Claim,
}

/// Why a fault is not in force.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FaultError {
    /// The origin has no such address.
    #[error("the origin has no address {0}")]
    Unknown(At),
    /// The listener did not follow in time; if it was to listen again, somebody else took the port.
    #[error("{0} did not follow the fault within {FOLLOW_PATIENCE:?}")]
    Late(SocketAddr),
}

impl Origin {
    /// Binds every address and starts to serve. Must be called within a Tokio runtime with I/O and time.
    ///
    /// # Errors
    ///
    /// `InvalidInput` with a [`crate::ConfigError`] inside, or what the kernel says of an address.
    pub fn start(config: OriginConfig) -> io::Result<Self> {
        config.check().map_err(|fault| io::Error::new(io::ErrorKind::InvalidInput, fault))?;
        let claims: Vec<Claim> =
            config.listen.iter().map(|&address| Claim::new(address)).collect::<Result<_, _>>()?;
        let sockets: Vec<_> = claims.iter().map(|claim| listen(claim.address)).collect::<Result<_, _>>()?;
        let stream = Arc::new(Stream::new(config));
        let stop = CancellationToken::new();
        let mut listeners = JoinSet::new();
        let mut doors = Vec::with_capacity(claims.len());
        for (claim, socket) in claims.into_iter().zip(sockets) {
            let endpoint = Arc::new(Endpoint::new(claim.address, stream.clone()));
            let (sender, followed) = watch::channel(0);
            listeners.spawn(Listener::new(endpoint.clone(), socket, sender).run(stop.clone()));
            doors.push(Door { endpoint, followed, _claim: claim });
        }
        Ok(Self { doors, listeners, stop })
    }

    /// What was bound, in the order of the configuration.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.doors.iter().map(|door| door.endpoint.address).collect()
    }

    /// Breaks an address. When this returns, the fault is in force: a closed port refuses, cut connections are cut.
    ///
    /// # Errors
    ///
    /// There is no such address, or its listener did not follow.
    pub async fn set_fault(&self, at: impl Into<At>, fault: Fault) -> Result<(), FaultError> {
        self.change(at.into(), Some(fault)).await
    }

    /// Heals an address. When this returns, it listens.
    ///
    /// # Errors
    ///
    /// There is no such address, or it could not be bound again.
    pub async fn clear_fault(&self, at: impl Into<At>) -> Result<(), FaultError> {
        self.change(at.into(), None).await
    }

    /// The fault of an address; `None` if it has none or does not exist.
    pub fn fault(&self, at: impl Into<At>) -> Option<Fault> {
        self.door(at.into())?.endpoint.setting().fault
    }

    /// The counters of an address; `None` if it does not exist.
    pub fn stats(&self, at: impl Into<At>) -> Option<Stats> {
        Some(self.door(at.into())?.endpoint.counters.read())
    }

    /// Closes every listener and connection, and waits until all tasks have ended.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.listeners.join_next().await.is_some() {}
    }

    async fn change(&self, at: At, fault: Option<Fault>) -> Result<(), FaultError> {
        let door = self.door(at).ok_or(FaultError::Unknown(at))?;
        let generation = door.endpoint.set(fault);
        let mut followed = door.followed.clone();
        let waited = timeout(FOLLOW_PATIENCE, followed.wait_for(|&seen| seen >= generation)).await;
        match waited {
            Ok(Ok(_)) => Ok(()),
            _ => Err(FaultError::Late(door.endpoint.address)),
        }
    }

    fn door(&self, at: At) -> Option<&Door> {
        match at {
            At::Index(index) => self.doors.get(index),
            At::Address(address) => self.doors.iter().find(|door| door.endpoint.address == address),
        }
    }
}

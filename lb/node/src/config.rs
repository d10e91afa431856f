//! What the program believes about its configuration file, and every fault of a file that it does not believe.
//!
//! Facts of the world: people edit the file by hand, at night, and want to hear of all mistakes at once, with the
//! line and with what would be right. Deserializers stop at the first one. So the file is parsed into a tree that
//! knows where everything stands, and walked with small readers that note a fault and go on.
//!
//! ```text
//! text ─► toml tree with spans ─► Section readers ─► believed values + places ─► rules across sections ─► Config
//!                                       └──────────── Faults ◄───────────────────────┘            or Vec<Fault>
//! ```
//!
//! Invariant: a [`Config`] exists only if the file has no fault; nobody else can make one, so nobody checks again.
//!
//! Pieces: `shape` lists every key of the file; `section` reads typed values out of one table of it; `node`,
//! `interfaces`, `listen`, `zone`, `pool` and `probe` hold the believed types of their sections and read them;
//! `inventory` adds what a second file says of interfaces; `rules` and `ports` hold what spans sections; `read` puts
//! them in order.
//!
//! Refused: `serde` with `deny_unknown_fields`, which reports one fault and loses the line of what is decided later.
//!
//! Relative paths in the file (`state_dir`, `token_file`, `inventory`, `file` of a zone, `tls`) are relative to the
//! folder of the file, not to where the program happens to be started.

mod duration;
mod fault;
mod http_policy;
mod interfaces;
mod inventory;
mod listen;
mod nearest;
mod node;
mod pool;
mod ports;
mod probe;
mod protection;
mod read;
mod rules;
mod section;
mod shape;
mod text_file;
mod value;
mod zone;

use std::io;
use std::path::{Path, PathBuf};

use weir_core::Settings;
use weir_dns::{PoolNames, ZoneSpec, Zones};

pub use self::duration::parse as parse_duration;
pub use self::fault::Fault;
pub use self::interfaces::Interfaces;
pub use self::listen::{Certificate, Dns, Http, Listen, Tls};
pub(crate) use self::nearest::nearest;
pub use self::node::{Admin, Node, Token};
pub use self::pool::PoolConfig;
pub use self::shape::{TABLES, Table};

use self::fault::Faults;
use crate::discovery::DiscoverySettings;

/// The largest configuration file that is read; a thousand pools with their probes need less than a fourth of it.
pub const MAX_CONFIG_BYTES: u64 = 4 << 20;

/// A configuration without a fault.
#[derive(Clone, Debug)]
pub struct Config {
    node: Node,
    admin: Admin,
    interfaces: Interfaces,
    dns: Dns,
    http: Http,
    zone_specs: Vec<ZoneSpec>,
    pools: Vec<PoolConfig>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read {}; {advice}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What would help.
        advice: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file has faults; one line each.
    #[error("{}", lines(.0))]
    Faults(Vec<Fault>),
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or with all of its faults.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let read = text_file::read(path, MAX_CONFIG_BYTES);
        let text = read.map_err(|source| LoadError::Read {
            path: path.to_owned(),
            advice: advice(&source),
            source,
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        Self::parse(&text, folder, &name).map_err(LoadError::Faults)
    }

    /// Reads a text; relative paths in it are relative to `folder`, and faults bear `file_name`.
    ///
    /// # Errors
    /// All faults of the text, sorted by line.
    pub fn parse(text: &str, folder: &Path, file_name: &str) -> Result<Self, Vec<Fault>> {
        let faults = Faults::new(file_name);
        let config = read::config(text, folder, &faults);
        let list = faults.into_sorted();
        match config {
            Some(config) if list.is_empty() => Ok(config),
            _ => Err(list),
        }
    }

    /// The machine.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The operators' door.
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// The interfaces, and how they are found.
    pub fn interfaces(&self) -> &Interfaces {
        &self.interfaces
    }

    /// Where DNS is answered.
    pub fn dns(&self) -> &Dns {
        &self.dns
    }

    /// Where HTTP is answered.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// What discovery needs to know.
    pub fn discovery(&self) -> DiscoverySettings {
        self.interfaces.discovery(&self.node.name)
    }

    /// The zones that are answered for, as the file has them.
    pub fn zone_specs(&self) -> &[ZoneSpec] {
        &self.zone_specs
    }

    /// The zones that are answered for; `serial` stands in their SOA and rises with each change.
    pub fn zones(&self, serial: u32) -> Zones {
        let built = Zones::build(&self.zone_specs, &self.pool_names(), serial);
        built.expect("the same zones were built from the same specifications when the file was read")
    }

    /// The pools, in the order of the file; at least one.
    pub fn pools(&self) -> &[PoolConfig] {
        &self.pools
    }

    /// The names that pools take up in the zones; a pool whose name others answer for (`dns.listen` is empty) has none.
    pub fn pool_names(&self) -> Vec<PoolNames> {
        rules::pool_names(
            self.pools.iter().map(|pool| &pool.pool),
            &self.interfaces.declared,
            &self.zone_specs,
        )
    }

    /// What of this the state needs.
    pub fn settings(&self) -> Settings {
        let known = self.interfaces.groups.iter().filter(|group| group.capacity.is_some());
        Settings {
            pools: self.pools.iter().map(|pool| pool.pool.clone()).collect(),
            groups: known.cloned().collect(),
        }
    }

    /// The keys that differ from `other` and take effect only when the program is started again: they name what the
    /// running one holds open.
    pub fn needs_restart(&self, other: &Self) -> Vec<&'static str> {
        let differs = [
            ("node.name", self.node.name != other.node.name),
            ("node.state_dir", self.node.state_dir != other.node.state_dir),
            ("admin.listen", self.admin.listen != other.admin.listen),
        ];
        differs.into_iter().filter_map(|(key, differs)| differs.then_some(key)).collect()
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "give the path of an existing file with --config",
        io::ErrorKind::PermissionDenied => "make it readable for the user who runs weir",
        io::ErrorKind::InvalidData => "a configuration is text in UTF-8",
        io::ErrorKind::FileTooLarge => "a configuration has at most 4 MiB",
        io::ErrorKind::IsADirectory => "give the path of the file, not of its folder",
        _ => "see below for what the system said",
    }
}

#[cfg(test)]
mod tests;

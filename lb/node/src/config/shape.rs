//! Every table and every key of the file; what is not here is refused. The manual's page `docs/configuration.md`
//! lists the same, which a test holds.

use super::nearest::nearest;

/// One table of the file.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its dotted path; empty for the top of the file.
    pub path: &'static str,
    /// How it is written: `[node]`, `[[pool]]`.
    pub header: &'static str,
    /// Its keys, tables among them.
    pub keys: &'static [&'static str],
}

/// All tables.
pub const TABLES: &[Table] = &[
    Table {
        path: "",
        header: "the top of the file",
        keys: &[
            "version",
            "node",
            "admin",
            "interfaces",
            "interface",
            "group",
            "dns",
            "zone",
            "http",
            "pool",
        ],
    },
    Table { path: "node", header: "[node]", keys: &["name", "state_dir"] },
    Table { path: "admin", header: "[admin]", keys: &["listen", "token_file"] },
    Table {
        path: "interfaces",
        header: "[interfaces]",
        keys: &["discover", "max", "devices", "metadata_endpoint", "inventory"],
    },
    Table {
        path: "interface",
        header: "[[interface]]",
        keys: &["name", "address", "public_address", "device", "capacity", "group"],
    },
    Table { path: "group", header: "[[group]]", keys: &["name", "capacity"] },
    Table {
        path: "dns",
        header: "[dns]",
        keys: &[
            "listen",
            "port",
            "nsid",
            "workers",
            "chaos_id",
            "chaos_version",
            "cookies",
            "cookie_file",
            "limits",
            "tcp",
        ],
    },
    Table {
        path: "dns.limits",
        header: "[dns.limits]",
        keys: &["mode", "answers", "negatives", "errors", "slip", "exempt"],
    },
    Table { path: "dns.tcp", header: "[dns.tcp]", keys: &["idle", "connections", "per_client"] },
    Table {
        path: "zone",
        header: "[[zone]]",
        keys: &["name", "nameservers", "contact", "negative_ttl", "records", "file"],
    },
    Table { path: "http", header: "[http]", keys: &["listen", "port", "tls", "redirect_to_https", "limits"] },
    Table { path: "http.limits", header: "[http.limits]", keys: &["client", "total", "exempt"] },
    Table { path: "http.tls", header: "[http.tls]", keys: &["certificate", "key", "port"] },
    Table {
        path: "pool",
        header: "[[pool]]",
        keys: &[
            "name",
            "hostname",
            "interfaces",
            "ttl",
            "answer_count",
            "private_clients",
            "origin",
            "http",
            "steering",
            "tls",
            "viewer",
            "probe",
        ],
    },
    Table { path: "pool.ttl", header: "[pool.ttl]", keys: &["min", "max"] },
    Table { path: "pool.origin", header: "[pool.origin]", keys: &["scheme", "port", "https_port"] },
    Table { path: "pool.http", header: "[pool.http]", keys: &["mode", "sticky", "overflow"] },
    Table { path: "pool.steering", header: "[pool.steering]", keys: &["ttl", "most_moved"] },
    Table { path: "pool.tls", header: "[pool.tls]", keys: &["certificate", "key"] },
    Table { path: "pool.viewer", header: "[pool.viewer]", keys: &["rate", "stay"] },
    Table {
        path: "pool.probe",
        header: "[[pool.probe]]",
        keys: &["type", "url", "interval", "timeout", "fall", "rise", "status", "body", "host"],
    },
];

/// The top of an inventory file. Its tables are those of the configuration.
pub(super) const INVENTORY: Table =
    Table { path: "", header: "an inventory file", keys: &["version", "interface", "group"] };

/// The table of this path.
pub(super) fn table(path: &str) -> &'static Table {
    TABLES.iter().find(|table| table.path == path).expect("sections are opened with the paths listed above")
}

impl Table {
    /// Why a key is not known here, and what may have been meant.
    pub(super) fn refuse(&self, key: &str) -> String {
        let here = self.header;
        if let Some(meant) = nearest(key, self.keys.iter().copied()) {
            return format!("is not a key of {here}; did you mean \"{meant}\"?");
        }
        match TABLES.iter().find(|table| table.path != self.path && table.keys.contains(&key)) {
            Some(other) => format!("is not a key of {here}; it belongs to {}", other.header),
            None => format!("is not a key of {here}; known are {}", self.keys.join(", ")),
        }
    }
}

//! A folder with the files that configurations name, gone when the test is over.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Name, content and mode of each file.
const FILES: [(&str, &[u8], u32); 17] = [
    ("token", b"geheim\n", 0o600),
    ("token-of-all", b"geheim\n", 0o644),
    ("token-empty", b"\n", 0o600),
    ("token-of-two-words", b"sehr geheim\n", 0o600),
    ("token-binary", b"a\n\xff\n", 0o600),
    ("fullchain.pem", b"", 0o644),
    ("key.pem", b"", 0o600),
    ("broken.toml", b"[[interface]\n", 0o644),
    ("other-keys.toml", b"version = 2\nnode = \"a\"\n\n[[interface]]\nname = \"eni0\"\naddress = \"127.0.0.11\"\ncapcity = 1\n", 0o644),
    ("faults.toml", b"[[interface]]\nname = \"eni9\"\ncapacity = \"9\"\n\n[[group]]\ncapacity = \"fast\"\n", 0o644),
    ("moved.toml", b"[[interface]]\nname = \"eni0\"\naddress = \"127.0.0.21\"\n", 0o644),
    ("crossed.toml", b"[[interface]]\nname = \"eni0\"\naddress = \"127.0.0.12\"\n", 0o644),
    (
        "repeats.toml",
        b"[[interface]]\nname = \"eni0\"\naddress = \"127.0.0.11\"\n\n[[interface]]\nname = \"eni0\"\n\
          address = \"127.0.0.11\"\n\n[[group]]\nname = \"card9\"\n\n[[group]]\nname = \"card9\"\n",
        0o644,
    ),
    (
        "third.toml",
        b"[[interface]]\nname = \"eni2\"\naddress = \"127.0.0.13\"\npublic_address = \"198.51.100.11\"\n\
          group = \"card9\"\n",
        0o644,
    ),
    ("not-utf8.toml", b"\n\xff\n", 0o644),
    ("good.zone", b"ns1 IN A 192.0.2.1\nwww IN CNAME live\n", 0o644),
    ("bad.zone", b"ns1 IN A 192.0.2.1\nwww IN BAD live\n", 0o644),
];

/// The folder.
pub(super) struct Sandbox(PathBuf);

impl Sandbox {
    /// A new one; tests run side by side.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("weir-config-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
        for (name, content, mode) in FILES {
            let path = folder.join(name);
            fs::write(&path, content).expect("a new file is writable");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
        }
        Self(folder)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

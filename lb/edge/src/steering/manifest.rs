//! The steering manifest (draft-pantos-content-steering section 4).

use serde::Serialize;

/// What a player is told, as JSON with the names of the draft.
#[derive(Debug, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct Manifest<'a> {
    pub(crate) version: u8,
    pub(crate) ttl: u32,
    #[serde(rename = "RELOAD-URI")]
    pub(crate) reload_uri: String,
    #[serde(rename = "PATHWAY-PRIORITY")]
    pub(crate) pathway_priority: Vec<&'a str>,
    #[serde(rename = "PATHWAY-CLONES", skip_serializing_if = "Vec::is_empty")]
    pub(crate) pathway_clones: Vec<PathwayClone<'a>>,
}

/// An interface that came after the player had its master: another one's variants, on its host.
#[derive(Debug, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct PathwayClone<'a> {
    #[serde(rename = "BASE-ID")]
    pub(crate) base_id: &'a str,
    pub(crate) id: &'a str,
    #[serde(rename = "URI-REPLACEMENT")]
    pub(crate) uri_replacement: Replacement,
}

/// What of its URLs is another.
#[derive(Debug, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct Replacement {
    pub(crate) host: String,
}

impl Manifest<'_> {
    /// The version that there is (section 4.1).
    pub(crate) const VERSION: u8 = 1;

    /// The manifest as JSON.
    pub(crate) fn json(&self) -> String {
        // Texts and numbers only: nothing of it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_reads_as_the_draft_has_it() {
        let clone = PathwayClone {
            base_id: "eni0",
            id: "eni3",
            uri_replacement: Replacement { host: "eni3.live.stream.test".to_owned() },
        };
        let manifest = Manifest {
            version: Manifest::VERSION,
            ttl: 9,
            reload_uri: "/.weir/steering?viewer=1&has=eni0".to_owned(),
            pathway_priority: vec!["eni3", "eni0"],
            pathway_clones: vec![clone],
        };
        assert_eq!(
            manifest.json(),
            r#"{"VERSION":1,"TTL":9,"RELOAD-URI":"/.weir/steering?viewer=1&has=eni0","PATHWAY-PRIORITY":["eni3","eni0"],"PATHWAY-CLONES":[{"BASE-ID":"eni0","ID":"eni3","URI-REPLACEMENT":{"HOST":"eni3.live.stream.test"}}]}"#
        );
    }
}

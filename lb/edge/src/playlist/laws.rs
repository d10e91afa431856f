//! Laws of masters and their URIs.

use proptest::prelude::*;
use proptest::sample::select;
use url::Url;

use super::base::Base;
use super::reference::Reference;
use super::*;

const ROOT: &str = "http://eni0.test:1935";

/// Segments that resolving must tell apart, none of which the `url` crate would write otherwise.
const SEGMENTS: [&str; 12] = ["", ".", "..", "...", "..a", "a", "b.m3u8", "~c", "%41", "d;e=f", "g@h", "i:j"];

/// References that need care of another kind.
const OTHERS: [&str; 5] =
    ["http://cdn.test/a/../b", "//cdn.test/a", "data:,x", "https://origin.test/c/./d?e", "chunk list"];

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(select(&SEGMENTS[..]), 0..7).prop_map(|segments| segments.join("/"))
}

fn query() -> impl Strategy<Value = &'static str> {
    select(&["", "?", "?t=a%2Fb==", "?x=/../y", "?a?b"][..])
}

fn fragment() -> impl Strategy<Value = &'static str> {
    select(&["", "#", "#f/../g?h"][..])
}

/// A relative reference of any form but `//authority`.
fn relative() -> impl Strategy<Value = String> {
    (path(), query(), fragment())
        .prop_map(|(path, query, fragment)| format!("{path}{query}{fragment}"))
        .prop_filter("another authority, or a scheme", |uri| !uri.starts_with("//") && !uri.starts_with("i:"))
}

fn asked() -> impl Strategy<Value = String> {
    (path(), query()).prop_map(|(path, query)| format!("/{path}{query}"))
}

/// A URI as a master may have it.
fn uri() -> impl Strategy<Value = String> {
    let text = prop_oneof![4 => relative(), 1 => select(&OTHERS[..]).prop_map(str::to_owned)];
    text.prop_filter("a comment, or nothing", |uri| !uri.is_empty() && !uri.starts_with('#'))
}

/// Lines of a master, with the variants counted.
fn lines() -> impl Strategy<Value = (usize, String)> {
    let group = || select(&["a", "b"][..]);
    let line = prop_oneof![
        uri().prop_map(|uri| (1, format!("#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"x,y\"\n{uri}"))),
        (uri(), group()).prop_map(|(uri, group)| {
            (
                1,
                format!(
                    "#EXT-X-STREAM-INF:AUDIO=\"{group}\",CLOSED-CAPTIONS=NONE,PATHWAY-ID=\"o\"\n# x\n\n{uri}"
                ),
            )
        }),
        (uri(), group()).prop_map(|(uri, group)| {
            (0, format!("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{group}\",NAME=\"n\",URI=\"{uri}\""))
        }),
        group().prop_map(|group| (0, format!("#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"{group}\",NAME=\"n\""))),
        uri().prop_map(|uri| (0, format!("#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"{uri}\""))),
        uri().prop_map(|uri| (0, format!("#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"{uri}\""))),
        uri().prop_map(|uri| (0, format!("#EXT-X-CONTENT-STEERING:SERVER-URI=\"{uri}\""))),
        Just((0, "#EXT-X-INDEPENDENT-SEGMENTS".to_owned())),
    ];
    prop::collection::vec(line, 0..12).prop_map(|parts| {
        let (counts, lines): (Vec<usize>, Vec<String>) = parts.into_iter().unzip();
        (counts.iter().sum(), lines.join("\n"))
    })
}

fn master(lines: &str) -> Option<Master> {
    match read(format!("#EXTM3U\n{lines}\n").as_bytes(), &["origin.test"]) {
        Ok(Playlist::Master(master)) => Some(master),
        _ => None,
    }
}

/// The URIs of a text by the simplest means, which suffice for what [`lines`] makes.
fn uris(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| match line.strip_prefix('#') {
            None => Some(line),
            Some(tag) => {
                tag.split_once("URI=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(uri, _)| uri)
            }
        })
        .collect()
}

proptest! {
    #[test]
    fn relative_references_resolve_as_the_url_crate_does_it(uri in relative(), asked in asked()) {
        let base = Base::of(&asked);
        let mut ours = String::new();
        let reference = Reference::of(&uri, &[]).expect("no variable");
        reference.write(&mut ours, ROOT, &base);
        let theirs = Url::parse(&format!("{ROOT}{asked}")).and_then(|base| base.join(&uri)).expect("resolves");
        prop_assert_eq!(&ours, theirs.as_str(), "{} against {}", uri, asked);
        prop_assert!(ours.len() <= reference.room(ROOT, &base));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        fuzz(&bytes);
        fuzz(&[b"#EXTM3U\n#EXT-X-STREAM-INF:", &bytes[..], b"\na"].concat());
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(?s)([#\"=,:/.?\\r\\n a]|#EXT-X-MEDIA:|URI=|AUDIO=|\\PC){0,80}") {
        fuzz(format!("#EXTM3U\n{text}\n#EXT-X-STREAM-INF:A=\"b\"\na").as_bytes());
    }

    #[test]
    fn every_uri_is_absolute_and_stays_so((variants, lines) in lines(), asked in asked()) {
        let master = master(&lines);
        prop_assert_eq!(master.is_some(), variants > 0, "{}", lines);
        let Some(master) = master else { return Ok(()) };
        fuzz(format!("#EXTM3U\n{lines}").as_bytes());
        let pathways = ["p", "q", "r"].map(|id| Pathway { id, root: ROOT });
        let texts = [
            master.rewritten(&Place { root: ROOT, path: &asked }),
            master.steered(&pathways, &asked, "http://steering.test/"),
        ];
        for text in &texts {
            for uri in uris(text) {
                let elsewhere = ["http://cdn.test/", "data:,x", "http://steering.test/"];
                let absolute = uri.starts_with(&format!("{ROOT}/")) || elsewhere.iter().any(|there| uri.starts_with(there));
                prop_assert!(absolute, "{} in\n{}", uri, text);
                prop_assert!(!uri.contains("origin.test"), "{}", uri);
            }
        }
    }

    /// Each pathway has the variants of the origin, in the origin's order, and what they refer to.
    #[test]
    fn pathways_are_complete_and_differ_in_their_names_only((variants, lines) in lines()) {
        let Some(master) = master(&lines) else { return Ok(()) };
        let pathways = ["p", "q", "r"].map(|id| Pathway { id, root: ROOT });
        let text = master.steered(&pathways, "/a/b", "http://steering.test/");
        let of = |id: &str| -> Vec<String> {
            let own = format!("PATHWAY-ID=\"{id}\"");
            let group = format!("@{id}\"");
            let lines = text.lines().filter(|line| !line.starts_with("#EXT-X-CONTENT-STEERING"));
            lines
                .filter(|line| line.contains(&own) || line.contains(&group))
                .map(|line| line.replace(&own, "").replace(&group, ""))
                .collect()
        };
        let first = of("p");
        let tagged = first.iter().filter(|line| line.starts_with("#EXT-X-STREAM-INF")).count();
        prop_assert_eq!(tagged, variants);
        prop_assert_eq!(&of("q"), &first);
        prop_assert_eq!(&of("r"), &first);
        let ids: Vec<_> = text.lines().filter(|line| line.starts_with("#EXT-X-STREAM-INF")).collect();
        for (id, block) in ["p", "q", "r"].iter().zip(ids.chunks(variants)) {
            prop_assert!(block.iter().all(|line| line.contains(&format!("PATHWAY-ID=\"{id}\""))), "{}", text);
        }
        prop_assert_eq!(text.matches("#EXT-X-CONTENT-STEERING").count(), 1);
    }
}

//! What dig says of an answer, as one line that can be compared.

/// The line: opcode and code; flags of the header; how many records; what the OPT record says and which options it has.
///
/// `QUERY NOERROR; qr aa; 1 question, 1 answer, 0 authority; OPT 0, do, COOKIE NSID`
///
/// # Panics
/// When dig printed no answer.
pub(crate) fn line(text: &str) -> String {
    let lines = || text.lines();
    let find = |start: &str| lines().find_map(|line| line.strip_prefix(start));
    let header = find(";; ->>HEADER<<- ").unwrap_or_else(|| panic!("dig has no answer: {text}"));
    let flags = find(";; flags: ").unwrap_or_else(|| panic!("dig shows no flags: {text}"));
    let (flags, counts) = flags.split_once("; QUERY: ").expect("counts follow the flags");
    let counts: Vec<&str> = counts.split(", ").filter_map(|count| count.rsplit(' ').next()).collect();
    format!(
        "{} {}; {flags}; {} question, {} answer, {} authority; {}",
        value(header, "opcode: "),
        value(header, "status: "),
        counts[0],
        counts[1],
        counts[2],
        opt(text)
    )
}

fn value<'a>(line: &'a str, name: &str) -> &'a str {
    let behind = line.split_once(name).map_or("", |(_, behind)| behind);
    behind.split(',').next().unwrap_or_default()
}

/// `; EDNS: version: 0, flags: do; MBZ: 0x0040, udp: 1232`, and a line for each option.
fn opt(text: &str) -> String {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("; EDNS: "));
    let Some(first) = lines.next() else { return "no OPT".to_owned() };
    let (flags, _) = first.split_once("udp:").expect("dig shows the size");
    let flags = flags.split_once("flags:").map_or("", |(_, flags)| flags).trim_matches([' ', ';', ',']);
    let options = lines.take_while(|line| line.starts_with("; "));
    let mut names: Vec<&str> = options.filter_map(|line| line[2..].split(':').next()).collect();
    names.sort_unstable();
    let parts = [format!("OPT {}", value(first, "version: ")), flags.to_owned(), names.join(" ")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_dig_shows_is_in_the_line() {
        let text = "\
;; ->>HEADER<<- opcode: QUERY, status: BADVERS, id: 15119
;; flags: qr aa; MBZ: 0x4; QUERY: 1, ANSWER: 2, AUTHORITY: 3, ADDITIONAL: 1

;; OPT PSEUDOSECTION:
; EDNS: version: 1, flags: do; MBZ: 0x0040, udp: 1232
; NSID: 65 64 (\"ed\")
; COOKIE: d5d7f1183476080f (good)
;; QUESTION SECTION:
;stream.test.                   IN      SOA
";
        let expected = "QUERY BADVERS; qr aa; MBZ: 0x4; 1 question, 2 answer, 3 authority; \
                        OPT 1, do; MBZ: 0x0040, COOKIE NSID";
        assert_eq!(line(text), expected);
        let bare = ";; ->>HEADER<<- opcode: QUERY, status: REFUSED, id: 1\n\
                    ;; flags: qr; QUERY: 1, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: 0\n";
        assert_eq!(line(bare), "QUERY REFUSED; qr; 1 question, 0 answer, 0 authority; no OPT");
    }
}

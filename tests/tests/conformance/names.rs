//! The zones that all three servers answer for. A record that is to be compared is added here and nowhere else.
//!
//! weir makes SOA and NS of a zone's apex, and the addresses of its pool, from its configuration; the peers get them as
//! text. The pool can be compared like anything else: it names all of its interfaces in each answer, in changing order,
//! and its time to live has one value only. What steering does with fewer is shown elsewhere.

/// A zone: its name, its name servers, and all other records.
pub(crate) struct Zone {
    pub(crate) name: &'static str,
    pub(crate) server: &'static str,
    pub(crate) text: &'static str,
}

/// How long a denial holds in all zones, in seconds.
pub(crate) const NEGATIVE_TTL: u32 = 30;

/// The time to live of records that state none: weir's own.
pub(crate) const DEFAULT_TTL: u32 = 300;

/// The pool's host name, in the first zone.
pub(crate) const POOL: &str = "live.stream.test";

/// The pool's time to live, in seconds.
pub(crate) const POOL_TTL: u32 = 20;

/// The pool's interfaces: name, address, public address.
pub(crate) const INTERFACES: [(&str, &str, &str); 4] = [
    ("eni0", "127.0.0.11", "198.51.100.11"),
    ("eni1", "127.0.0.12", "198.51.100.12"),
    ("eni2", "127.0.0.13", "198.51.100.13"),
    ("eni3", "::1", "2001:db8::14"),
];

/// All zones; the second is a child of the first, which delegates it to itself.
pub(crate) const ZONES: [Zone; 3] = [
    Zone { name: "stream.test", server: "ns1.stream.test", text: STREAM },
    Zone { name: "child.stream.test", server: "ns1.stream.test", text: CHILD },
    Zone { name: "second.test", server: "ns1.stream.test", text: SECOND },
];

const STREAM: &str = r#"
; Types.
@ TXT "v=spf1 -all"
@ MX 10 mail
@ MX 20 mail.second.test.
@ CAA 0 issue "ca.test"
@ HTTPS 1 . alpn=h2
ns1 A 127.0.0.11
ns1 AAAA 2001:db8::1
mail A 192.0.2.25
mail AAAA 2001:db8::25
_sip._tcp SRV 0 5 5060 sip
_sip._tcp SRV 1 5 5060 live
sip A 192.0.2.60
sip HINFO "cpu" "os"
unknown TYPE65280 \# 4 0a0b0c0d
unknown TYPE65281 \# 0
unknown 7 TXT "its own time to live"
svc SVCB 1 mail port="8443" alpn="h2"
svchttps HTTPS 1 mail alpn="h2,h3" port=443
ptr PTR mail
naptr NAPTR 10 10 "S" "SIP+D2U" "" _sip._udp
tlsa TLSA 3 1 1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
sshfp SSHFP 4 2 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
smimea SMIMEA 3 0 1 0001020304050607
openpgp OPENPGPKEY AAECAwQFBgcICQoLDA0ODw==
csync CSYNC 66 3 A NS AAAA
cert CERT 1 12345 8 AAECAwQFBgcICQoLDA0ODw==
caa CAA 128 iodef "mailto:hostmaster@stream.test"
caa CAA 0 issuewild ";"
svcb SVCB 16 foo.example.org. ipv4hint="192.0.2.1" alpn="h2,h3-19" mandatory=ipv4hint,alpn
svcb SVCB 2 foo.example.org. key667="hello\210qoo; x"
svcb SVCB 3 foo.example.org. port=53 no-default-alpn alpn=h3 ipv6hint=2001:db8::1,2001:db8::53:1
svcb SVCB 4 foo key668=x key667 ech="AAECAwQF"
svcb SVCB 5 foo alpn="f\\\\oo\\,bar,h2"
svcb HTTPS 0 live
two TXT "one" "two"
two TXT "\"quoted\" \\ \065\000\255" unquoted
two TXT "three"
; Sizes: above 512, above 1232 bytes, and close to both.
@ORIGIN-SIZES@
; Aliases: within the zone, to the pool, to what is missing, to other zones, to the outside, around in circles.
www CNAME live
c1 CNAME c2
c2 CNAME c3
c3 CNAME c4
c4 CNAME mail
gone CNAME nowhere
empty CNAME b.ent
out CNAME www.example.com.
cross CNAME a.second.test.
crossgone CNAME gone.second.test.
intochild CNAME www.child
intocut CNAME host.sub
loop1 CNAME loop2
loop2 CNAME loop1
self CNAME self
long1 CNAME long2
long2 CNAME long3
long3 CNAME long4
long4 CNAME long5
long5 CNAME long6
long6 CNAME long7
long7 CNAME long8
long8 CNAME long9
long9 CNAME long10
long10 CNAME long11
long11 CNAME mail
; Wildcards, what blocks them, and aliases from and into them.
*.wild A 192.0.2.1
*.wild TXT "wild"
closer.wild TXT "closer"
host.below.wild A 192.0.2.2
*.wildalias CNAME mail
*.wildgone CNAME nowhere
*.wildloop CNAME x.wildloop
towild CNAME x.wild
a.*.inner A 192.0.2.3
*.wildcut A 192.0.2.4
d.wildcut NS ns.example.com.
; Empty non-terminals.
a.b.ent A 192.0.2.5
; Delegations: glue within the cut, signed, of a sibling, outside, missing, from our own data; names below cuts.
sub NS ns1.sub
sub NS ns2.sub
sub TYPE43 \# 24 30390d01000102030405060708090a0b0c0d0e0f10111213
ns1.sub A 192.0.2.53
ns1.sub AAAA 2001:db8::53
ns2.sub A 192.0.2.54
sib1 NS ns1.sib2
sib2 NS ns1.sib2
ns1.sib2 A 192.0.2.55
far NS ns.example.com.
lame NS ns.lame
via NS ns1
via NS mail
deep.ent NS ns.deep.ent
ns.deep.ent A 192.0.2.56
child NS ns1
child TYPE43 \# 24 303a0d01000102030405060708090a0b0c0d0e0f10111213
; Trees that are renamed: within the zone, onto a wildcard, to the outside, to another zone, into what is delegated,
; and to names that may be too long.
dname DNAME renamed
dname TXT "beside"
x.renamed A 192.0.2.20
www.renamed CNAME mail
dnamewild DNAME wild
dnameout DNAME example.com.
dnamecross DNAME second.test.
dnamecut DNAME sub
dnamelong DNAME xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.renamed
; Bytes that are no letters.
a\.b A 192.0.2.6
sp\032ace TXT "space"
\000 A 192.0.2.7
\255\254 TXT "\255\000"
\\back\"quote A 192.0.2.8
\200.\010.x A 192.0.2.9
"#;

const CHILD: &str = "
www A 192.0.2.70
* TXT wildcard
up CNAME mail.stream.test.
sub NS ns.sub
ns.sub A 192.0.2.71
";

const SECOND: &str = "
a A 192.0.2.80
a AAAA 2001:db8::80
mail A 192.0.2.81
back CNAME www.stream.test.
there CNAME back2.stream.test.
* CNAME a
deep.down TXT deep
";

impl Zone {
    /// Its records but those that weir makes.
    pub(crate) fn records(&self) -> String {
        self.text.replace("@ORIGIN-SIZES@", &sizes())
    }

    /// All of its records, for a peer; the data of the SOA record is weir's.
    pub(crate) fn whole(&self, soa: &str) -> String {
        let Self { name, server, .. } = self;
        let soa_ttl = DEFAULT_TTL.min(NEGATIVE_TTL);
        let mut text = format!(
            "$ORIGIN {name}.\n$TTL {DEFAULT_TTL}\n@ {soa_ttl} SOA {soa}\n@ NS {server}.\n{}",
            self.records()
        );
        if POOL.strip_suffix(name).is_some() {
            text += &pool();
        }
        text
    }
}

/// The pool's addresses as records.
fn pool() -> String {
    let record = |owner: &str, address: &str| {
        let kind = if address.contains(':') { "AAAA" } else { "A" };
        format!("{owner} {POOL_TTL} {kind} {address}\n")
    };
    let both = |(name, _, public): &(&str, &str, &str)| {
        record(&format!("{POOL}."), public) + &record(&format!("{name}.{POOL}."), public)
    };
    INTERFACES.iter().map(both).collect()
}

/// Sets of records that are close to a limit of UDP, or beyond it.
fn sizes() -> String {
    let mut text = String::new();
    let mut texts = |owner: &str, count: usize, length: usize| {
        for number in 0..count {
            text += &format!("{owner} TXT \"{number:02}{}\"\n", "x".repeat(length - 2));
        }
    };
    texts("medium", 10, 60);
    texts("big", 30, 60);
    texts("huge", 30, 200);
    // A question of 12 + 24 bytes, and records of 12 + 1 + length: from just below 512 to just above 1232.
    for length in 0..40 {
        texts(&format!("edge{length:02}"), 2, 200 + length);
        texts(&format!("edge{length:02}-5"), 5, 210 + length);
    }
    for number in 0..40 {
        text += &format!("many A 192.0.2.{}\nmanymx MX {number} mx{number}.example.com.\n", 100 + number);
        text += &format!("cutmany NS ns{number}.cutmany\nns{number}.cutmany A 192.0.2.{}\n", 100 + number);
    }
    text
}

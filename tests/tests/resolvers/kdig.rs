//! kdig, the other client that people use; its library is Knot's.

use std::net::SocketAddr;
use std::process::Command;

use weir_tests::tools::{self, Need, needs};

use crate::connections;
use crate::scene::Scene;

const KDIG: &[Need] = &[Need::Program("kdig")];

#[test]
fn kdig_keeps_one_connection_for_many_questions() {
    if !needs(KDIG) {
        return;
    }
    let scene = Scene::open("");
    let text = kdig(
        scene.server(),
        &[
            "+tcp",
            "+keepopen",
            "live.stream.test",
            "A",
            "eni3.live.stream.test",
            "A",
            "absent.stream.test",
            "A",
            "stream.test",
            "SOA",
            "big.stream.test",
            "TXT",
            "live.stream.test",
            "AAAA",
        ],
    );
    assert_eq!(text.matches("Flags: qr aa rd;").count(), 6, "{text}");
    assert_eq!(text.matches("status: NOERROR").count(), 5, "{text}");
    assert_eq!(text.matches("status: NXDOMAIN").count(), 1, "{text}");
    assert_eq!(text.matches("ANSWER: 12;").count(), 1, "{text}");
    connections::was_one(scene.server().port());
    scene.close();
}

#[test]
fn kdig_gets_the_options_that_it_asks_for() {
    if !needs(KDIG) {
        return;
    }
    let scene = Scene::open("nsid = \"edge-1\"\ncookies = \"enforce\"");
    let ask = |options: &[&str]| kdig(scene.server(), &[&["live.stream.test", "A"], options].concat());
    // kdig asks again by itself with the cookie that came with BADCOOKIE.
    let cookie = ask(&["+cookie"]);
    assert!(cookie.contains("status: NOERROR") && cookie.contains("ANSWER: 2;"), "{cookie}");
    assert!(cookie.contains("COOKIE: "), "{cookie}");
    let nsid = ask(&["+nsid"]);
    assert!(nsid.contains("NSID: 656467652D31 \"edge-1\""), "{nsid}");
    let subnet = ask(&["+subnet=192.0.2.0/24"]);
    assert!(subnet.contains("CLIENT-SUBNET: 192.0.2.0/24/0"), "{subnet}");
    // Padding is passed over: an answer over UDP hides nothing.
    let padding = ask(&["+padding=128"]);
    assert!(padding.contains("ANSWER: 2;") && !padding.contains("PADDING"), "{padding}");
    let later = ask(&["+edns=1"]);
    assert!(later.contains("status: BADVERS") && later.contains("Version: 0;"), "{later}");
    scene.close();
}

#[test]
fn kdig_says_how_much_it_takes_and_gets_no_more() {
    if !needs(KDIG) {
        return;
    }
    let scene = Scene::open("");
    let ask = |options: &[&str]| kdig(scene.server(), &[&["+edns=0", "+ignore"], options].concat());
    let cut = ask(&["+bufsize=700", "big.stream.test", "TXT"]);
    assert!(cut.contains("Flags: qr aa tc rd;") && cut.contains("ANSWER: 0;"), "{cut}");
    let fits = ask(&["+bufsize=700", "live.stream.test", "A"]);
    assert!(fits.contains("Flags: qr aa rd;") && fits.contains("UDP size: 1232 B"), "{fits}");
    let plain = kdig(scene.server(), &["+noedns", "+ignore", "live.stream.test", "A"]);
    assert!(plain.contains("ANSWER: 2;") && !plain.contains("EDNS"), "{plain}");
    scene.close();
}

/// All that kdig prints.
fn kdig(server: SocketAddr, arguments: &[&str]) -> String {
    let kdig = tools::find("kdig").expect("asked for by the test before");
    let output = Command::new(kdig)
        .arg(format!("@{}", server.ip()))
        .args(["-p", &server.port().to_string(), "+retry=0", "+time=3"])
        .args(arguments)
        .output()
        .expect("kdig starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "kdig {arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

use super::*;

const TIMING: Timing = Timing { interval: Duration::from_secs(2), timeout: Duration::from_secs(1) };

fn spec(kind: ProbeKind, url: &str) -> Result<ProbeSpec, ProbeSpecError> {
    ProbeSpec::new(kind, url, TIMING, Wanted::default())
}

#[test]
fn the_address_takes_the_placeholders_place_with_brackets_for_ipv6() {
    let hls = spec(ProbeKind::Hls, "http://{address}:1935/live/demo/playlist.m3u8").expect("valid");
    let url = |address: &str| hls.url(address.parse().expect("an address")).to_string();
    assert_eq!(url("127.0.0.11"), "http://127.0.0.11:1935/live/demo/playlist.m3u8");
    assert_eq!(url("2001:db8::1"), "http://[2001:db8::1]:1935/live/demo/playlist.m3u8");
    let rtmp = spec(ProbeKind::Rtmp, "rtmp://{address}/live/demo").expect("valid");
    assert_eq!(rtmp.url("::1".parse().expect("an address")).as_str(), "rtmp://[::1]/live/demo");
}

#[test]
fn the_port_is_the_urls_or_the_protocols() {
    let port = |kind, url| spec(kind, url).expect("valid").port();
    assert_eq!(port(ProbeKind::Tcp, "tcp://{address}:1936"), 1936);
    assert_eq!(port(ProbeKind::Http, "http://{address}/"), 80);
    assert_eq!(port(ProbeKind::Rtmp, "rtmp://{address}/live/demo"), 1935);
}

#[test]
fn the_identity_is_the_type_and_the_url_as_configured() {
    let tcp = spec(ProbeKind::Tcp, "tcp://{address}:1935").expect("valid");
    assert_eq!(tcp.id(), ProbeId::new("tcp", "tcp://{address}:1935"));
}

#[test]
fn kinds_are_read_as_they_are_written() {
    for kind in [ProbeKind::Tcp, ProbeKind::Http, ProbeKind::Hls, ProbeKind::Rtmp] {
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    let error = "HLS".parse::<ProbeKind>().expect_err("case matters");
    assert_eq!(error.to_string(), "\"HLS\" is no type of probe; there are tcp, http, hls and rtmp");
}

#[test]
fn each_bad_url_has_its_own_sentence() {
    use ProbeKind::{Hls, Http, Rtmp, Tcp};
    for (kind, url, sentence) in [
        (
            Http,
            "http://127.0.0.1/",
            "\"http://127.0.0.1/\" needs {address} in place of the host, such as http://{address}:1935/",
        ),
        (Http, "{address}:80", "\"{address}:80\" is not a URL"),
        (Http, "http://{address}:99999/", "\"http://{address}:99999/\" is not a URL"),
        (
            Hls,
            "rtmp://{address}/a/b",
            "the url of a probe of type hls begins with http://, which \"rtmp://{address}/a/b\" does not",
        ),
        (
            Hls,
            "https://{address}/x.m3u8",
            "\"https://{address}/x.m3u8\" is encrypted, which probes do not support yet; give the plain port of \
             the same server",
        ),
        (
            Rtmp,
            "rtmps://{address}/live/demo",
            "\"rtmps://{address}/live/demo\" is encrypted, which probes do not support yet; give the plain port of \
             the same server",
        ),
        (
            Http,
            "http://cdn.test/{address}",
            "the host of \"http://cdn.test/{address}\" must be {address} alone",
        ),
        (Http, "http://{address}0/", "the host of \"http://{address}0/\" must be {address} alone"),
        (
            Http,
            "http://me:secret@{address}/",
            "\"http://me:secret@{address}/\" must not hold a user or password, which a probe would not send",
        ),
        (Tcp, "tcp://{address}", "\"tcp://{address}\" needs a port from 1 to 65535 after {address}"),
        (Http, "http://{address}:0/", "\"http://{address}:0/\" needs a port from 1 to 65535 after {address}"),
        (
            Tcp,
            "tcp://{address}:1/x",
            "\"tcp://{address}:1/x\" must end after the port, since a tcp probe asks for nothing",
        ),
        (
            Rtmp,
            "rtmp://{address}/live",
            "\"rtmp://{address}/live\" needs an application and a stream, such as rtmp://{address}:1935/live/demo",
        ),
    ] {
        assert_eq!(spec(kind, url).expect_err(url).to_string(), sentence);
    }
}

#[test]
fn options_belong_to_the_types_that_have_them() {
    let error = |kind, url, wanted| ProbeSpec::new(kind, url, TIMING, wanted).expect_err(url).to_string();
    let status = |low, high| Wanted { status: Some(RangeInclusive::new(low, high)), ..Wanted::default() };
    let body = || Wanted { body: Some("ok".into()), ..Wanted::default() };
    let host = |host: &str| Wanted { host: Some(host.into()), ..Wanted::default() };
    let (http, hls, tcp) = ("http://{address}/", "http://{address}/x.m3u8", "tcp://{address}:1");
    assert_eq!(error(ProbeKind::Hls, hls, status(200, 200)), "a probe of type hls has no option \"status\"");
    assert_eq!(error(ProbeKind::Tcp, tcp, body()), "a probe of type tcp has no option \"body\"");
    assert_eq!(error(ProbeKind::Tcp, tcp, host("a.test")), "a probe of type tcp has no option \"host\"");
    for (low, high) in [(300, 200), (99, 200), (200, 600)] {
        assert_eq!(
            error(ProbeKind::Http, http, status(low, high)),
            format!("{low} to {high} is no range of HTTP statuses, which go from 100 to 599")
        );
    }
    for bad in ["", "a b", "a/b", "a\nb", "me@a"] {
        assert_eq!(
            error(ProbeKind::Http, http, host(bad)),
            format!("\"{bad}\" is no value for the Host header; give a host name, with a port if need be")
        );
    }
    ProbeSpec::new(ProbeKind::Hls, hls, TIMING, host("live.test:8080")).expect("hls has a host");
}

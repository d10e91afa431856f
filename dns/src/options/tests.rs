use super::*;

fn option(code: u16, data: &[u8]) -> Vec<u8> {
    let mut options = Vec::new();
    opt::push(&mut options, code, data);
    options
}

#[test]
fn known_options_are_read_and_others_ignored() {
    let padding = 12;
    let bytes = [
        option(padding, &[0; 30]),
        option(NSID, b"ignored"),
        option(65_001, &[1, 2, 3]),
        option(COOKIE, &[1; 24]),
        option(COOKIE, &[2; 3]),
        option(SUBNET, &[0, 1, 8, 0, 10]),
        option(KEEPALIVE, &[]),
    ]
    .concat();
    let options = Options::parse(&bytes, Transport::Tcp).unwrap();
    assert_eq!(options.cookie, Some(Cookie { client: [1; 8], server: Some(&[1; 16]) }));
    assert_eq!(options.subnet.map(Subnet::as_bytes), Some([0, 1, 8, 0, 10].as_slice()));
    assert!(options.nsid && options.keepalive);
    assert_eq!(Options::parse(&[], Transport::Udp), Ok(Options::default()));
}

#[test]
fn a_cookie_has_8_or_16_to_40_bytes() {
    for length in 0..60 {
        let bytes = option(COOKIE, &vec![5; length]);
        let good = length == 8 || (16..=40).contains(&length);
        assert_eq!(Options::parse(&bytes, Transport::Udp).is_ok(), good, "{length}");
    }
}

#[test]
fn keepalive_is_for_tcp_only_and_empty_in_a_question() {
    let (empty, full) = (option(KEEPALIVE, &[]), option(KEEPALIVE, &[0, 9]));
    assert_eq!(Options::parse(&empty, Transport::Udp), Ok(Options::default()));
    assert_eq!(Options::parse(&full, Transport::Udp), Ok(Options::default()));
    assert!(Options::parse(&empty, Transport::Tcp).unwrap().keepalive);
    assert_eq!(Options::parse(&full, Transport::Tcp), Err(Fault::Malformed));
}

#[test]
fn lengths_that_do_not_add_up_are_torn_whatever_comes_before() {
    let whole = [option(COOKIE, &[1; 9]), option(NSID, &[])].concat();
    assert_eq!(Options::parse(&whole, Transport::Udp), Err(Fault::Malformed));
    for length in 1..whole.len() {
        if length != 13 {
            assert_eq!(Options::parse(&whole[..length], Transport::Udp), Err(Fault::Torn), "{length}");
        }
    }
}

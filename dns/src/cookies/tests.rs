use std::net::IpAddr;

use super::*;
use crate::options::Cookie;

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    assert_eq!(text.len(), 2 * N);
    std::array::from_fn(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap())
}

fn judge(secrets: &str, cookie: &str, client: &str, now: u32) -> (CookieState, [u8; 24]) {
    let secrets: Secrets = secrets.parse().unwrap();
    let server = (cookie.len() > 16).then(|| bytes::<16>(&cookie[16..]));
    let cookie = Cookie { client: bytes(&cookie[..16]), server: server.as_ref().map(<[u8; 16]>::as_slice) };
    judged(&secrets, cookie, client.parse().unwrap(), now)
}

fn judged(secrets: &Secrets, cookie: Cookie<'_>, client: IpAddr, now: u32) -> (CookieState, [u8; 24]) {
    let mut back = [0; 24];
    (secrets.judge(cookie, client, CookieTime(now), &mut back), back)
}

const SECRET: &str = "e5e973e5a6b2a43f48e7dc849e37bfcf";
const CLIENT: &str = "198.51.100.100";
const FIRST: &str = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
const FIRST_MADE: u32 = 1_559_731_985;

#[test]
fn the_vectors_of_rfc_9018_appendix_a_hold() {
    let rolled = "445536bcd2513298075a5d379663c962\ndd3bdf9344b678b185a6f5cb60fca715\n";
    let third = "203.0.113.203";
    let six = "2001:db8:220:1:59de:d0f4:8769:82b8";
    // Secrets, cookie of the question, client, time; worth and cookie of the answer.
    let table = [
        ("A.1", SECRET, "2464c4abcf10c957", CLIENT, FIRST_MADE, CookieState::New, FIRST),
        (
            "A.2",
            SECRET,
            FIRST,
            CLIENT,
            1_559_734_385,
            CookieState::Valid,
            "2464c4abcf10c957010000005cf7a871d4a564a1442aca77",
        ),
        // Made at 1559727985, more than an hour before: its hash is right and it is too old by section 4.3.
        (
            "A.3",
            SECRET,
            "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
            third,
            1_559_734_700,
            CookieState::Bad,
            "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e",
        ),
        (
            "A.4",
            rolled,
            "22681ab97d52c298010000005cf7c57926556bd0934c72f8",
            six,
            1_559_741_961,
            CookieState::Valid,
            "22681ab97d52c298010000005cf7c609a6bb79d16625507a",
        ),
    ];
    for (what, secrets, cookie, client, now, state, expected) in table {
        assert_eq!(judge(secrets, cookie, client, now), (state, bytes(expected)), "{what}");
    }
    // The reserved bytes of A.3 are part of its hash: within the hour it is good, and replaced at once.
    let (state, new) =
        judge(SECRET, "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", third, 1_559_727_990);
    assert_eq!((state, &new[8..12]), (CookieState::Valid, [1, 0, 0, 0].as_slice()));
}

#[test]
fn a_cookie_is_good_for_an_hour_and_renewed_after_half_of_it() {
    let at = |age: i64| judge(SECRET, FIRST, CLIENT, u32::try_from(i64::from(FIRST_MADE) + age).unwrap());
    for (age, state, same) in [
        (0, CookieState::Valid, true),
        (1799, CookieState::Valid, true),
        (1800, CookieState::Valid, false),
        (3600, CookieState::Valid, false),
        (3601, CookieState::Bad, false),
        (-300, CookieState::Valid, true),
        (-301, CookieState::Bad, false),
    ] {
        let (got, cookie) = at(age);
        assert_eq!((got, cookie == bytes(FIRST)), (state, same), "{age}");
    }
}

#[test]
fn seconds_may_wrap_around() {
    let secrets = Secrets::random();
    let client: IpAddr = CLIENT.parse().unwrap();
    let made = secrets.make([7; 8], client, CookieTime(u32::MAX - 10));
    let cookie = Cookie { client: [7; 8], server: Some(&made) };
    assert_eq!(judged(&secrets, cookie, client, 60).0, CookieState::Valid);
    assert_eq!(judged(&secrets, cookie, client, 4000).0, CookieState::Bad);
}

#[test]
fn a_cookie_is_bad_for_another_client_secret_version_or_bit() {
    let good: [u8; 24] = bytes(FIRST);
    let secrets: Secrets = SECRET.parse().unwrap();
    let ask = |whole: &[u8], client: &str| {
        let cookie = Cookie { client: *whole.first_chunk().unwrap(), server: Some(&whole[8..]) };
        judged(&secrets, cookie, client.parse().unwrap(), FIRST_MADE).0
    };
    assert_eq!(ask(&good, CLIENT), CookieState::Valid);
    assert_eq!(ask(&good, "::ffff:198.51.100.100"), CookieState::Valid);
    assert_eq!(ask(&good, "198.51.100.101"), CookieState::Bad);
    for bit in 0..192 {
        let mut other = good;
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(ask(&other, CLIENT), CookieState::Bad, "{bit}");
    }
    for length in [16, 17, 23] {
        assert_eq!(ask(&good[..length], CLIENT), CookieState::Bad, "{length}");
    }
    assert_eq!(ask(&[good.as_slice(), &[0]].concat(), CLIENT), CookieState::Bad);
    assert_ne!(Secrets::random(), Secrets::random());
}

#[test]
fn secrets_are_one_or_two_lines_of_32_digits() {
    let parse = |text: &str| text.parse::<Secrets>();
    assert!(parse(&format!("# shared\n\n  {SECRET}  \n{}\n", SECRET.to_uppercase())).is_ok());
    assert_eq!(parse("# nothing\n"), Err(SecretsFault::None));
    assert_eq!(parse(&format!("{SECRET}\n{SECRET}\n{SECRET}")), Err(SecretsFault::TooMany { line: 3 }));
    for bad in [&SECRET[1..], &format!("{SECRET}0"), &format!("+{}", &SECRET[1..]), "secret"] {
        assert_eq!(parse(&format!("\n{bad}")), Err(SecretsFault::NotHex { line: 2 }), "{bad}");
    }
    assert!(!format!("{:?}", parse(SECRET).unwrap()).contains("e5"));
}

#[test]
fn a_file_of_secrets_is_read_when_it_changes() {
    let folder = std::env::temp_dir().join(format!("weir-dns-cookies-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("cookies");
    let mut file = SecretFile::new(path.clone());
    assert!(matches!(file.read_if_changed(), Err(SecretFileFault::Read { .. })));
    std::fs::write(&path, SECRET).unwrap();
    assert_eq!(file.read_if_changed().unwrap(), Some(SECRET.parse().unwrap()));
    assert_eq!(file.read_if_changed().unwrap(), None);
    std::fs::write(&path, format!("{SECRET}\nnonsense")).unwrap();
    assert!(matches!(file.read_if_changed(), Err(SecretFileFault::Fault { .. })));
    assert_eq!(file.read_if_changed().unwrap(), None);
    std::fs::remove_dir_all(&folder).unwrap();
}

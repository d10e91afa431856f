//! What a good origin answers, as the stuff that bad answers are made of.

/// Right answers, by the place where they belong.
#[derive(Debug)]
pub(super) struct Seeds {
    /// HTTP answers: a master, a media playlist, a chunked one, an error.
    pub(super) http: Vec<Vec<u8>>,
    /// The server's half of an RTMP handshake (Adobe's specification 1.0, section 5.2).
    pub(super) handshake: Vec<Vec<u8>>,
    /// RTMP messages of a server.
    pub(super) commands: Vec<Vec<u8>>,
}

pub(super) fn all() -> Seeds {
    Seeds { http: http(), handshake: vec![handshake()], commands: commands() }
}

fn http() -> Vec<Vec<u8>> {
    let master = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=320x180\nchunklist_w1.m3u8\n";
    let media = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n\
                 #EXTINF:2.0,\nmedia_w1_7.ts\n#EXTINF:2.0,\nmedia_w1_8.ts\n#EXTINF:2.0,\nmedia_w1_9.ts\n";
    let plain = |body: &str| {
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.apple.mpegurl\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{media}\r\n0\r\n\r\n",
        media.len()
    );
    let moved =
        "HTTP/1.1 302 Found\r\nLocation: /live/_definst_/demo/playlist.m3u8\r\nContent-Length: 0\r\n\r\n";
    let missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    let mut all: Vec<String> =
        vec![plain(master), plain(media), chunked, moved.to_owned(), missing.to_owned()];
    // The largest numbers that a playlist can hold, and more.
    all.push(plain(
        &media.replace(":7", ":18446744073709551615").replace("DURATION:2", "DURATION:99999999999999999999"),
    ));
    all.into_iter().map(String::into_bytes).collect()
}

fn handshake() -> Vec<u8> {
    let mut bytes = vec![3];
    bytes.extend([0; 8]);
    bytes.extend((0..1528_u32).map(|n| u8::try_from(n % 251).unwrap_or(0)));
    bytes.extend([0; 1536]);
    bytes
}

fn commands() -> Vec<Vec<u8>> {
    let mut result = string("_result");
    result.extend(number(1.0));
    result.extend([5, 3]);
    result.extend([0, 4]);
    result.extend(b"code");
    result.extend(string("NetConnection.Connect.Success"));
    result.extend([0, 0, 9]);
    let mut stream = string("_result");
    stream.extend(number(2.0));
    stream.push(5);
    stream.extend(number(1.0));
    let mut status = string("onStatus");
    status.extend(number(0.0));
    status.extend([5, 3, 0, 4]);
    status.extend(b"code");
    status.extend(string("NetStream.Play.Start"));
    status.extend([0, 0, 9]);
    vec![
        message(3, 20, &result),
        message(3, 20, &stream),
        message(5, 20, &status),
        // Set chunk size, window size, peer bandwidth, user control, audio, video.
        message(2, 1, &4096_u32.to_be_bytes()),
        message(2, 5, &2_500_000_u32.to_be_bytes()),
        message(2, 6, &[0, 38, 37, 160, 2]),
        message(2, 4, &[0, 0, 0, 0, 0, 1]),
        message(4, 8, &[0xaf, 1, 0x21, 0x10]),
        message(6, 9, &[0x17, 1, 0, 0, 0]),
        [message(3, 20, &result), message(3, 20, &stream), message(5, 20, &status)].concat(),
    ]
}

/// One message in one chunk with a full header (section 5.3.1.2.1).
fn message(chunk_stream: u8, kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    let mut bytes = vec![chunk_stream, 0, 0, 0, length[1], length[2], length[3], kind, 0, 0, 0, 0];
    bytes.extend(payload);
    bytes
}

fn string(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap_or(0).to_be_bytes();
    [&[2], &length[..], text.as_bytes()].concat()
}

fn number(value: f64) -> Vec<u8> {
    [&[0], &value.to_be_bytes()[..]].concat()
}

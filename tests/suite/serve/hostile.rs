//! A thousand hostile requests: no panic, no file leaked, still serving.

use std::io::Write;
use std::net::TcpStream;

use super::FILES;
use super::client::{Answer, Server, read_to_end};
use crate::support::Site;

/// How many requests are sent.
const REQUESTS: usize = 1_000;

/// What no answer may hold: it is in files beside the output, and nowhere in it.
const SECRET: &str = "SECRET-5f3a";

/// Ways to write a path that leaves the output.
const ESCAPES: &[&str] = &[
    "..",
    "%2e%2e",
    "%2E%2e",
    ".%2e",
    "%2e.",
    "%252e%252e",
    "..%00",
    "..%5c",
    "..\\",
    "%c0%ae%c0%ae",
    "%u002e%u002e",
    "..;",
    "....//",
    "%2e%2e%2f%2e%2e",
    "..%2f..",
    "a/../..",
    "a/%2e%2e/%2e%2e",
    ".bengal/..",
];

/// A site, and a server of it, with secrets all around the output.
fn guarded() -> (Site, Server) {
    let site = Site::new(FILES);
    site.write("secret.txt", SECRET);
    let server = Server::start(&site, &[]);
    for folder in [server.temporary.path(), server.output().parent().unwrap()] {
        std::fs::write(folder.join("secret.txt"), SECRET).unwrap();
    }
    (site, server)
}

/// What one hostile request is to come to.
enum Expected {
    /// One of these statuses, 0 being a closed connection.
    Status(&'static [u16]),
    /// Nothing: the client says no more, and holds the connection.
    Silence,
}

use Expected::{Silence, Status};

/// Asks for the connection to be closed, so that the answer has an end.
const CLOSE: &str = "Connection: close\r\n";

/// Refused in some way, or not there.
const REFUSED: Expected = Status(&[0, 400, 403, 404, 405, 414, 431]);

/// Hostile request number `number`.
fn request(number: usize, host: &str) -> (Vec<u8>, Expected) {
    let escape = ESCAPES[number / KINDS % ESCAPES.len()];
    let times = number / KINDS % 7 + 1;
    let target =
        |target: &str| format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n{CLOSE}\r\n").into_bytes();
    let line = |line: &str| format!("{line}\r\n{CLOSE}\r\n").into_bytes();
    let header = |header: String| {
        format!("GET /a/ HTTP/1.1\r\nHost: {host}\r\n{CLOSE}{header}\r\n\r\n").into_bytes()
    };
    match number % KINDS {
        0 => (target(&format!("/{}secret.txt", format!("{escape}/").repeat(times))), REFUSED),
        1 => (target(&format!("/{}etc/passwd", format!("{escape}/").repeat(times + 5))), REFUSED),
        2 => (target(&format!("/a/index.html%00{times}.css")), Status(&[400])),
        3 => (target(&format!("/style.css\0{times}")), Status(&[0, 400])),
        4 => (target(&format!("\\{escape}\\secret.txt")), Status(&[0, 400])),
        5 => (header(format!("X-{times}: {}", "x".repeat(200_000 * times))), Status(&[0, 431])),
        6 => (header("X: y\r\n".repeat(200 * times)), Status(&[0, 431])),
        7 => (line(&format!("GET /a/ HTTP/1.1\r\nHost: evil{times}.example")), Status(&[403])),
        8 => (line("GET /a/ HTTP/1.1"), Status(&[400])),
        9 => (header(format!("Host: evil{times}.example")), Status(&[400])),
        10 => (header(format!("Origin: http://evil{times}.example")), Status(&[403])),
        11 => (header("Origin: null".to_owned()), Status(&[403])),
        12 => (
            line(&format!("GET http://evil{times}.example/a/ HTTP/1.1\r\nHost: {host}")),
            Status(&[403]),
        ),
        13 => (
            line(&format!("GET file:///etc/passwd HTTP/1.1\r\nHost: {host}")),
            Status(&[0, 400, 403, 404]),
        ),
        14 => (
            line(&format!("CONNECT evil.example:80 HTTP/1.1\r\nHost: {host}")),
            Status(&[403, 405]),
        ),
        15 => (line(&format!("OPTIONS * HTTP/1.1\r\nHost: {host}")), Status(&[405])),
        16 => (line(&format!("BREW{times} /a/ HTTP/1.1\r\nHost: {host}")), Status(&[405])),
        17 => (target(&format!("/{}", "a/".repeat(20_000 * times))), Status(&[0, 404, 414, 431])),
        18 => (target(&format!("/{}", "a".repeat(3_000 * times))), Status(&[0, 404, 414, 431])),
        19 => (garbage(number), Status(&[0, 400])),
        20 => (b"GET /a/ HTTP/1.1\r\nHost:".to_vec(), Silence),
        21 => (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), Status(&[0, 400])),
        22 => (
            header(format!("Content-Length: {}", u64::MAX - times as u64)),
            Status(&[0, 200, 400, 431]),
        ),
        23 => (
            header("Transfer-Encoding: chunked\r\nContent-Length: 3".to_owned()),
            Status(&[0, 200, 400]),
        ),
        24 => (line(&format!("GET /a/ HTTP/9.{times}\r\nHost: {host}")), Status(&[0, 400, 505])),
        25 => (header(format!("Range: bytes={}-", u64::MAX)), Status(&[200])),
        26 => (line("PRI * HTTP/2.0\r\n\r\nSM"), Status(&[0, 400])),
        27 => (target("//evil.example/a"), Status(&[400])),
        28 => (Vec::new(), Silence),
        _ => (target(&format!("/{escape}/state/lock")), REFUSED),
    }
}

/// Kinds of requests.
const KINDS: usize = 30;

/// Bytes without meaning, of a multiplicative generator.
fn garbage(seed: usize) -> Vec<u8> {
    let mut state = seed as u64 | 1;
    let byte = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    let mut bytes: Vec<u8> = (0..seed % 700 + 20).map(byte).collect();
    bytes.extend_from_slice(b"\r\n\r\n");
    bytes
}

#[test]
fn a_thousand_hostile_requests_get_nothing_and_break_nothing() {
    let (_site, mut server) = guarded();
    let host = server.host().to_owned();
    let mut silent: Vec<TcpStream> = Vec::new();
    for number in 0..REQUESTS {
        let (bytes, expected) = request(number, &host);
        let Status(statuses) = expected else {
            let mut stream = server.connect();
            stream.write_all(&bytes).unwrap();
            silent.push(stream);
            continue;
        };
        let answer = server.send(&bytes);
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
        assert!(statuses.contains(&answer.status()), "{}: {shown}", answer.status());
        assert!(!holds_secret(&answer), "{shown}");
    }
    assert!(silent.len() > 50);
    assert_eq!(server.get("/a/").status(), 200);
    // Those that said nothing, or not enough, are let go of; it takes seconds, not minutes.
    for mut stream in silent {
        assert!(!holds_secret(&Answer(read_to_end(&mut stream))));
    }
    assert!(server.is_running());
    assert_eq!(server.get("/a/").status(), 200);
}

fn holds_secret(answer: &Answer) -> bool {
    [SECRET, "root:x:", "root:*:"]
        .iter()
        .any(|secret| answer.0.windows(secret.len()).any(|part| part == secret.as_bytes()))
}

#[test]
fn more_connections_than_there_is_room_for_wait_and_the_rest_are_answered() {
    let (_site, server) = guarded();
    let half: Vec<_> = (0..600)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(b"GET /a/ HTTP/1.1\r\n").unwrap();
            stream
        })
        .collect();
    assert_eq!(server.get("/a/").status(), 200, "when the first of them have run out of time");
    drop(half);
}

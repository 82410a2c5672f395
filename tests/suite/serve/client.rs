//! A server under test, and the raw requests that it is sent.
//!
//! **Invariant:** nothing waits without end, and no server outlives its test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{JSON, Site, bengal};

/// How long anything may take before it counts as hanging.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A process that is killed when its test is over, however it ends.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running `bengal serve`.
pub struct Server {
    running: Running,
    messages: Receiver<Value>,
    /// Where the server's temporary folder is, and nothing else.
    pub temporary: TempDir,
    /// Such as `http://127.0.0.1:4000/`.
    pub url: String,
}

/// A command that serves `site`, and has `temporary` for its temporary files.
pub fn command(site: &Site, temporary: &TempDir, arguments: &[&str]) -> Command {
    let mut command = bengal();
    command.arg("serve").arg(site.root()).args(arguments);
    command.env("TMPDIR", temporary.path());
    command
}

impl Server {
    /// Serves `site` on a port of its own.
    pub fn start(site: &Site, arguments: &[&str]) -> Self {
        Self::start_on(0, site, arguments)
    }

    /// Serves `site` on `port`, or one after it.
    pub fn start_on(port: u16, site: &Site, arguments: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = command(site, &temporary, &["--port", &port.to_string()]);
        let mut child = command.args(JSON).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    break;
                }
            }
        });
        let mut server = Self { running: Running(child), messages, temporary, url: String::new() };
        let serving = server.message();
        assert_eq!(serving["reason"], "serving", "the first line says where");
        server.url = serving["url"].as_str().unwrap().to_owned();
        assert_eq!(server.built()["exit_code"], 0);
        server
    }

    fn message(&self) -> Value {
        self.messages.recv_timeout(PATIENCE).expect("the server says something")
    }

    /// Waits for the end of the next build.
    pub fn built(&self) -> Value {
        loop {
            let message = self.message();
            if message["reason"] == "build-finished" {
                return message;
            }
        }
    }

    /// Waits for a build after which `holds`: an edit of several steps may take several.
    pub fn built_until(&self, holds: impl Fn() -> bool) {
        while !holds() {
            self.built();
        }
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        self.url.strip_prefix("http://").unwrap().split('/').next().unwrap()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.host()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends `bytes`, and gives all that comes back until the connection is closed.
    pub fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // It may have been told off before it has said everything.
        let _ = stream.write_all(bytes);
        Answer(read_to_end(&mut stream))
    }

    /// Sends a request with these further headers, each ended.
    pub fn request(&self, method: &str, target: &str, headers: &str) -> Answer {
        let host = self.host();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
        );
        self.send(head.as_bytes())
    }

    pub fn get(&self, target: &str) -> Answer {
        self.request("GET", target, "")
    }

    /// The stream on which pages hear of builds.
    pub fn events(&self) -> Events {
        let mut stream = self.connect();
        let host = self.host();
        write!(stream, "GET /.bengal/events HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        Events(BufReader::new(stream))
    }

    /// The output directory.
    pub fn output(&self) -> PathBuf {
        let mut folders = std::fs::read_dir(self.temporary.path()).unwrap();
        folders.next().unwrap().unwrap().path().join("output")
    }

    /// Whether the process is still there.
    pub fn is_running(&mut self) -> bool {
        self.running.0.try_wait().unwrap().is_none()
    }

    /// Sends a signal and waits for the end; gives the exit code.
    #[cfg(unix)]
    pub fn stop(&mut self, signal: &str) -> Option<i32> {
        let id = self.running.0.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let begun = Instant::now();
        loop {
            if let Some(status) = self.running.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not stop");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// What came before the end, however that came: a server may reset a connection that it refuses.
pub fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let (mut all, mut part) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut part) {
            Ok(0) => return all,
            Ok(length) => all.extend_from_slice(&part[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("{error}, after {}", String::from_utf8_lossy(&all)),
        }
    }
}

/// What a request came to.
#[derive(Debug)]
pub struct Answer(pub Vec<u8>);

impl Answer {
    /// The status; 0 for no answer at all.
    pub fn status(&self) -> u16 {
        let head = self.head();
        head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap())
    }

    fn parts(&self) -> (String, &[u8]) {
        let end = self.0.windows(4).position(|part| part == b"\r\n\r\n");
        let (head, body) = self.0.split_at(end.map_or(self.0.len(), |end| end + 4));
        (String::from_utf8(head.to_vec()).unwrap(), body)
    }

    fn head(&self) -> String {
        self.parts().0
    }

    pub fn body(&self) -> &[u8] {
        self.parts().1
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body().to_vec()).unwrap()
    }

    /// The value of a header; empty where it is not there.
    pub fn header(&self, name: &str) -> String {
        let head = self.head();
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).unwrap_or_default().1.to_owned()
    }
}

/// A stream of news.
pub struct Events(BufReader<TcpStream>);

impl Events {
    /// The next that is told.
    pub fn next(&mut self) -> Value {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream ended");
            if let Some(json) = line.strip_prefix("data: ") {
                return serde_json::from_str(json).unwrap();
            }
        }
    }

    /// What is told when `holds` first does.
    pub fn until(&mut self, holds: impl Fn(&Value) -> bool) -> Value {
        loop {
            let status = self.next();
            if holds(&status) {
                return status;
            }
        }
    }
}

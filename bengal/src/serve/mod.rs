//! The development server: builds a site, serves what came of it, and builds again when something
//! in the site changes.
//!
//! ```text
//! notify's thread ──▶ Changed ─┐
//!                              ├─▶ rebuild loop ──▶ Status ──▶ server thread ──▶ browsers
//! server thread ────▶ Stop ────┘
//! ```
//!
//! * **The rebuild loop** (`rebuild`) runs on the thread that called [`serve()`]. It owns the
//!   temporary folder, the watcher and the history of builds, and is the only one that builds; a
//!   build has its own threads, as everywhere.
//! * **notify's thread** (`watch`) only passes on what the system says of files.
//! * **The server thread** (`server`) owns the listener, and a runtime that does nothing but serve:
//!   requests, the streams on which pages hear of builds, and signals. It reads the output, never
//!   writes it, and knows of builds only the last `Status`.
//!
//! Two channels join them. `Message`s to the loop are unbounded: notify must not wait, and what
//! gathers is at most what people and programs change in the sources during one build. A `Status`
//! replaces the one before it: a page that was not listening hears where things stand, which is all
//! that it needs to know whether it is old.
//!
//! Output, body store and manifest lie in a temporary folder of this process, not in the site: so a
//! `bengal build` beside it waits for nothing, and nothing is left behind. Serving goes on while a
//! build runs: files are renamed into place whole, and those of the last build stay until new ones
//! replace them, so no request sees half a file, and a build that is refused changes nothing.
//!
//! A plugin whose library has changed is loaded anew: what is opened is a copy in the temporary folder, as the
//! system gives a path's first library for ever, and writing over one that is open ends the process.
//!
//! **Invariant:** nothing in the site's folder is made, changed or removed.

mod rebuild;
mod server;
mod status;
mod watch;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs};
use std::path::{Path, PathBuf};

use crossbeam_channel::{Sender, unbounded};

use crate::build::{BuildError, BuildOptions, BuildReport, CONFIG, Purpose, open_site};
use rebuild::Rebuilds;
use server::{Hosts, Server};
use watch::Watcher;

/// What is to be served, and where.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// What is built; output, state and origin are the server's own.
    pub build: BuildOptions,
    /// The name or address to listen on.
    pub host: String,
    /// The port, or the first that is tried; 0 for any.
    pub port: u16,
}

/// Where a server's builds run and its news go: the command line.
pub trait Console {
    /// Builds, showing how far it is.
    ///
    /// # Errors
    /// When nothing could be built.
    fn build(&self, options: &BuildOptions) -> Result<BuildReport, BuildError>;

    /// Tells what happened.
    fn tell(&self, news: News<'_>);
}

/// What a person hears of a server.
#[derive(Debug)]
pub enum News<'a> {
    /// The port is taken; the server listens on another.
    PortTaken {
        /// The one that was asked for.
        wanted: u16,
        /// The one that it is.
        port: u16,
    },
    /// Other machines can reach the server.
    Exposed {
        /// Where it listens.
        host: &'a str,
    },
    /// What is first said when pages can be had.
    Serving {
        /// The home page's URL.
        url: &'a str,
    },
    /// A build ended, of these changes; of none if it is the first.
    Built {
        /// How it went.
        report: &'a BuildReport,
        /// Paths relative to the site.
        changed: &'a [String],
    },
    /// Nothing could be built; the last build goes on being served.
    Refused {
        /// Why.
        error: &'a BuildError,
        /// Paths relative to the site.
        changed: &'a [String],
    },
    /// Changes in a folder will not be seen.
    Unwatched {
        /// The folder.
        folder: &'a Path,
        /// Why.
        reason: &'a str,
    },
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The first build could not be made.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// It cannot listen.
    #[error("cannot listen on {host}, port {port}: {source}")]
    Listen {
        /// The name or address.
        host: String,
        /// The port that was asked for.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// The system refuses what a server needs.
    #[error("the server: {0}")]
    System(#[from] io::Error),
    /// The system tells of no changes.
    #[error("the site cannot be watched: {0}")]
    Watch(String),
}

/// What the rebuild loop hears.
#[derive(Debug)]
enum Message {
    /// A file or folder was made, changed, renamed or removed.
    Changed(PathBuf),
    /// The system could not keep up: some changes were not told.
    Lost,
    /// A signal asks the server to stop.
    Stop,
}

/// Serves a site until a signal asks it to stop.
///
/// # Errors
/// When the server cannot start, or its folder cannot be removed. What is wrong later is told to
/// `console`.
pub fn serve(options: &ServeOptions, console: &dyn Console) -> Result<(), ServeError> {
    let root = open_site(&options.build.site)?;
    let listener = listen(options, console)?;
    let address = listener.local_addr()?;
    // Dropped last: nothing may run any more that writes or reads there.
    let folder = tempfile::Builder::new().prefix("bengal-serve-").tempdir()?;
    let place = folder.path().canonicalize()?;
    let (sender, messages) = unbounded();
    let config = options.build.config.clone().unwrap_or_else(|| root.join(CONFIG));
    let watcher = Watcher::new(root, &config, sender.clone())?;
    let origin = format!("http://{}", authority(&options.host, address));
    let build = BuildOptions {
        output: Some(place.join("output")),
        state: Some(place.join("state")),
        origin: Some(origin.clone()),
        keep_on_errors: true,
        plugin_copies: Some(place.join("plugins")),
        purpose: Purpose::Serve,
        ..options.build.clone()
    };
    let hosts = Hosts::new(&options.host, address.ip());
    let server = Server::start(listener, hosts, place.join("output"), on_signal(sender, place))?;
    let mut rebuilds = Rebuilds::new(build, watcher, &server, console);
    rebuilds.first(&origin)?;
    rebuilds.run(&messages);
    drop(server);
    match folder.close() {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// What is done at a signal: the loop is asked to stop, which it does when the build that may be
/// running is over; a second signal does not wait for that.
fn on_signal(sender: Sender<Message>, folder: PathBuf) -> impl FnMut() + Send + 'static {
    let mut asked = false;
    move || {
        if asked {
            // The build is still writing: what it makes anew is made in a folder that is gone.
            let _ = std::fs::remove_dir_all(&folder);
            std::process::exit(130);
        }
        asked = true;
        let _ = sender.send(Message::Stop);
    }
}

/// Ports that are tried, from the one that was asked for.
const PORTS: u16 = 20;

/// Listens on the port that was asked for, or the next that is free.
fn listen(options: &ServeOptions, console: &dyn Console) -> Result<TcpListener, ServeError> {
    let (host, port) = (options.host.as_str(), options.port);
    let failed = |source| ServeError::Listen { host: host.to_owned(), port, source };
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<SocketAddr> = (name, port).to_socket_addrs().map_err(failed)?.collect();
    let mut tried = bind(&addresses, port);
    let mut next = port;
    while let (Err(error), true) = (&tried, next - port < PORTS && next < u16::MAX)
        && error.kind() == io::ErrorKind::AddrInUse
    {
        next += 1;
        tried = bind(&addresses, next);
    }
    let listener = tried.map_err(failed)?;
    let address = listener.local_addr()?;
    if port != 0 && address.port() != port {
        console.tell(News::PortTaken { wanted: port, port: address.port() });
    }
    if !address.ip().is_loopback() {
        console.tell(News::Exposed { host });
    }
    Ok(listener)
}

/// Listens on the first of `addresses` that will have it, each with `port`.
fn bind(addresses: &[SocketAddr], port: u16) -> io::Result<TcpListener> {
    let with_port = |address: &SocketAddr| SocketAddr::new(address.ip(), port);
    TcpListener::bind(addresses.iter().map(with_port).collect::<Vec<_>>().as_slice())
}

/// Host and port of the server's URLs.
fn authority(host: &str, address: SocketAddr) -> String {
    match (address.ip(), host.parse::<IpAddr>()) {
        // An address that stands for all of the machine's is none that a browser can open.
        (ip, _) if ip.is_unspecified() => format!("localhost:{}", address.port()),
        (_, Ok(_)) => address.to_string(),
        _ => format!("{host}:{}", address.port()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_what_a_browser_can_open() {
        for (host, address, shown) in [
            ("127.0.0.1", "127.0.0.1:80", "127.0.0.1:80"),
            ("::1", "[::1]:80", "[::1]:80"),
            ("[::1]", "[::1]:80", "[::1]:80"),
            ("0.0.0.0", "0.0.0.0:80", "localhost:80"),
            ("::", "[::]:80", "localhost:80"),
            ("localhost", "127.0.0.1:80", "localhost:80"),
        ] {
            assert_eq!(authority(host, address.parse().unwrap()), shown);
        }
    }
}

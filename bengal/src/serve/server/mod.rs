//! The server's thread: a listener, a runtime of one thread, signals, and connections with limits.
//! Only this folder names tokio, hyper and axum.
//!
//! The router is axum's; the connections are run by hyper itself, since `axum::serve` lets a client
//! that says nothing stay for ever.
//!
//! **Invariant:** a client can take a connection, and no more: it has so long to send a request and to
//! take an answer, and there are so many connections at most.

mod content_type;
mod files;
mod hosts;
mod page;
mod routes;
mod timed;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot, watch};

use super::status::Status;
pub(super) use hosts::Hosts;
use routes::Site;

/// Connections at one time; further ones wait. A browser opens six for each of its windows.
const CONNECTIONS: usize = 256;

/// How long a client may take to send the head of a request, and keep a connection idle.
const REQUEST_TIME: Duration = Duration::from_secs(5);

/// How long a client may take nothing of an answer.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// Most bytes of a request's head.
const HEAD_BYTES: usize = 16 * 1024;

/// Threads that read files.
const READERS: usize = 4;

/// A running server; it stops when this is dropped.
pub(super) struct Server {
    publish: watch::Sender<Option<Status>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves the folder `output`, which need not be there yet, to clients that call the server by
    /// one of `hosts`. They wait until the first [`Server::publish`]. `on_signal` is called at each
    /// signal that asks the process to stop.
    ///
    /// # Errors
    /// When the system refuses a thread, or what a runtime needs.
    pub fn start(
        listener: std::net::TcpListener,
        hosts: Hosts,
        output: PathBuf,
        on_signal: impl FnMut() + Send + 'static,
    ) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(READERS)
            .thread_name("serve-reader")
            .build()?;
        listener.set_nonblocking(true)?;
        let (publish, status) = watch::channel(None);
        let (stop, stopped) = oneshot::channel();
        {
            let _inside = runtime.enter();
            listen_to_signals(on_signal)?;
            let listener = TcpListener::from_std(listener)?;
            let site = Site { output: output.into(), hosts: Arc::new(hosts), status };
            runtime.spawn(accept(listener, site));
        }
        let run = move || run(runtime, stopped);
        let thread = std::thread::Builder::new().name("serve".to_owned()).spawn(run)?;
        Ok(Self { publish, stop: Some(stop), thread: Some(thread) })
    }

    /// Tells every page where things stand, and answers by it from now on.
    pub fn publish(&self, status: Status) {
        self.publish.send_replace(Some(status));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // That it panicked, it has said itself; there is nothing more to stop.
            let _ = thread.join();
        }
    }
}

fn run(runtime: Runtime, stopped: oneshot::Receiver<()>) {
    // Nothing is ever sent: it ends when the other half is dropped.
    let _ = runtime.block_on(stopped);
    // Open connections are streams of news, which have no end of their own.
    runtime.shutdown_timeout(Duration::from_secs(1));
}

/// Calls `on_signal` at each Ctrl-C, and where there are such at SIGTERM and SIGHUP.
fn listen_to_signals(on_signal: impl FnMut() + Send + 'static) -> io::Result<()> {
    let on_signal = Arc::new(std::sync::Mutex::new(on_signal));
    let call = move || {
        let mut on_signal = on_signal.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        (*on_signal)();
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            let (mut signals, call) = (signal(kind)?, call.clone());
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    call();
                }
            });
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            call();
        }
    });
    Ok(())
}

async fn accept(listener: TcpListener, mut site: Site) {
    // Whoever comes before the first build is over waits for it.
    let _ = site.status.wait_for(Option::is_some).await;
    let router = routes::router(site);
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    converse(stream, router).await;
                    drop(place);
                });
            }
            // The client went, or the process has no file handle left: both pass.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Answers the requests of one connection.
async fn converse(stream: TcpStream, router: Router) {
    // Without it, what comes in small pieces waits; a stream that cannot do it serves too.
    let _ = stream.set_nodelay(true);
    let stream = TokioIo::new(timed::Timed::new(stream, ANSWER_TIME));
    let mut connection = http1::Builder::new();
    connection.timer(TokioTimer::new()).header_read_timeout(REQUEST_TIME).max_buf_size(HEAD_BYTES);
    // What is wrong with a connection is the client's business, who has been told by then.
    let _ = connection.serve_connection(stream, TowerToHyperService::new(router)).await;
}

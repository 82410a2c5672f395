//! What the server answers: the site's files, the script that reloads pages, and the stream on which
//! that hears of builds.
//!
//! **Invariant:** every request is checked before anything else is made of it.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use tokio::sync::watch;

use super::files;
use super::hosts::Hosts;
use crate::serve::status::Status;

/// What a request is answered from.
#[derive(Clone)]
pub(super) struct Site {
    pub output: Arc<Path>,
    pub hosts: Arc<Hosts>,
    pub status: watch::Receiver<Option<Status>>,
}

/// Paths that begin so are the server's own.
macro_rules! own {
    ($name:literal) => {
        concat!("/.bengal/", $name)
    };
}

/// The script that pages are given.
pub(super) const SCRIPT: &str = own!("reload.js");

/// The stream of news.
const EVENTS: &str = own!("events");

/// How often a stream without news says that it is alive: a client that went is found out by it.
const ALIVE: Duration = Duration::from_secs(15);

/// All that is answered.
pub(super) fn router(site: Site) -> Router {
    Router::new()
        .route(SCRIPT, get(script))
        .route(EVENTS, get(events))
        .fallback(file)
        .layer(from_fn_with_state(site.clone(), guard))
        .with_state(site)
}

/// Lets only requests pass that this server may answer; no answer is ever kept by a browser, as the
/// next build may change it, nor taken for another type than it says.
async fn guard(State(site): State<Site>, request: Request, next: Next) -> Response {
    let checked = site.hosts.check(request.method(), request.uri(), request.headers());
    let mut response = match checked {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        set(&mut response, header::ALLOW, "GET, HEAD");
    }
    set(&mut response, header::CACHE_CONTROL, "no-store");
    set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

fn set(response: &mut Response, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../reload.js"))
}

/// Where things stand, at once and after each build.
async fn events(State(site): State<Site>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut status = site.status;
    status.mark_changed();
    let news = stream::unfold(status, async |mut status| {
        status.changed().await.ok()?;
        let json = status.borrow_and_update().as_ref().map(|status| Arc::clone(&status.json));
        Some((Ok(Event::default().data(json.as_deref().unwrap_or("{}"))), status))
    });
    Sse::new(news).keep_alive(KeepAlive::new().interval(ALIVE))
}

async fn file(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    let status = site.status.borrow().clone();
    match status {
        Some(status) => files::answer(site.output, status, uri, headers).await,
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

//! The site's files.
//!
//! A request's path is decoded once and then made of names only; what it leads to is opened only when
//! it lies, with all links followed, in the output directory.
//!
//! **Invariant:** nothing is served but plain files of the output directory, and none that is
//! unfinished.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use percent_encoding::percent_decode_str;
use tokio::task::spawn_blocking;

use super::{content_type, page};
use crate::output::{TEMPORARY, open_plain};
use crate::serve::status::Status;

/// Why a path is none.
const BAD_PATH: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "this is no path\n");

/// Answers a request, of this URI and these headers, for a file in `output`.
pub(super) async fn answer(
    output: Arc<Path>,
    status: Status,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Some(path) = Names::decode(uri.path()) else {
        return BAD_PATH.into_response();
    };
    // That of the configuration may be encoded as well.
    let base = Names::decode(&status.base_path).unwrap_or_default();
    let Some(path) = path.within(&base) else {
        return match path.0.is_empty() || path.0 == base.0 {
            true => redirect(&format!("{}/", status.base_path), None),
            false => blocking(move || not_found(&output, status.build)).await,
        };
    };
    blocking(move || match find(&output, &path)? {
        Found::Page(file) => page_response(StatusCode::OK, file, status.build),
        Found::File(file, kind) => file_response(file, kind, &headers),
        Found::Folder => Ok(redirect(&format!("{}/", uri.path()), uri.query())),
        Found::Nothing => not_found(&output, status.build),
    })
    .await
}

/// Runs what waits for a disk where that holds up nothing else.
async fn blocking(work: impl FnOnce() -> io::Result<Response> + Send + 'static) -> Response {
    match spawn_blocking(work).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The names that a path is made of, and whether a `/` ends it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Names(Vec<String>, bool);

impl Names {
    /// The path `path` of a request, decoded; `None` when it does not begin with `/`, is not UTF-8, or
    /// one of its names is empty, `.` or `..`, or holds what no name may.
    fn decode(path: &str) -> Option<Self> {
        let path = percent_decode_str(path).decode_utf8().ok()?;
        let path = path.strip_prefix('/')?;
        let (path, folder) = match path.strip_suffix('/') {
            Some(path) => (path, true),
            None => (path, path.is_empty()),
        };
        if path.is_empty() {
            return Some(Self(Vec::new(), true));
        }
        // A colon would name a drive, or a stream of a file.
        let foreign = |c: char| c == '\\' || c.is_control() || cfg!(windows) && c == ':';
        let sound = |name: &str| !matches!(name, "" | "." | "..") && !name.contains(foreign);
        let names = path.split('/').map(|name| sound(name).then(|| name.to_owned()));
        Some(Self(names.collect::<Option<_>>()?, folder))
    }

    /// What of the path comes after `base`.
    fn within(&self, base: &Self) -> Option<Self> {
        let rest = self.0.strip_prefix(base.0.as_slice())?;
        // `/base` itself is not yet in it, and is sent there.
        (!rest.is_empty() || self.1).then(|| Self(rest.to_vec(), self.1))
    }
}

/// What a path leads to.
enum Found {
    Page(File),
    File(File, &'static str),
    /// A folder with a page, whose path ends with a `/`.
    Folder,
    Nothing,
}

/// Looks up a path in the folder `output`, which is canonical.
fn find(output: &Path, path: &Names) -> io::Result<Found> {
    let Names(names, folder) = path;
    if names.first().is_some_and(|name| name == TEMPORARY) {
        return Ok(Found::Nothing);
    }
    let relative = names.join("/");
    let place = output.join(&relative);
    let index = place.join("index.html");
    match (place.is_dir(), folder) {
        (true, true) => Ok(open(output, &index)?.map_or(Found::Nothing, Found::Page)),
        (true, false) => Ok(open(output, &index)?.map_or(Found::Nothing, |_| Found::Folder)),
        (false, true) => Ok(Found::Nothing),
        (false, false) => Ok(match (open(output, &place)?, content_type::of(&relative)) {
            (Some(file), content_type::HTML) => Found::Page(file),
            (Some(file), kind) => Found::File(file, kind),
            (None, _) => Found::Nothing,
        }),
    }
}

/// Opens a plain file that lies within `output` when all links are followed.
fn open(output: &Path, place: &Path) -> io::Result<Option<File>> {
    match place.canonicalize() {
        Ok(real) if real.starts_with(output) => open_plain(&real),
        // Not there, out of bounds, too long a name: nothing of it is said.
        _ => Ok(None),
    }
}

fn redirect(to: &str, query: Option<&str>) -> Response {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    match HeaderValue::try_from(format!("{to}{query}")) {
        Ok(to) => (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, to)]).into_response(),
        Err(_) => BAD_PATH.into_response(),
    }
}

fn not_found(output: &Path, build: u64) -> io::Result<Response> {
    match open(output, &output.join("404.html"))? {
        Some(file) => page_response(StatusCode::NOT_FOUND, file, build),
        None => Ok(html(StatusCode::NOT_FOUND, page::NOT_FOUND.into(), build)),
    }
}

fn page_response(status: StatusCode, mut file: File, build: u64) -> io::Result<Response> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(html(status, bytes, build))
}

fn html(status: StatusCode, bytes: Vec<u8>, build: u64) -> Response {
    let kind = [(header::CONTENT_TYPE, content_type::HTML)];
    (status, kind, page::with_script(bytes, build)).into_response()
}

/// A file that goes out as it is, or the part of it that is asked for: without that, a video can be
/// played from its beginning only, and in Safari not at all.
fn file_response(mut file: File, kind: &'static str, asked: &HeaderMap) -> io::Result<Response> {
    let length = file.metadata()?.len();
    // `If-Range` names the version that the client has a part of; no version here has a name.
    let range = asked.get(header::RANGE).filter(|_| !asked.contains_key(header::IF_RANGE));
    let range = range.and_then(|range| range.to_str().ok());
    let (status, start, end) = match range.map(|range| part(range, length)) {
        None | Some(Part::Whole) => (StatusCode::OK, 0, length),
        Some(Part::Of(start, end)) => (StatusCode::PARTIAL_CONTENT, start, end),
        Some(Part::Beyond) => {
            let size = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, size).into_response());
        }
    };
    file.seek(SeekFrom::Start(start))?;
    let mut response = (status, stream(file.take(end - start))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(end - start));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if status == StatusCode::PARTIAL_CONTENT {
        let part = format!("bytes {start}-{}/{length}", end - 1);
        headers
            .insert(header::CONTENT_RANGE, HeaderValue::try_from(part).map_err(io::Error::other)?);
    }
    Ok(response)
}

/// What of a file is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// From the first number to before the second, which is larger.
    Of(u64, u64),
    Beyond,
}

/// Reads the header `Range` for a file of `length` bytes. What is no range, or several, is ignored,
/// as it may be. Source: RFC 9110, section 14.2.
fn part(range: &str, length: u64) -> Part {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
    else {
        return Part::Whole;
    };
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(start), Ok(last)) if start <= last => (start, last.saturating_add(1).min(length)),
        (Ok(start), Err(_)) if last.is_empty() => (start, length),
        (Err(_), Ok(count)) if first.is_empty() => (length.saturating_sub(count), length),
        _ => return Part::Whole,
    };
    if start < end { Part::Of(start, end) } else { Part::Beyond }
}

/// Bytes of a file that are held at a time.
const CHUNK: usize = 64 * 1024;

/// The rest of `file`, in pieces, each read when the one before it was sent.
fn stream(file: io::Take<File>) -> Body {
    Body::from_stream(stream::try_unfold(file, async |mut file| {
        let read = spawn_blocking(move || {
            let mut bytes = vec![0; CHUNK];
            let length = file.read(&mut bytes)?;
            bytes.truncate(length);
            io::Result::Ok((bytes, file))
        });
        let (bytes, file) = read.await.map_err(io::Error::other)??;
        Ok::<_, io::Error>((!bytes.is_empty()).then(|| (Bytes::from(bytes), file)))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_made_of_names_only() {
        let names = |path: &str| Names::decode(path).map(|Names(names, _)| names.join("|"));
        for (path, expected) in [
            ("/", ""),
            ("/a/b.html", "a|b.html"),
            ("/a/b/", "a|b"),
            ("/%C3%A4%20%2B+", "ä ++"),
            ("/a%2Fb", "a|b"),
            ("/%252e%252e/x", "%2e%2e|x"),
            ("/.../x", "...|x"),
            ("/.well-known/x", ".well-known|x"),
            ("/%zz", "%zz"),
        ] {
            assert_eq!(names(path).as_deref(), Some(expected), "{path}");
        }
        for path in [
            "",
            "*",
            "a",
            "//a",
            "/a//b",
            "/a//",
            "/../x",
            "/%2e%2e/x",
            "/.%2E/x",
            "/a/%2e./x",
            "/a/..",
            "/./a",
            "/..%2fx",
            "/%2fetc/passwd",
            "/..%5cx",
            "/a\\b",
            "/a%00b",
            "/a%0d%0ab",
            "/%ff",
            "/%c0%ae%c0%ae/x",
        ] {
            assert_eq!(names(path), None, "{path}");
        }
    }

    #[test]
    fn a_site_under_a_path_is_found_there_only() {
        let within = |path: &str, base: &str| {
            let within = Names::decode(path).unwrap().within(&Names::decode(base).unwrap());
            within.map(|Names(names, _)| names.join("/"))
        };
        assert_eq!(within("/sub/a/", "/sub").as_deref(), Some("a"));
        assert_eq!(within("/sub/", "/sub").as_deref(), Some(""));
        assert_eq!(within("/sub", "/sub"), None);
        assert_eq!(within("/subway/", "/sub"), None);
        assert_eq!(within("/a", "/").as_deref(), Some("a"));
    }

    #[test]
    fn a_part_of_a_file_is_one_range_or_all_of_it() {
        for (range, expected) in [
            ("bytes=0-3", Part::Of(0, 4)),
            ("bytes=4-", Part::Of(4, 10)),
            ("bytes=4-99", Part::Of(4, 10)),
            ("bytes=-3", Part::Of(7, 10)),
            ("bytes=-99", Part::Of(0, 10)),
            ("bytes=10-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=0-18446744073709551615", Part::Of(0, 10)),
            ("bytes=3-1", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=-", Part::Whole),
            ("pages=1-2", Part::Whole),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!(part("bytes=0-", 0), Part::Beyond);
    }
}

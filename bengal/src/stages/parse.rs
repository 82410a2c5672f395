//! Reads a file: front matter, Markdown and data.
//!
//! **Invariant:** what stands in a file is its own business: nothing here looks at another page.

mod kept;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::Context;
use crate::content::front_matter::{self, FrontMatter, exclusion};
use crate::content::page::{Body, Kind, Language, Parsed, offset, title};
use crate::content::permalink;
use crate::data::Format;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::incremental::pages::Known;
use crate::incremental::stamp::{self, Stamp};
use crate::markdown::{Found, Markdown, TooDeep, raw_html_omitted};
use crate::memory;
use crate::pipeline::item::{Data, Item, Source};
use crate::pipeline::stage::{Outbox, PerItem, Slot, Stage, StageError, Work};
use crate::store::{BodyWriter, Stored};
use crate::value::Text;

/// The second stage.
pub(super) struct Parse<'b> {
    pub context: &'b Context<'b>,
}

impl Stage for Parse<'_> {
    fn name(&self) -> &str {
        "parse"
    }

    fn slot(&self) -> Slot {
        Slot::Chain
    }

    fn start(&self) -> Work<'_> {
        let Context { settings, languages, store, .. } = *self.context;
        Work::PerItem(Box::new(Parser {
            context: self.context,
            markdown: Markdown::new(&settings.config, languages),
            bodies: store.writer(),
            bytes: Vec::new(),
            html: String::new(),
            record: Vec::new(),
            body: Vec::new(),
            kept: Vec::new(),
            begun: stamp::now(),
        }))
    }
}

struct Parser<'b> {
    context: &'b Context<'b>,
    markdown: Markdown<'b>,
    bodies: BodyWriter<'b>,
    bytes: Vec<u8>,
    html: String,
    record: Vec<u8>,
    body: Vec<u8>,
    /// For the next build.
    kept: Vec<(Arc<str>, Known)>,
    /// When the worker began to read, as stamps have it.
    begun: i64,
}

impl PerItem for Parser<'_> {
    fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
        match item {
            Item::Source(source) => {
                let mut bytes = std::mem::take(&mut self.bytes);
                let parsed = self.source(&source, &mut bytes, &mut out.reports);
                self.bytes = bytes;
                match parsed {
                    Ok(page) => out.emit(Item::Page(Box::new(page))),
                    Err(Stop::Wrong(diagnostic)) => {
                        out.report(*diagnostic);
                        Ok(())
                    }
                    Err(Stop::Failed(error)) => Err(error),
                }
            }
            Item::DataSource(source) => self.data(source, out),
            other => out.emit(other),
        }
    }

    fn finish(&mut self, _out: &mut Outbox<'_>) -> Result<(), StageError> {
        if let Some(cache) = self.context.cache {
            memory::kept(|| cache.pages.keep(&mut self.kept));
        }
        self.bodies.flush().map_err(StageError::io("the body store"))
    }
}

/// Why there is no page.
enum Stop {
    /// Its file is wrong.
    Wrong(Box<Diagnostic>),
    /// The stage cannot go on.
    Failed(StageError),
}

impl From<Diagnostic> for Stop {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Wrong(Box::new(diagnostic))
    }
}

impl Parser<'_> {
    fn page(
        &mut self,
        source: &Source,
        file: &str,
        text: &str,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<Parsed, Stop> {
        let settings = self.context.settings;
        let (front, start) = front_matter::read(file, text, &settings.config, reports)?;
        if exclusion(&front, settings.now.seconds, settings.wanted).is_some() {
            return Ok(excluded_page(source, front));
        }
        let is_template = front.liquid.unwrap_or(settings.config.markdown.liquid);
        self.html.clear();
        // HTML is seldom twice as long as its Markdown.
        memory::kept(|| self.html.reserve(2 * text.len()));
        // Of a template, only the heading is wanted: the rest is made when it is rendered.
        let mut found = match is_template && front.title.is_some() {
            true => Found::default(),
            false => self
                .markdown
                .convert(&text[start..], &mut self.html)
                .map_err(|error| nests_too_deeply(&error, file, text, start))?,
        };
        let heading = found
            .title
            .take()
            .filter(|title| !is_template || !OPENS.iter().any(|opens| title.contains(opens)));
        let title = title(&front, heading, &source.path, &settings.config.title);
        let url = self.url(source, file, &front, &title, reports)?;
        let hold = self.context.hold_html && !is_template;
        let stored = match hold {
            true => Ok(Stored::default()),
            false => self.bodies.append(if is_template { text } else { &self.html }.as_bytes()),
        };
        let stored =
            stored.map_err(|error| Stop::Failed(StageError::io("the body store")(error)))?;
        let held = hold.then(|| self.html.as_str().into());
        let body = match is_template {
            // What it gives is not known until the style sheet is.
            true => Body {
                template: Some(offset(start)),
                has_styled_code: settings.config.markdown.highlight.is_some(),
                ..Body::default()
            },
            false => locate(found, file, text, start, reports),
        };
        Ok(Parsed {
            language: Language::OWN,
            path: Arc::clone(&source.path),
            kind: Kind::of(&source.path),
            title,
            url,
            front,
            body: Body { stored, held, ..body }.summed_up(&self.html),
        })
    }

    fn url(
        &self,
        source: &Source,
        file: &str,
        front: &FrontMatter,
        title: &str,
        reports: &mut Vec<Diagnostic>,
    ) -> Result<Text, Stop> {
        let config = &self.context.settings.config;
        let url = permalink::of_page(&source.path, title, front, config);
        let url = url.map_err(|message| {
            let own = front.rare.as_ref().is_some_and(|rare| rare.url.is_some());
            let what = if own { "url:" } else { "slug:" };
            let place = Place::find(&self.context.settings.root, file, what);
            Diagnostic::error(Code::UrlOutside, message)
                .at(place)
                .hint("the page is left out until its `slug`, `url` or date is mended")
        })?;
        if let Some(name) = url.altered {
            let message = format!("Windows refuses a file named `{name}`; the URL is {}", url.url);
            reports.push(Diagnostic::warning(Code::ReservedName, message).in_file(file));
        }
        Ok(url.url.into())
    }

    fn data(&mut self, source: Source, out: &mut Outbox<'_>) -> Result<(), StageError> {
        // Asked first: what is no data, such as a spreadsheet, need not be text.
        let Some(format) = Format::of(&source.path) else { return Ok(()) };
        let file = format!("data/{}", source.path);
        let read = read_text(&source, &file, &mut self.bytes)
            .and_then(|(text, _)| format.read(&file, text, &mut out.reports).map_err(Box::new));
        match read {
            Ok(value) => out.emit(Item::Data(Data { path: source.path, value })),
            Err(diagnostic) => {
                out.report(*diagnostic);
                Ok(())
            }
        }
    }
}

/// What taxonomy must know of a page that is left out: it counts it, a section's still hands down its
/// cascade, and a bundle's keeps its files from being published.
fn excluded_page(source: &Source, front: FrontMatter) -> Parsed {
    Parsed {
        language: Language::OWN,
        path: Arc::clone(&source.path),
        kind: Kind::of(&source.path),
        title: Text::default(),
        url: Text::default(),
        front,
        body: Body::default(),
    }
}

/// Reads the whole of `source` into `bytes`, as text, unless it has its text with it; gives the stamp of
/// its file too, where that was the same before and after.
fn read_text<'t>(
    source: &'t Source,
    file: &str,
    bytes: &'t mut Vec<u8>,
) -> Result<(&'t str, Option<Stamp>), Box<Diagnostic>> {
    if let Some(text) = &source.text {
        return Ok((text, None));
    }
    let (bytes, stamp) = read_whole(&source.file, bytes)
        .map_err(|error| Diagnostic::error(Code::Unreadable, error.to_string()).in_file(file))?;
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
        let place = Place::at_offset(file, &valid, valid.len());
        let diagnostic = Diagnostic::error(Code::NotUtf8, "this is not UTF-8").at(place);
        Box::new(diagnostic.hint("save the file as UTF-8"))
    })?;
    Ok((text, stamp))
}

/// Reads a file into the head of `buffer`, which grows where it is too short. Its length is not asked
/// for first: that would be two system calls more for each page.
fn read_whole<'b>(
    path: &Path,
    buffer: &'b mut Vec<u8>,
) -> std::io::Result<(&'b [u8], Option<Stamp>)> {
    let mut file = File::open(path)?;
    let before = Stamp::of(&file.metadata()?);
    let mut length = 0;
    loop {
        if length == buffer.len() {
            memory::kept(|| buffer.resize((2 * length).max(READ), 0));
        }
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if u32::try_from(length).is_err() {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
    }
    let after = Stamp::of(&file.metadata()?);
    Ok((&buffer[..length], (before == after).then_some(after)))
}

/// What opens a tag or an output of Liquid: a title with it in is none yet.
const OPENS: [&str; 2] = ["{{", "{%"];

/// Bytes that a buffer for reading begins with: more than most pages have.
const READ: usize = 32 * 1024;

/// The diagnostic of a body that begins at byte `start` and nests too deeply.
fn nests_too_deeply(error: &TooDeep, file: &str, text: &str, start: usize) -> Diagnostic {
    let place = Place::in_text(file, text, lines_before(text, start) + error.line, 1);
    Diagnostic::error(Code::MarkdownNesting, error.to_string())
        .at(place)
        .hint("the page is left out until fewer `>` open its lines")
}

/// The lines of `text` that end before byte `start`.
fn lines_before(text: &str, start: usize) -> usize {
    text[..start].bytes().filter(|byte| *byte == b'\n').count()
}

/// What was found in a body that begins at byte `start`, with lines counted from the file's first.
fn locate(
    found: Found,
    file: &str,
    text: &str,
    start: usize,
    reports: &mut Vec<Diagnostic>,
) -> Body {
    let raw_html = found.raw_html;
    let mut body = found.into_body();
    let links = &mut body.links;
    if !links.is_empty() || raw_html.is_some() {
        let before = lines_before(text, start);
        links.iter_mut().for_each(|link| link.line += offset(before));
        if let Some((line, column)) = raw_html {
            let place = Place::in_bytes(file, text, before + line, column);
            reports.push(raw_html_omitted(place));
        }
    }
    body
}

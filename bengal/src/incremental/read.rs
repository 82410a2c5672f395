//! What a rendering reads of the site, noted while it reads.
//!
//! Views note each look-up of a page, a list or a name with the thread that renders: not each field of
//! each page, which belongs to how the page was come by. The notes of one rendering are a [`Reads`].
//!
//! **Invariant:** what is not noted is in the build's key, or is the page's own.

use std::any::Any;
use std::cell::RefCell;
use std::sync::{Arc, PoisonError, RwLock};

use bengal_liquid::watch::{Noted, Watch};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::memory;
use crate::site::PageId;

/// What was read. Of a page, what derives from its body is apart from the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum What {
    /// The front matter of the page that is rendered, with what cascades.
    Front,
    /// Its body.
    Body,
    /// Where the links in its body lead.
    Links,
    /// The part of its list that it shows.
    Paginator,
    /// The section that a page is in, with its plain fields.
    Section,
    /// The page before it.
    Previous,
    /// The page after it.
    Next,
    /// Its list of pages, or terms.
    Pages,
    /// The sections below it.
    Sections,
    /// The sections that it is in.
    Ancestors,
    /// The pages around it.
    Nearby,
    /// Its terms.
    Terms,
    /// The files beside it.
    Resources,
    /// Its HTML.
    Content,
    /// Its summary.
    Summary,
    /// Its table of contents.
    Toc,
    /// How long it is.
    Length,
    /// All regular pages.
    Newest,
    /// The sections at the top.
    TopSections,
    /// The style sheet of code.
    HighlightCss,
    /// A taxonomy by its name.
    Taxonomy,
    /// Which taxonomies there are.
    Taxonomies,
    /// A menu by its name.
    Menu,
    /// Which menus there are.
    Menus,
    /// Data by its first name.
    Data,
    /// Which data there is.
    DataNames,
    /// A value that plugins give `site`.
    Value,
    /// A template that a page or a layout is rendered with.
    Template,
    /// What a template includes.
    Include,
    /// A file by its path.
    File,
    /// What the tag `link` names.
    Link,
    /// What the tag `post_url` names.
    Post,
    /// Whether anything has an output path.
    Output,
    /// The clock.
    Clock,
    /// Every page, but for what derives from bodies: stands for reads that are too many.
    EveryPage,
    /// What derives from bodies, of every page: the same.
    EveryBody,
    /// What nobody can look up again.
    Volatile,
}

/// What [`What`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A page.
    Page,
    /// A name.
    Name,
    /// The whole site.
    Site,
}

impl What {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 37] = [
        Self::Front,
        Self::Body,
        Self::Links,
        Self::Paginator,
        Self::Section,
        Self::Previous,
        Self::Next,
        Self::Pages,
        Self::Sections,
        Self::Ancestors,
        Self::Nearby,
        Self::Terms,
        Self::Resources,
        Self::Content,
        Self::Summary,
        Self::Toc,
        Self::Length,
        Self::Newest,
        Self::TopSections,
        Self::HighlightCss,
        Self::Taxonomy,
        Self::Taxonomies,
        Self::Menu,
        Self::Menus,
        Self::Data,
        Self::DataNames,
        Self::Value,
        Self::Template,
        Self::Include,
        Self::File,
        Self::Link,
        Self::Post,
        Self::Output,
        Self::Clock,
        Self::EveryPage,
        Self::EveryBody,
        Self::Volatile,
    ];

    /// What it is about.
    pub fn about(self) -> About {
        match self as u8 {
            number if number <= Self::Length as u8 => About::Page,
            _ => match self {
                Self::Taxonomy
                | Self::Menu
                | Self::Data
                | Self::Value
                | Self::Template
                | Self::Include
                | Self::File
                | Self::Link
                | Self::Post
                | Self::Output => About::Name,
                _ => About::Site,
            },
        }
    }

    /// It in words, as people are told of inputs.
    pub fn words(self) -> &'static str {
        match self {
            Self::Front => "front matter",
            Self::Body => "body",
            Self::Links => "links",
            Self::Paginator => "page of a list",
            Self::Section => "section of",
            Self::Previous => "page before",
            Self::Next => "page after",
            Self::Pages => "pages of",
            Self::Sections => "sections of",
            Self::Ancestors => "ancestors of",
            Self::Nearby => "pages near",
            Self::Terms => "terms of",
            Self::Resources => "files beside",
            Self::Content => "content of",
            Self::Summary => "summary of",
            Self::Toc => "table of contents of",
            Self::Length => "length of",
            Self::Newest => "all pages of the site",
            Self::TopSections => "sections of the site",
            Self::HighlightCss => "style sheet of code",
            Self::Taxonomy => "taxonomy",
            Self::Taxonomies => "which taxonomies there are",
            Self::Menu => "menu",
            Self::Menus => "which menus there are",
            Self::Data => "data",
            Self::DataNames => "which data there are",
            Self::Value => "site value",
            Self::Template => "template",
            Self::Include => "include",
            Self::File => "file",
            Self::Link => "link to",
            Self::Post => "post",
            Self::Output => "output file",
            Self::Clock => "the clock",
            Self::EveryPage => "every page, but for bodies",
            Self::EveryBody => "every body",
            Self::Volatile => "what may differ in each build",
        }
    }

    /// What stands for it where too many are read.
    fn coarser(self) -> Option<Self> {
        match self {
            Self::Content | Self::Summary | Self::Toc | Self::Length => Some(Self::EveryBody),
            Self::Section
            | Self::Previous
            | Self::Next
            | Self::Pages
            | Self::Sections
            | Self::Ancestors
            | Self::Nearby
            | Self::Terms
            | Self::Resources => Some(Self::EveryPage),
            _ => None,
        }
    }
}

/// Something that was read: [`What`], and of which page or name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Read(u64);

impl Read {
    fn new(what: What, subject: u32) -> Self {
        Self((what as u64) << 32 | u64::from(subject))
    }

    /// What was read.
    pub fn what(self) -> What {
        What::ALL[(self.0 >> 32) as usize]
    }

    /// The page or name: an index of [`crate::site::Site::pages`] or [`Names`].
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is the subject")]
    pub fn subject(self) -> u32 {
        self.0 as u32
    }
}

/// How far something was read: of a list, how many items; of what is shown in pages, which one.
pub type Extent = u32;

/// Set in an [`Extent`] where the length of a list was read too.
pub const LENGTH: Extent = 1 << 31;

/// What a rendering read.
#[derive(Debug, Default)]
pub struct Reads {
    /// What it read itself.
    pub own: Vec<(Read, Extent)>,
    /// What was read for results that it used and others use too.
    pub shared: Vec<Arc<Reads>>,
}

/// Names that were read, each once.
#[derive(Debug, Default)]
pub struct Names(RwLock<Numbered>);

#[derive(Debug, Default)]
struct Numbered {
    numbers: FxHashMap<Box<str>, u32>,
    names: Vec<Box<str>>,
}

impl Names {
    fn number(&self, name: &str) -> u32 {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let known = all.numbers.get(name).copied();
        drop(all);
        known.unwrap_or_else(|| {
            memory::kept(|| {
                let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
                let next = u32::try_from(all.names.len()).unwrap_or(u32::MAX);
                let number = *all.numbers.entry(name.into()).or_insert(next);
                if number == next {
                    all.names.push(name.into());
                }
                number
            })
        })
    }

    /// Calls `with` with the name that has `number`.
    pub fn with<T>(&self, number: u32, with: impl FnOnce(&str) -> T) -> T {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        with(all.names.get(number as usize).map_or("", |name| name))
    }
}

/// Reads of one rendering from which on those of one kind become one: a template that asks every page
/// for its section reads the site.
const MANY: usize = 4096;

/// Notes under way.
#[derive(Debug, Default)]
struct Frame {
    last: Option<(Read, Extent)>,
    own: FxHashMap<Read, Extent>,
    shared: Vec<Arc<Reads>>,
    /// Reads that stand for many.
    coarse: [bool; 2],
}

impl Frame {
    fn note(&mut self, read: Read, extent: Extent) {
        match &mut self.last {
            Some((last, far)) if *last == read => {
                *far = further(*far, extent);
                return;
            }
            _ => {}
        }
        self.settle();
        self.last = Some((read, extent));
    }

    /// Puts the last read to the others.
    fn settle(&mut self) {
        let Some((mut read, extent)) = self.last.take() else { return };
        if let Some(coarser) = read.what().coarser() {
            let at = usize::from(coarser == What::EveryBody);
            self.coarse[at] |= self.own.len() >= MANY;
            if self.coarse[at] {
                read = Read::new(coarser, 0);
            }
        }
        let far = self.own.entry(read).or_insert(extent);
        *far = further(*far, extent);
    }

    fn take(&mut self) -> Reads {
        self.settle();
        let covered = |read: &Read| match read.what().coarser() {
            Some(What::EveryBody) => self.coarse[1],
            Some(_) => self.coarse[0],
            None => false,
        };
        let own = self.own.iter().filter(|(read, _)| !covered(read));
        let mut own: Vec<_> = own.map(|(read, extent)| (*read, *extent)).collect();
        own.sort_unstable();
        self.own.clear();
        self.coarse = [false; 2];
        Reads { own, shared: std::mem::take(&mut self.shared) }
    }
}

/// The further of two.
fn further(a: Extent, b: Extent) -> Extent {
    (a & !LENGTH).max(b & !LENGTH) | (a | b) & LENGTH
}

/// What a thread is noting.
#[derive(Debug)]
struct Recorder {
    names: Option<Arc<Names>>,
    /// Those under way, innermost last, then those that are kept for their memory.
    frames: Vec<Frame>,
    depth: usize,
}

thread_local! {
    /// The only state of a thread: views are shared by all threads, and what they are read for is not.
    static RECORDER: RefCell<Recorder> =
        const { RefCell::new(Recorder { names: None, frames: Vec::new(), depth: 0 }) };
}

/// Watches renderings for the recorder.
pub static WATCH: Watch = Watch { begin, end, again, clock: || note(What::Clock) };

fn begin() {
    RECORDER.with_borrow_mut(Recorder::open);
}

fn end() -> Noted {
    let reads = RECORDER.with_borrow_mut(Recorder::close)?;
    if reads.own.is_empty() && reads.shared.is_empty() {
        return None;
    }
    Some(memory::kept(|| Arc::new(reads) as Arc<dyn Any + Send + Sync>))
}

/// Counts what was noted apart as read by the rendering under way.
pub fn again(noted: &Noted) {
    let Some(reads) = noted.clone().and_then(|noted| noted.downcast::<Reads>().ok()) else {
        return;
    };
    RECORDER.with_borrow_mut(|recorder| {
        let Some(frame) = recorder.frame() else { return };
        if !frame.shared.iter().any(|known| Arc::ptr_eq(known, &reads)) {
            frame.shared.push(reads);
        }
    });
}

/// Notes what `work` reads; with the names that are read as `names` numbers them.
pub fn noting<T>(names: &Arc<Names>, work: impl FnOnce() -> T) -> (T, Reads) {
    RECORDER.with_borrow_mut(|recorder| {
        recorder.names = Some(Arc::clone(names));
        recorder.open();
    });
    let done = work();
    let reads = RECORDER.with_borrow_mut(Recorder::close).unwrap_or_default();
    (done, reads)
}

/// Notes what `work` reads apart, to be read [`again`] by those who use what it gives.
pub fn apart<T>(work: impl FnOnce() -> T) -> (T, Noted) {
    begin();
    let done = work();
    (done, end())
}

/// Notes that something of the site was read.
pub fn note(what: What) {
    note_to(Read::new(what, 0), 0);
}

/// Notes that something of a page was read.
pub fn note_page(what: What, page: PageId) {
    note_to(Read::new(what, subject(page)), 0);
}

/// Notes that a list was read so far; of a page, or of the site.
pub fn note_list(what: What, page: Option<PageId>, extent: Extent) {
    note_to(Read::new(what, page.map_or(0, subject)), extent);
}

/// Notes that something was looked up by its name.
pub fn note_name(what: What, name: &str) {
    RECORDER.with_borrow_mut(|recorder| {
        let Some(names) = recorder.names.clone() else { return };
        if let Some(frame) = recorder.frame() {
            frame.note(Read::new(what, names.number(name)), 0);
        }
    });
}

/// Notes that the file at `path` was read, whose fingerprint was `print`.
pub fn note_file(path: &str, print: u64) {
    note_name(What::File, &format!("{path}\0{print:016x}"));
}

fn note_to(read: Read, extent: Extent) {
    RECORDER.with_borrow_mut(|recorder| {
        if let Some(frame) = recorder.frame() {
            frame.note(read, extent);
        }
    });
}

fn subject(page: PageId) -> u32 {
    u32::try_from(page.index()).unwrap_or(u32::MAX)
}

impl Recorder {
    fn frame(&mut self) -> Option<&mut Frame> {
        self.frames.get_mut(self.depth.checked_sub(1)?)
    }

    fn open(&mut self) {
        if self.frames.len() == self.depth {
            memory::kept(|| {
                let own = FxHashMap::with_capacity_and_hasher(64, FxBuildHasher);
                self.frames.push(Frame { own, ..Frame::default() });
            });
        }
        self.depth += 1;
    }

    fn close(&mut self) -> Option<Reads> {
        self.depth = self.depth.checked_sub(1)?;
        let reads = self.frames.get_mut(self.depth).map(Frame::take);
        if self.depth == 0 {
            self.names = None;
        }
        reads
    }
}

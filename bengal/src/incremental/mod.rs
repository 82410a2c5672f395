//! Incremental builds: what of the last build still holds.
//!
//! The chain runs in every build, and each stage knows again what it has done before:
//!
//! * **parse** knows a page's file by its stamp, or its hash, and takes the page as it was parsed from the
//!   body store ([`pages`]);
//! * **taxonomy** puts the site together in every build, of all pages: so what lists hold is never
//!   remembered;
//! * **render** looks whether all that a page's rendering read is as it was ([`read`] notes it,
//!   [`fingerprint`] says what it is now, [`made`] keeps both), and whether its file is as bengal left it;
//! * **write** knows what it wrote, and what it copied.
//!
//! What every page depends on (bengal's version and sources, the configuration, the plugins) is the [`key`]: with
//! another one, nothing is known. Two indexes are kept in `.bengal`, each replaced by rename when the build
//! is over, so that a build that is killed leaves those of the one before: they say what stamp a file had
//! when it held which bytes, which stays true.
//!
//! **Invariant:** what is in doubt is made anew: a page with diagnostics, a file without a settled
//! [`stamp`], what a plugin does not promise.

mod file;
pub mod fingerprint;
pub mod inspect;
mod key;
pub mod made;
pub mod pages;
pub mod read;
pub mod stamp;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;

pub use file::{Unusable, from_bytes, to_bytes};
pub use key::Key;

use fingerprint::Fingerprints;
use made::{Changed, Files, Now};
use pages::{Bodies, Pages};
use read::{Names, What};

use crate::site::Site;
use crate::stages::Context;
use crate::store::{BodyStore, StateDir};

/// The bytes of the indexes of the last build.
#[derive(Debug)]
pub struct Indexes {
    pages: Result<Vec<u8>, Unusable>,
    made: Result<Vec<u8>, Unusable>,
    made_path: PathBuf,
    full: bool,
}

/// What is known of the last build, and noted for the next.
#[derive(Debug)]
pub struct Cache<'b> {
    /// The pages that were parsed.
    pub pages: Pages<'b>,
    /// The files that were made.
    pub files: Files<'b>,
    /// The names that are read.
    pub names: Arc<Names>,
    /// What the indexes say of the body store.
    pub bodies: Option<Bodies>,
    /// Whether no page may be left as it is, as stages behind render want to see all.
    pub render_all: AtomicBool,
    key: Key,
    forced: Option<Reason>,
    made_path: PathBuf,
    prints: OnceLock<Fingerprints<'b>>,
    reasons: Option<Mutex<Vec<Explained>>>,
}

/// Why a page was rendered, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The text of its file is another.
    ContentChanged,
    /// Its front matter is another, or what it inherits.
    FrontMatterChanged,
    /// A template that it is made with is another, or one was found where none was.
    TemplateChanged,
    /// Data that it shows is other.
    DataChanged,
    /// Other pages that it shows, or asks for, are others.
    CollectionChanged,
    /// The configuration is another.
    ConfigChanged,
    /// A plugin is another, or may give something else.
    PluginChanged,
    /// A file that it is made with is another.
    AssetChanged,
    /// Its file is not there, or not as bengal left it.
    OutputMissing,
    /// It was not there before.
    NewPage,
    /// It was asked for, or the last build is of no use.
    Forced,
    /// All that it is made of is as it was.
    Unchanged,
}

impl Reason {
    /// The name of the reason, which never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::ContentChanged => "content_changed",
            Self::FrontMatterChanged => "front_matter_changed",
            Self::TemplateChanged => "template_changed",
            Self::DataChanged => "data_changed",
            Self::CollectionChanged => "collection_changed",
            Self::ConfigChanged => "config_changed",
            Self::PluginChanged => "plugin_changed",
            Self::AssetChanged => "asset_changed",
            Self::OutputMissing => "output_missing",
            Self::NewPage => "new_page",
            Self::Forced => "forced",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Why a page was rendered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Explained {
    /// Its output file.
    pub output: String,
    /// The page, as messages name it.
    pub page: String,
    /// Why.
    pub reason: Reason,
    /// What caused it: a page, a template, a file, a name.
    pub cause: Option<String>,
}

impl From<&Changed> for Reason {
    fn from(changed: &Changed) -> Self {
        match changed.what {
            What::Body => Self::ContentChanged,
            What::Front => Self::FrontMatterChanged,
            What::Template | What::Include => Self::TemplateChanged,
            What::Data | What::DataNames => Self::DataChanged,
            What::Value | What::Volatile => Self::PluginChanged,
            What::File | What::Output | What::HighlightCss | What::Resources => Self::AssetChanged,
            What::Clock => Self::Forced,
            _ => Self::CollectionChanged,
        }
    }
}

/// Said where what is kept is damaged.
pub const DAMAGED: &str =
    "what earlier builds left in .bengal is damaged: everything is made anew, and kept again";

/// Says that nothing could be kept.
pub fn unwritten(error: &std::io::Error) -> String {
    format!("what the next build could use again could not be kept in .bengal: {error}")
}

impl Indexes {
    /// Those in `state` of a site whose output goes to `output`.
    pub fn load(state: &StateDir, output: &Path) -> Self {
        let made_path = made::index(state.path(), output);
        Self {
            pages: file::load(&state.path().join(pages::INDEX)),
            made: file::load(&made_path),
            made_path,
            full: false,
        }
    }

    /// None of them: everything is made anew.
    pub fn ignored(state: &StateDir, output: &Path) -> Self {
        let none = || Err(Unusable::Missing);
        let made_path = made::index(state.path(), output);
        Self { pages: none(), made: none(), made_path, full: true }
    }
}

impl<'b> Cache<'b> {
    /// What `indexes` say, if they were made with `key`. Whether one of them is damaged.
    pub fn new(indexes: &'b Indexes, key: Key) -> (Self, bool) {
        let mut damaged = false;
        let mut note = |unusable: Unusable| {
            damaged |= unusable == Unusable::Damaged;
        };
        let pages = indexes.pages.as_ref().map_err(|error| *error);
        let pages = pages.and_then(|bytes| Pages::read(bytes, &key));
        let (pages, bodies) = match pages {
            Ok((pages, bodies)) => (pages, Some(bodies)),
            Err(error) => {
                note(error);
                (Pages::default(), None)
            }
        };
        let mut forced = None;
        let files = indexes.made.as_ref().map_err(|error| *error);
        let files = files.and_then(|bytes| Files::read(bytes, &key)).unwrap_or_else(|error| {
            note(error);
            let old = indexes.made.as_ref().ok().and_then(|bytes| file::read_first::<Key>(bytes));
            forced = match error {
                Unusable::Missing => indexes.full.then_some(Reason::Forced),
                _ => Some(old.and_then(|old| key.changed(&old)).unwrap_or(Reason::Forced)),
            };
            Files::default()
        });
        let made_path = indexes.made_path.clone();
        let cache = Self {
            pages,
            files,
            names: Arc::default(),
            bodies,
            render_all: AtomicBool::new(false),
            key,
            forced,
            made_path,
            prints: OnceLock::new(),
            reasons: None,
        };
        (cache, damaged)
    }

    /// Whether anything of an earlier build may be used again.
    pub fn is_warm(&self) -> bool {
        !self.files.is_empty() || self.bodies.is_some()
    }

    /// Why nothing of the last build is used; `None` where something is.
    pub fn forced(&self) -> Option<Reason> {
        self.forced
    }

    /// Notes why each page is rendered or not.
    pub fn explain(&mut self) {
        self.reasons = Some(Mutex::default());
    }

    /// The fingerprints of `site`; of every caller the same.
    pub fn prints(&self, site: &'b Site, context: &'b Context<'b>) -> &Fingerprints<'b> {
        let new = || crate::memory::kept(|| Fingerprints::new(site, context));
        self.prints.get_or_init(new)
    }

    /// Notes why a page is rendered or not, if that is asked for.
    pub fn because(&self, explained: impl FnOnce() -> Explained) {
        if let Some(reasons) = &self.reasons {
            reasons.lock().unwrap_or_else(PoisonError::into_inner).push(explained());
        }
    }

    /// Why each page was rendered or not, in order.
    pub fn take_reasons(&self) -> Vec<Explained> {
        let Some(reasons) = &self.reasons else { return Vec::new() };
        let mut reasons =
            std::mem::take(&mut *reasons.lock().unwrap_or_else(PoisonError::into_inner));
        reasons.sort_unstable();
        reasons
    }

    /// Writes what this build noted for the next, when all files are in their places.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, state: &StateDir, store: &BodyStore, site: &'b Site) -> std::io::Result<()> {
        self.pages.save(state.path().to_owned(), &self.key, store)?;
        store.keep(state)?;
        let Some(prints) = self.prints.get() else { return Ok(()) };
        self.files.save(&self.made_path, &self.key, &self.names, Now { site, prints })
    }
}

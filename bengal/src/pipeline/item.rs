//! What flows through the chain: one type on every channel.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use crate::content::page::Parsed;
use crate::incremental::made::Rendered;
use crate::site::PageId;
use crate::value::{Text, Value};

/// One thing on its way through the chain. A stage hands on what is not its business.
#[derive(Debug)]
pub enum Item {
    /// A Markdown file that was found. From discover to parse.
    Source(Source),
    /// A data file that was found. From discover to parse.
    DataSource(Source),
    /// A page that was parsed. From parse to taxonomy, which keeps it.
    Page(Box<Parsed>),
    /// The value of a data file. From parse to taxonomy, which keeps it.
    Data(Data),
    /// A file to be copied as it is. From discover to write.
    File(FileCopy),
    /// A page to be rendered. From taxonomy to render.
    Render(Render),
    /// A finished output file. From render, or taxonomy for redirects, to write.
    Output(Output),
}

/// A file to be read.
#[derive(Debug)]
pub struct Source {
    /// Its path under `content/` or `data/`, with `/`.
    pub path: Arc<str>,
    /// Where it is.
    pub file: PathBuf,
    /// What stands in it; `None`: it is to be read. A stage may have changed it, or made it up.
    pub text: Option<Box<str>>,
}

/// What a data file holds.
#[derive(Debug)]
pub struct Data {
    /// Its path under `data/`, with `/`.
    pub path: Arc<str>,
    /// Its value.
    pub value: Value,
}

/// A file to be copied.
#[derive(Debug)]
pub struct FileCopy {
    /// Its path under `content/`, with `/`, when it lies beside pages; else `None`.
    pub resource: Option<Arc<str>>,
    /// Where its bytes are.
    pub from: FileBytes,
    /// Its path in the output directory, with `/`. For a resource this is set by taxonomy, as it
    /// goes where its page goes.
    pub to: Text,
}

/// Where a copied file's bytes are.
#[derive(Debug)]
pub enum FileBytes {
    /// On disk.
    Path(PathBuf),
    /// Here: a file of the embedded theme, or one that this build or a stage has made.
    Memory(Cow<'static, [u8]>),
}

/// A page to be rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Render {
    /// Which page.
    pub page: PageId,
    /// Which page of its list, from 1; 1 for what has no list.
    pub number: usize,
}

/// A finished output file.
#[derive(Debug)]
pub struct Output {
    /// Its path in the output directory, with `/`.
    pub path: Arc<str>,
    /// What is written there.
    pub bytes: Vec<u8>,
    /// The page that it was rendered from; `None` for all else.
    pub page: Option<PageId>,
    /// What it was made of, for the next build to know it again; `None` where it never is.
    pub made_of: Option<Box<Rendered>>,
}

/// What an item is called when a stage fails on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// A path: of an output file, a data file, a file beside pages.
    Path(Arc<str>),
    /// A page's source, by its path under `content/`.
    Source(Arc<str>),
    /// A page of the site, which knows its path.
    Page(PageId),
}

impl Label {
    /// The same, holding nothing of the item.
    #[must_use]
    pub fn copied(&self) -> Self {
        match self {
            Self::Path(path) => Self::Path(Arc::from(&**path)),
            Self::Source(path) => Self::Source(Arc::from(&**path)),
            Self::Page(id) => Self::Page(*id),
        }
    }
}

impl Item {
    /// What the item is called; cheap, as it is asked for before each `process`.
    pub fn label(&self) -> Option<Label> {
        match self {
            Self::Source(source) => Some(Label::Source(Arc::clone(&source.path))),
            Self::DataSource(source) => Some(Label::Path(Arc::clone(&source.path))),
            Self::Data(data) => Some(Label::Path(Arc::clone(&data.path))),
            Self::Render(render) => Some(Label::Page(render.page)),
            Self::Page(page) => Some(Label::Source(Arc::clone(&page.path))),
            Self::Output(output) => Some(Label::Path(Arc::clone(&output.path))),
            Self::File(file) => file.resource.clone().map(Label::Path),
        }
    }

    /// Bytes that the item holds beyond its own size, where they may be many.
    pub fn weight(&self) -> usize {
        match self {
            Self::Output(output) => output.bytes.len(),
            Self::Source(source) | Self::DataSource(source) => {
                source.text.as_ref().map_or(0, |text| text.len())
            }
            Self::Page(page) => page.body.held.as_ref().map_or(0, |html| html.len()),
            Self::File(FileCopy { from: FileBytes::Memory(bytes), .. }) => bytes.len(),
            _ => 0,
        }
    }
}

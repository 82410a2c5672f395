//! The output files of the last build, and what each rendered one was made of.
//!
//! One index for each output directory: the names of what was read, results that many pages used, and
//! the files, each with its stamp, its hash and its reads with their fingerprints.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::file::{self, Unusable};
use super::fingerprint::{Fingerprints, Subject, World, identity};
use super::inspect::Input;
use super::key::Key;
use super::read::{About, Extent, Names, Read, Reads, What};
use super::stamp::{self, Stamp};
use crate::site::{PageId, Site};

/// What the names of these indexes begin with; the manifest of the same output directory ends alike.
pub const PREFIX: &str = "made-";

/// An output file that this build made, or found as it should be.
#[derive(Debug)]
pub struct Made {
    /// Its path in the output directory.
    pub path: Arc<str>,
    /// Its stamp; `None` where that does not tell whether it is the same.
    pub stamp: Option<Stamp>,
    /// The hash of its bytes.
    pub hash: u64,
    /// How it came about.
    pub origin: Origin,
}

/// How an output file came about.
#[derive(Debug)]
pub enum Origin {
    /// It was rendered now.
    Rendered(Box<Rendered>),
    /// It was rendered by an earlier build, whose notes hold: its number among that one's files.
    Kept(u32),
    /// It was copied from a file that has this stamp, where that tells whether it is the same.
    Copied(Option<Stamp>),
    /// Anything else.
    Other,
}

/// What a rendering left to be known again by.
#[derive(Debug)]
pub struct Rendered {
    /// The page.
    pub page: PageId,
    /// Its template.
    pub template: Box<str>,
    /// What was read, with fingerprints.
    pub own: Vec<(Read, Extent, u64)>,
    /// What was read for results that others use too.
    pub shared: Vec<Arc<Reads>>,
}

#[derive(Serialize, Deserialize)]
struct Index<'a> {
    key: Key,
    world: World,
    #[serde(borrow)]
    pages: Vec<&'a str>,
    #[serde(borrow)]
    names: Vec<&'a str>,
    #[serde(borrow)]
    groups: Vec<Group<'a>>,
    #[serde(borrow)]
    files: Vec<FileEntry<'a>>,
}

/// What was read for a result that many pages used.
#[derive(Debug, Serialize, Deserialize)]
struct Group<'a> {
    #[serde(borrow)]
    reads: &'a [u8],
    groups: Vec<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct FileEntry<'a> {
    path: &'a str,
    stamp: Option<Stamp>,
    hash: u64,
    copied: Option<Stamp>,
    #[serde(borrow)]
    rendered: Option<RenderedEntry<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RenderedEntry<'a> {
    page: u32,
    template: u32,
    #[serde(borrow)]
    reads: &'a [u8],
    groups: Vec<u32>,
}

/// One read in an index: what, subject, extent and fingerprint.
const READ_BYTES: usize = 17;

fn push_read(bytes: &mut Vec<u8>, (what, subject, extent, print): (What, u32, Extent, u64)) {
    bytes.push(what as u8);
    bytes.extend_from_slice(&subject.to_le_bytes());
    bytes.extend_from_slice(&extent.to_le_bytes());
    bytes.extend_from_slice(&print.to_le_bytes());
}

fn reads(bytes: &[u8]) -> impl Iterator<Item = (What, u32, Extent, u64)> {
    bytes.chunks_exact(READ_BYTES).map(|read| {
        let number =
            |at: usize| u32::from_le_bytes([read[at], read[at + 1], read[at + 2], read[at + 3]]);
        let what = What::ALL.get(usize::from(read[0])).copied().unwrap_or(What::Volatile);
        let print = u64::from(number(9)) | u64::from(number(13)) << 32;
        (what, number(1), number(5), print)
    })
}

/// What the last build made in an output directory.
#[derive(Debug, Default)]
pub struct Files<'a> {
    world: World,
    /// Which reads hold whatever was read, as the world that they are of is the same: a bit for each.
    holding: OnceLock<u64>,
    pages: Vec<&'a str>,
    names: Vec<&'a str>,
    groups: Vec<Group<'a>>,
    files: Vec<FileEntry<'a>>,
    by_path: FxHashMap<&'a str, u32>,
    /// Which page of this build each of `pages` is.
    now: OnceLock<Vec<Option<PageId>>>,
    /// Of each of `groups` whether it holds: [`UNKNOWN`], [`HOLDS`], or the number of what changed.
    held: Vec<AtomicU32>,
    made: Mutex<Vec<Made>>,
}

const UNKNOWN: u32 = u32::MAX;
const HOLDS: u32 = u32::MAX - 1;

/// What was read and is different now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// What.
    pub what: What,
    /// Of which page or name; empty for the whole site.
    pub subject: String,
}

impl<'a> Files<'a> {
    /// What stands in `bytes`, an index that was made with `key`.
    ///
    /// # Errors
    /// When it is damaged, or was made with another key.
    pub fn read(bytes: &'a [u8], key: &Key) -> Result<Self, Unusable> {
        let (files, own) = Self::read_any(bytes)?;
        if own == *key { Ok(files) } else { Err(Unusable::Foreign) }
    }

    /// What stands in `bytes`, whatever it was made with, and that.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn read_any(bytes: &'a [u8]) -> Result<(Self, Key), Unusable> {
        let Index { key: own, world, pages, names, groups, files } =
            file::read::<Index<'_>>(bytes)?;
        let by_path = (0..).zip(&files).map(|(number, file)| (file.path, number)).collect();
        let held = groups.iter().map(|_| AtomicU32::new(UNKNOWN)).collect();
        let files = Self { world, pages, names, groups, files, by_path, held, ..Self::default() };
        Ok((files, own))
    }

    /// How many files there are, how many of them were rendered, and how many inputs those have.
    pub fn counts(&self) -> (u64, u64, u64) {
        let rendered = self.files.iter().filter_map(|file| file.rendered.as_ref());
        let of_groups = self.groups.iter().map(|group| group.reads.len());
        let inputs = rendered.clone().map(|entry| entry.reads.len()).chain(of_groups);
        let inputs: usize = inputs.map(|bytes| bytes / READ_BYTES).sum();
        (self.files.len() as u64, rendered.count() as u64, inputs as u64)
    }

    /// The inputs of the rendered files for whose path and page `is_wanted` is true.
    pub fn inputs_of(
        &self,
        is_wanted: impl Fn(&str, &str) -> bool,
    ) -> Vec<(String, BTreeSet<Input>)> {
        let mut found = Vec::new();
        for file in &self.files {
            let Some(rendered) = &file.rendered else { continue };
            let page = self.subject(What::Body, rendered.page);
            if is_wanted(file.path, &page) {
                let mut inputs = BTreeSet::new();
                self.add_inputs(rendered.reads, &rendered.groups, self.groups.len(), &mut inputs);
                found.push((file.path.to_owned(), inputs));
            }
        }
        found
    }

    fn add_inputs(
        &self,
        bytes: &[u8],
        groups: &[u32],
        before: usize,
        inputs: &mut BTreeSet<Input>,
    ) {
        inputs.extend(reads(bytes).map(|(what, subject, extent, _)| {
            Input::new(what, self.subject(what, subject), extent)
        }));
        // A group is made before those that use it.
        for number in groups.iter().map(|number| *number as usize).filter(|own| *own < before) {
            let group = &self.groups[number];
            self.add_inputs(group.reads, &group.groups, number, inputs);
        }
    }

    /// The file at `path`: its number, its stamp and the hash of its bytes.
    pub fn find(&self, path: &str) -> Option<(u32, Option<Stamp>, u64)> {
        let number = *self.by_path.get(path)?;
        let file = &self.files[number as usize];
        Some((number, file.stamp, file.hash))
    }

    /// The stamp that the file had from which the one at `path` was copied.
    pub fn copied(&self, path: &str) -> Option<Stamp> {
        self.files[*self.by_path.get(path)? as usize].copied
    }

    /// Whether there is nothing of an earlier build.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What changed of that of which the file `number` was made, as a rendering of `page` with
    /// `template`.
    ///
    /// # Errors
    /// With what changed; `None` where it was not rendered so.
    pub fn holds(
        &self,
        number: u32,
        (page, template): (PageId, &str),
        prints: &Fingerprints<'_>,
        site: &Site,
    ) -> Result<(), Option<Changed>> {
        let rendered = self.files[number as usize].rendered.as_ref().ok_or(None)?;
        let now = self.now(site);
        if now.get(rendered.page as usize).copied().flatten() != Some(page) {
            return Err(None);
        }
        if self.names.get(rendered.template as usize) != Some(&template) {
            let subject = template.to_owned();
            return Err(Some(Changed { what: What::Template, subject }));
        }
        self.same(rendered.reads, prints, now).map_err(Some)?;
        for group in &rendered.groups {
            self.group_holds(*group, prints, now).map_err(Some)?;
        }
        Ok(())
    }

    fn group_holds(
        &self,
        number: u32,
        prints: &Fingerprints<'_>,
        now: &[Option<PageId>],
    ) -> Result<(), Changed> {
        let volatile = Changed { what: What::Volatile, subject: String::new() };
        let Some(group) = self.groups.get(number as usize) else { return Err(volatile) };
        let held = &self.held[number as usize];
        match held.load(Ordering::Relaxed) {
            HOLDS => return Ok(()),
            UNKNOWN => {}
            _ => return self.same(group.reads, prints, now).and(Err(volatile)),
        }
        let within = |inner: &u32| match *inner < number {
            // A group is made before those that use it.
            true => self.group_holds(*inner, prints, now),
            false => Err(volatile.clone()),
        };
        let checked = self
            .same(group.reads, prints, now)
            .and_then(|()| group.groups.iter().try_for_each(within));
        held.store(if checked.is_ok() { HOLDS } else { 0 }, Ordering::Relaxed);
        checked
    }

    /// Whether all of `bytes` is as it was.
    fn same(
        &self,
        bytes: &[u8],
        prints: &Fingerprints<'_>,
        now: &[Option<PageId>],
    ) -> Result<(), Changed> {
        let holding = *self.holding.get_or_init(|| holding(self.world, prints.world()));
        for (what, subject, extent, print) in reads(bytes) {
            if holding & 1 << what as u8 != 0 {
                continue;
            }
            let about = match what.about() {
                About::Page => Subject::Page(now.get(subject as usize).copied().flatten()),
                About::Name => {
                    Subject::Name(self.names.get(subject as usize).copied().unwrap_or_default())
                }
                About::Site => Subject::Site,
            };
            if what == What::Volatile || prints.of(what, about, extent) != print {
                return Err(Changed { what, subject: self.subject(what, subject) });
            }
        }
        Ok(())
    }

    fn subject(&self, what: What, subject: u32) -> String {
        let names = match what.about() {
            About::Page => &self.pages,
            About::Name => &self.names,
            About::Site => return String::new(),
        };
        let name = names.get(subject as usize).copied().unwrap_or_default();
        name.split('\0').find(|part| !part.is_empty()).unwrap_or_default().to_owned()
    }

    /// Which page each of the index's pages is now.
    fn now(&self, site: &Site) -> &[Option<PageId>] {
        self.now.get_or_init(|| {
            crate::memory::kept(|| {
                let own = |id: PageId| {
                    let page = &site[id];
                    page.path.is_none().then(|| (identity(page), id))
                };
                let added: FxHashMap<String, PageId> = site.ids().filter_map(own).collect();
                let find = |name: &&str| match name.starts_with('\0') {
                    true => added.get(*name).copied(),
                    false => site.by_path(crate::content::page::Language::OWN, name),
                };
                self.pages.iter().map(find).collect()
            })
        })
    }

    /// Notes files that this build has made.
    pub fn note(&self, made: &mut Vec<Made>) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).append(made);
    }

    /// Writes the index of what was noted.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(
        &self,
        path: &Path,
        key: &Key,
        names: &Names,
        site: Now<'_, '_>,
    ) -> std::io::Result<()> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        made.dedup_by(|a, b| a.path == b.path);
        let now = stamp::now();
        for made in made.iter_mut() {
            made.stamp = made.stamp.and_then(|stamp| stamp.settled_own(now));
        }
        if self.is_saved(&made, site.prints.world()) {
            return Ok(());
        }
        let mut new = New::empty(self, names, site);
        let entries: Vec<_> = made.iter().map(|made| new.file(made)).collect();
        let files = made.iter().zip(&entries).map(|(made, entry)| FileEntry {
            path: &made.path,
            stamp: made.stamp,
            hash: made.hash,
            copied: match made.origin {
                Origin::Copied(stamp) => stamp,
                _ => None,
            },
            rendered: entry.as_ref().map(|entry| RenderedEntry {
                page: entry.page,
                template: entry.template,
                reads: &entry.reads,
                groups: entry.groups.clone(),
            }),
        });
        let index = Index {
            key: key.clone(),
            world: site.prints.world(),
            pages: new.pages.all.iter().map(|name| &**name).collect(),
            names: new.strings.all.iter().map(|name| &**name).collect(),
            groups: new.groups.iter().map(NewGroup::entry).collect(),
            files: files.collect(),
        };
        file::replace(path, &index)
    }

    /// Whether all of `made` is what the last build noted.
    fn is_saved(&self, made: &[Made], world: World) -> bool {
        self.world == world
            && made.len() == self.files.len()
            && made.iter().all(|made| {
                let Some(number) = self.by_path.get(&*made.path) else { return false };
                let old = &self.files[*number as usize];
                let same = (old.stamp, old.hash) == (made.stamp, made.hash);
                same && match made.origin {
                    Origin::Rendered(_) => false,
                    Origin::Kept(_) => true,
                    Origin::Copied(stamp) => stamp == old.copied,
                    Origin::Other => old.copied.is_none() && old.rendered.is_none(),
                }
            })
    }
}

/// What holds where the world is `now` what it was `then`.
fn holding(then: World, now: World) -> u64 {
    let same = |what: What| match what {
        What::Front
        | What::Links
        | What::Paginator
        | What::Section
        | What::Previous
        | What::Next
        | What::Pages
        | What::Sections
        | What::Ancestors
        | What::Nearby
        | What::Terms
        | What::Resources
        | What::Newest
        | What::TopSections
        | What::HighlightCss
        | What::Taxonomy
        | What::Taxonomies
        | What::Menu
        | What::Menus
        | What::Link
        | What::Post
        | What::EveryPage => then.pages == now.pages,
        What::Template | What::Include => then.templates == now.templates,
        What::Data | What::DataNames => then.data == now.data,
        What::Body
        | What::Content
        | What::Summary
        | What::Toc
        | What::Length
        | What::Value
        | What::File
        | What::Output
        | What::Clock
        | What::EveryBody
        | What::Volatile => false,
    };
    let holding = What::ALL.into_iter().filter(|what| same(*what));
    holding.fold(0, |all, what| all | 1 << what as u8)
}

/// What this build knows when it is over.
#[derive(Clone, Copy, Debug)]
pub struct Now<'n, 'b> {
    /// The site.
    pub site: &'n Site,
    /// What is in it.
    pub prints: &'n Fingerprints<'b>,
}

/// Names, each once, by number.
#[derive(Debug, Default)]
struct Table {
    numbers: FxHashMap<Box<str>, u32>,
    all: Vec<Box<str>>,
}

impl Table {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.numbers.insert(name.into(), number);
        self.all.push(name.into());
        number
    }
}

/// An index under way.
struct New<'n, 'a, 'b> {
    old: &'n Files<'a>,
    names: &'n Names,
    now: Now<'n, 'b>,
    pages: Table,
    strings: Table,
    groups: Vec<NewGroup>,
    /// Numbers of groups of this build, by where they are.
    fresh: FxHashMap<*const Reads, u32>,
    /// Numbers of groups of the last one.
    kept: FxHashMap<u32, u32>,
    /// Numbers of pages of this build, and of pages and names of the last one.
    of_ids: FxHashMap<u32, u32>,
    of_old: [FxHashMap<u32, u32>; 2],
}

struct NewGroup {
    reads: Vec<u8>,
    groups: Vec<u32>,
}

impl NewGroup {
    fn entry(&self) -> Group<'_> {
        Group { reads: &self.reads, groups: self.groups.clone() }
    }
}

struct NewRendered {
    page: u32,
    template: u32,
    reads: Vec<u8>,
    groups: Vec<u32>,
}

impl<'n, 'a, 'b> New<'n, 'a, 'b> {
    fn empty(old: &'n Files<'a>, names: &'n Names, now: Now<'n, 'b>) -> Self {
        Self {
            old,
            names,
            now,
            pages: Table::default(),
            strings: Table::default(),
            groups: Vec::new(),
            fresh: FxHashMap::default(),
            kept: FxHashMap::default(),
            of_ids: FxHashMap::default(),
            of_old: Default::default(),
        }
    }

    fn file(&mut self, made: &Made) -> Option<NewRendered> {
        match &made.origin {
            Origin::Rendered(rendered) => Some(self.rendered(rendered)),
            Origin::Kept(number) => self.kept(*number),
            _ => None,
        }
    }

    fn rendered(&mut self, rendered: &Rendered) -> NewRendered {
        let mut reads = Vec::with_capacity(rendered.own.len() * READ_BYTES);
        for (read, extent, print) in &rendered.own {
            let subject = self.subject(*read);
            push_read(&mut reads, (read.what(), subject, *extent, *print));
        }
        let groups = rendered.shared.iter().map(|group| self.group(group)).collect();
        let page = u32::try_from(rendered.page.index()).unwrap_or(u32::MAX);
        NewRendered {
            page: self.page(page),
            template: self.strings.number(&rendered.template),
            reads,
            groups,
        }
    }

    fn group(&mut self, group: &Arc<Reads>) -> u32 {
        if let Some(number) = self.fresh.get(&Arc::as_ptr(group)) {
            return *number;
        }
        let groups = group.shared.iter().map(|group| self.group(group)).collect();
        let mut reads = Vec::with_capacity(group.own.len() * READ_BYTES);
        for (read, extent) in &group.own {
            let print = print_of(*read, *extent, self.names, self.now.prints, self.now.site);
            let subject = self.subject(*read);
            push_read(&mut reads, (read.what(), subject, *extent, print));
        }
        let number = self.push(NewGroup { reads, groups });
        self.fresh.insert(Arc::as_ptr(group), number);
        number
    }

    fn push(&mut self, group: NewGroup) -> u32 {
        self.groups.push(group);
        u32::try_from(self.groups.len() - 1).unwrap_or(u32::MAX)
    }

    fn subject(&mut self, read: Read) -> u32 {
        match read.what().about() {
            About::Page => self.page(read.subject()),
            About::Name => {
                let strings = &mut self.strings;
                self.names.with(read.subject(), |name| strings.number(name))
            }
            About::Site => 0,
        }
    }

    fn page(&mut self, id: u32) -> u32 {
        if let Some(number) = self.of_ids.get(&id) {
            return *number;
        }
        let page = &self.now.site.pages[id as usize];
        let number = match &page.path {
            Some(path) => self.pages.number(path),
            None => self.pages.number(&identity(page)),
        };
        self.of_ids.insert(id, number);
        number
    }

    /// What the last build noted of the file `number`.
    fn kept(&mut self, number: u32) -> Option<NewRendered> {
        let old = self.old;
        let entry = old.files[number as usize].rendered.as_ref()?;
        let page = self.old_subject(About::Page, entry.page);
        let template = self.old_subject(About::Name, entry.template);
        let reads = self.old_reads(entry.reads);
        let groups = entry.groups.iter().map(|group| self.old_group(*group)).collect();
        Some(NewRendered { page, template, reads, groups })
    }

    fn old_reads(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut new = Vec::with_capacity(bytes.len());
        for (what, subject, extent, print) in reads(bytes) {
            let subject = self.old_subject(what.about(), subject);
            push_read(&mut new, (what, subject, extent, print));
        }
        new
    }

    fn old_group(&mut self, number: u32) -> u32 {
        if let Some(new) = self.kept.get(&number) {
            return *new;
        }
        let old = self.old;
        let Some(group) = old.groups.get(number as usize) else { return u32::MAX };
        // A group is made before those that use it.
        let within = group.groups.iter().filter(|within| **within < number);
        let groups = within.map(|within| self.old_group(*within)).collect();
        let reads = self.old_reads(group.reads);
        let new = self.push(NewGroup { reads, groups });
        self.kept.insert(number, new);
        new
    }

    fn old_subject(&mut self, about: About, subject: u32) -> u32 {
        let (at, names, table) = match about {
            About::Page => (0, &self.old.pages, &mut self.pages),
            About::Name => (1, &self.old.names, &mut self.strings),
            About::Site => return 0,
        };
        *self.of_old[at].entry(subject).or_insert_with(|| {
            table.number(names.get(subject as usize).copied().unwrap_or_default())
        })
    }
}

/// The fingerprint of what this build read.
pub fn print_of(
    read: Read,
    extent: Extent,
    names: &Names,
    prints: &Fingerprints<'_>,
    site: &Site,
) -> u64 {
    let what = read.what();
    match what.about() {
        About::Page => prints.of(what, Subject::Page(site.id(read.subject() as usize)), extent),
        About::Site => prints.of(what, Subject::Site, extent),
        About::Name => names.with(read.subject(), |name| match (what, name.split_once('\0')) {
            // A file may have been written since it was read.
            (What::File, Some((_, read))) => u64::from_str_radix(read, 16).unwrap_or(0),
            _ => prints.of(what, Subject::Name(name), extent),
        }),
    }
}

/// Where the index of the output directory `output` is kept in `state`.
pub fn index(state: &Path, output: &Path) -> PathBuf {
    let hash = xxhash_rust::xxh3::xxh3_64(output.as_os_str().as_encoded_bytes());
    state.join(format!("{PREFIX}{hash:016x}"))
}

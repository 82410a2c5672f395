//! What a plugin registers, checked as it comes.
//!
//! **Invariant:** what was taken from a plugin is freed by the plugin's own function, once, when nothing
//! uses it any more.
#![expect(unsafe_code, reason = "a plugin's functions are called to free what is the plugin's")]

use std::collections::HashSet;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU8, AtomicUsize};

use bengal_plugin::abi;

use super::handshake::is_name;
use crate::pipeline::Slot;
use crate::template::TemplateSource;
use crate::value::{Map, Text, Value};

/// What one plugin has registered.
#[derive(Debug, Default)]
pub(super) struct Registration {
    /// The name that the plugin has in this build.
    pub plugin: String,
    /// The name that it calls itself.
    pub own_name: String,
    /// How many things each of its stages may emit.
    pub limit: usize,
    pub stages: Vec<StageSpec>,
    pub filters: Vec<FilterSpec>,
    pub tags: Vec<TagSpec>,
    pub observers: Vec<ObserverSpec>,
    pub values: Map,
    pub templates: Vec<TemplateSource>,
    /// It has said that it takes memory elsewhere too.
    pub not_counted: bool,
}

/// What a stage's results depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purity {
    /// The item and the options only.
    Pure,
    /// Files too, each of which is declared.
    DeclaresInputs,
    /// More.
    Volatile,
}

impl Purity {
    fn read(number: u32) -> Option<Self> {
        match number {
            abi::PURE => Some(Self::Pure),
            abi::DECLARES_INPUTS => Some(Self::DeclaresInputs),
            abi::VOLATILE => Some(Self::Volatile),
            _ => None,
        }
    }
}

/// A stage of a plugin.
#[derive(Debug)]
pub(super) struct StageSpec {
    /// Its name in the chain.
    pub name: String,
    pub slot: Slot,
    pub items: u32,
    pub purity: Purity,
    pub is_barrier: bool,
    pub thread_safe: bool,
    /// What its functions are. Its names point to where they were given, and are not used again.
    pub raw: abi::Stage,
    /// Where in the chain it stands; see [`super::stage::Phase`].
    pub phase: AtomicU8,
    /// Things that it has emitted.
    pub emitted: AtomicUsize,
    pub limit: usize,
}

// SAFETY: the ABI says that `start`, `process` and `finish` are called on any thread, one worker on one at a
// time; `state` is only ever handed to them.
unsafe impl Send for StageSpec {}
// SAFETY: as above; `start` may be called on several threads at once only where `thread_safe` says so, as else
// there is one worker.
unsafe impl Sync for StageSpec {}

impl Drop for StageSpec {
    fn drop(&mut self) {
        free(self.raw.drop, self.raw.state);
    }
}

/// What a filter and a tag have in common.
#[derive(Debug)]
pub(super) struct Signature {
    pub name: String,
    /// Arguments without names: least and most.
    pub arguments: (usize, usize),
    /// The names of the others.
    pub named: Vec<String>,
    pub purity: Purity,
    pub thread_safe: bool,
}

impl Signature {
    fn new(
        what: &str,
        (name, named): (&str, &str),
        (least, most): (u32, u32),
        (purity, thread_safe): (u32, u32),
        known: &[String],
    ) -> Result<Self, String> {
        if !is_name(name) || name.contains('-') {
            return Err(format!("its {what} {name:?} has no sound name: letters, digits, `_`"));
        }
        if known.iter().any(|known| known == name) {
            return Err(format!("it adds the {what} `{name}`, which there is already"));
        }
        if least > most {
            return Err(format!("its {what} `{name}` takes {least} to {most} arguments"));
        }
        Ok(Self {
            name: name.to_owned(),
            arguments: (least as usize, most as usize),
            named: named.split_whitespace().map(str::to_owned).collect(),
            purity: Purity::read(purity)
                .ok_or_else(|| format!("its {what} `{name}` has a purity that means nothing"))?,
            thread_safe: thread_safe != 0,
        })
    }
}

/// A filter of a plugin.
#[derive(Debug)]
pub(super) struct FilterSpec {
    pub signature: Signature,
    pub raw: abi::Filter,
}

// SAFETY: the ABI says that a filter is called on any thread, and on several at once only where `thread_safe`
// says so: else the host lets in one at a time.
unsafe impl Send for FilterSpec {}
// SAFETY: as above.
unsafe impl Sync for FilterSpec {}

impl Drop for FilterSpec {
    fn drop(&mut self) {
        free(self.raw.drop, self.raw.state);
    }
}

/// A tag of a plugin.
#[derive(Debug)]
pub(super) struct TagSpec {
    pub signature: Signature,
    pub raw: abi::Tag,
}

// SAFETY: as of a filter.
unsafe impl Send for TagSpec {}
// SAFETY: as of a filter.
unsafe impl Sync for TagSpec {}

impl Drop for TagSpec {
    fn drop(&mut self) {
        free(self.raw.drop, self.raw.state);
    }
}

/// An observer of a plugin.
#[derive(Debug)]
pub(super) struct ObserverSpec {
    pub raw: abi::Observer,
}

// SAFETY: the ABI says that an observer is called on one thread at a time, any one.
unsafe impl Send for ObserverSpec {}

impl Drop for ObserverSpec {
    fn drop(&mut self) {
        free(self.raw.drop, self.raw.state);
    }
}

fn free(function: Option<unsafe extern "C" fn(state: *mut c_void)>, state: *mut c_void) {
    if let Some(function) = function {
        // SAFETY: the plugin has given the function for this state, which nothing uses any more.
        unsafe { function(state) };
    }
}

/// Every bit that `items` of a stage may have.
const ITEMS: u32 = abi::ITEM_SOURCE
    | abi::ITEM_DATA_SOURCE
    | abi::ITEM_PAGE
    | abi::ITEM_DATA
    | abi::ITEM_FILE
    | abi::ITEM_RENDER
    | abi::ITEM_OUTPUT
    | abi::ITEM_HTML;

impl Registration {
    /// Takes a stage, whose name and anchor are these.
    ///
    /// # Errors
    /// In words, when it is not sound; the plugin keeps its state then.
    pub fn add_stage(&mut self, raw: abi::Stage, name: &str, anchor: &str) -> Result<(), String> {
        if !is_name(name) {
            return Err(format!("its stage {name:?} has no sound name: letters, digits, `-`, `_`"));
        }
        let wrong = |what: &str| Err(format!("its stage `{name}` {what}"));
        if raw.process.is_none() && raw.items != 0 {
            return wrong("is given items, and its function `process` is null");
        }
        if raw.process.is_none() && raw.finish.is_none() {
            return wrong("has neither `process` nor `finish`: both functions are null");
        }
        if raw.items & !ITEMS != 0 {
            return wrong(&format!("asks for kinds of items that do not exist: {:#x}", raw.items));
        }
        let slot = match (raw.placement, anchor) {
            (_, "") => return wrong("names no stage to stand beside"),
            (abi::BEFORE, anchor) => Slot::Before(self.full_name(anchor)),
            (abi::AFTER, anchor) => Slot::After(self.full_name(anchor)),
            (other, _) => {
                return wrong(&format!("has a placement of {other}, which means nothing"));
            }
        };
        let Some(purity) = Purity::read(raw.purity) else {
            return wrong(&format!("has a purity of {}, which means nothing", raw.purity));
        };
        let is_barrier = match raw.kind {
            abi::PER_ITEM => false,
            abi::BARRIER => true,
            other => return wrong(&format!("is of the kind {other}, which means nothing")),
        };
        let full = match name == self.own_name {
            true => self.plugin.clone(),
            false => format!("{}.{name}", self.plugin),
        };
        if self.stages.iter().any(|stage| stage.name == full) {
            return Err(format!("it has two stages named `{name}`"));
        }
        self.stages.push(StageSpec {
            name: full,
            slot,
            items: raw.items,
            purity,
            is_barrier,
            thread_safe: raw.thread_safe != 0,
            raw,
            phase: AtomicU8::new(0),
            emitted: AtomicUsize::new(0),
            limit: self.limit,
        });
        Ok(())
    }

    /// The name in the chain of what the plugin calls `anchor`: a stage of its own, else any.
    fn full_name(&self, anchor: &str) -> String {
        let own = format!("{}.{anchor}", self.plugin);
        match self.stages.iter().any(|stage| stage.name == own) {
            true => own,
            false => anchor.to_owned(),
        }
    }

    /// Takes a filter.
    ///
    /// # Errors
    /// In words, when it is not sound, or there is one of that name; the plugin keeps its state then.
    pub fn add_filter(&mut self, raw: abi::Filter, name: &str, named: &str) -> Result<(), String> {
        let mut known = crate::template::filter_names();
        known.extend(self.filters.iter().map(|filter| filter.signature.name.clone()));
        let arguments = (raw.least_arguments, raw.most_arguments);
        let how = (raw.purity, raw.thread_safe);
        let signature = Signature::new("filter", (name, named), arguments, how, &known)?;
        if raw.apply.is_none() {
            return Err(format!("its filter `{name}` has a null function `apply`"));
        }
        self.filters.push(FilterSpec { signature, raw });
        Ok(())
    }

    /// Takes a tag.
    ///
    /// # Errors
    /// In words, when it is not sound, or there is one of that name; the plugin keeps its state then.
    pub fn add_tag(&mut self, raw: abi::Tag, name: &str, named: &str) -> Result<(), String> {
        let mut known = crate::template::tag_names();
        known.extend(self.tags.iter().map(|tag| tag.signature.name.clone()));
        let arguments = (raw.least_arguments, raw.most_arguments);
        let how = (raw.purity, raw.thread_safe);
        let signature = Signature::new("tag", (name, named), arguments, how, &known)?;
        if raw.render.is_none() {
            return Err(format!("its tag `{name}` has a null function `render`"));
        }
        if raw.body > abi::BODY_RAW || raw.syntax > abi::SYNTAX_ARGUMENTS {
            return Err(format!("its tag `{name}` has a body or a syntax that means nothing"));
        }
        self.tags.push(TagSpec { signature, raw });
        Ok(())
    }

    /// Takes a value for `site.NAME`.
    ///
    /// # Errors
    /// In words, when the name is none, or taken.
    pub fn add_value(&mut self, name: &str, value: Value) -> Result<(), String> {
        if !is_name(name) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(format!("it gives templates `site.{name}`, which is no name"));
        }
        if crate::template::SITE_FIELDS.contains(&name) || self.values.contains_key(name) {
            return Err(format!("it gives templates `site.{name}`, which there is already"));
        }
        self.values.insert(Text::from(name), value);
        Ok(())
    }

    /// Takes a template.
    ///
    /// # Errors
    /// In words, when the name is none, or given twice.
    pub fn add_template(&mut self, name: &str, text: &str) -> Result<(), String> {
        let name = name.strip_suffix(".liquid").unwrap_or(name);
        if !name.split('/').all(is_name) {
            return Err(format!("it gives a template named {name:?}, which is no name"));
        }
        let known: HashSet<&str> = self.templates.iter().map(|known| known.name.as_str()).collect();
        if known.contains(name) {
            return Err(format!("it gives two templates named `{name}`"));
        }
        self.templates.push(TemplateSource {
            name: name.to_owned(),
            file: format!("plugin {}: {name}.liquid", self.plugin),
            text: text.to_owned(),
        });
        Ok(())
    }
}

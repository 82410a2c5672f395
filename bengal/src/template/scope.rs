//! The names that a template sees, innermost first. Undefined is nil; with `strict` it is noted.
//!
//! Liquid's own frames answer an unknown index with an error before anybody else is asked, and copy
//! what they find. These frames do neither.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use indexmap::IndexSet;
use liquid_core::model::{
    KString, KStringCow, KStringRef, Object, ObjectView, Scalar, ScalarCow, Value as Liquid,
    ValueCow, ValueView, try_find,
};
use liquid_core::runtime::{PartialStore, Registers, Runtime};

use super::budget::Budget;

type Result<T> = liquid_core::Result<T>;

/// The outermost names: what bengal defines, and what the template assigns.
pub(super) struct Root<'r> {
    globals: &'r dyn ObjectView,
    partials: &'r dyn PartialStore,
    assigned: RefCell<Object>,
    counters: RefCell<Object>,
    registers: Registers,
}

impl<'r> Root<'r> {
    /// Names of a template with these globals and partials.
    pub fn new(globals: &'r dyn ObjectView, partials: &'r dyn PartialStore) -> Self {
        let registers = Registers::default();
        let origins = GLOBALS.iter().filter_map(|name| globals.get(name)).map(address);
        registers.get_mut::<Origins>().0.extend(origins);
        // It measures the stack from here.
        registers.get_mut::<Budget>();
        let (assigned, counters) = (RefCell::default(), RefCell::default());
        Self { globals, partials, assigned, counters, registers }
    }

    /// What the alias `name` stands for, and in it the rest of `path`.
    fn alias(&self, name: &str, path: &[ScalarCow<'_>]) -> Option<Option<ValueCow<'r>>> {
        let aliases = self.registers.get_mut::<Aliases>();
        let target = aliases.0.get(name)?;
        let origin = self.globals.get(&target.first()?.to_kstr());
        let value = origin.and_then(|origin| find(origin, target));
        Some(value.and_then(|value| match value {
            ValueCow::Borrowed(value) => find(value, path),
            ValueCow::Owned(value) => {
                find(&value, path).map(|found| ValueCow::Owned(found.into_owned()))
            }
        }))
    }
}

/// Names that stand for something of the site's: the path to it from one of bengal's own names, none
/// of which changes while a template is rendered. A register.
#[derive(Debug, Default)]
pub(super) struct Aliases(pub HashMap<KString, Vec<Scalar>>);

/// Where bengal's own values are, to tell them from others of the same name. A register.
#[derive(Debug, Default)]
pub(super) struct Origins(pub Vec<usize>);

/// How many `render` tags the current place is within. A register.
#[derive(Debug, Default)]
pub(super) struct Isolation(pub usize);

/// Where a value is.
pub(super) fn address(value: &dyn ValueView) -> usize {
    std::ptr::from_ref(value).cast::<()>().addr()
}

/// Names that were looked up and are nothing, in the order met. A register: one for each rendering.
#[derive(Debug, Default)]
pub(super) struct Undefined {
    /// Whether anybody wants to know: else none is noted.
    pub wanted: bool,
    /// The paths, such as `page.titel`, each once.
    pub paths: IndexSet<String>,
}

/// How many of them are noted: an index that is computed gives a new one in each round of a loop.
const NOTED: usize = 1_000;

/// What `path` gives in `value`, whose own name is the path's first element.
fn find<'v>(value: &'v dyn ValueView, path: &[ScalarCow<'_>]) -> Option<ValueCow<'v>> {
    match path.get(1..) {
        None | Some([]) => Some(ValueCow::Borrowed(value)),
        Some(rest) => try_find(value, rest),
    }
}

fn name<'p>(path: &'p [ScalarCow<'_>]) -> KStringCow<'p> {
    path.first().map_or(KStringCow::from_static(""), ValueView::to_kstr)
}

/// Nil for what is not there, noted for strict templates.
fn lax<'v>(
    found: Option<ValueCow<'v>>,
    path: &[ScalarCow<'_>],
    registers: &Registers,
) -> ValueCow<'v> {
    found.unwrap_or_else(|| {
        let mut undefined = registers.get_mut::<Undefined>();
        if undefined.wanted && undefined.paths.len() < NOTED {
            let parts: Vec<_> = path.iter().map(|part| part.to_kstr().into_string()).collect();
            undefined.paths.insert(parts.join("."));
        }
        ValueCow::Owned(Liquid::Nil)
    })
}

impl Runtime for Root<'_> {
    fn partials(&self) -> &dyn PartialStore {
        self.partials
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        None
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        self.globals.keys().collect()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let name = name(path);
        if let Some(value) = self.alias(name.as_str(), path) {
            return value;
        }
        for own in [&self.assigned, &self.counters] {
            let own = own.borrow();
            if let Some(value) = own.get(name.as_str()) {
                return find(value, path).map(|found| ValueCow::Owned(found.into_owned()));
            }
        }
        find(self.globals.get(&name)?, path)
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        Ok(lax(self.try_get(path), path, &self.registers))
    }

    fn set_global(&self, name: KString, value: Liquid) -> Option<Liquid> {
        self.registers.get_mut::<Aliases>().0.remove(&name);
        self.assigned.borrow_mut().insert(name, value)
    }

    fn set_index(&self, name: KString, value: Liquid) -> Option<Liquid> {
        self.counters.borrow_mut().insert(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        if let Some(global) = name.strip_prefix(GLOBAL_MARK) {
            return self.globals.get(global).map(ValueCow::Borrowed);
        }
        self.counters.borrow().get(name).map(|value| ValueCow::Owned(value.clone()))
    }

    fn registers(&self) -> &Registers {
        &self.registers
    }
}

/// A few names in front of those of `parent`.
pub(super) struct Frame<'f> {
    parent: &'f dyn Runtime,
    names: &'f [(&'f str, &'f dyn ValueView)],
    kind: FrameKind<'f>,
}

enum FrameKind<'f> {
    Open,
    /// Only bengal's own names are seen through it, and what is assigned stays in it.
    Isolated(&'f RefCell<Object>),
}

impl<'f> Frame<'f> {
    /// A frame through which everything of `parent` is seen.
    pub fn open(parent: &'f dyn Runtime, names: &'f [(&'f str, &'f dyn ValueView)]) -> Self {
        Self { parent, names, kind: FrameKind::Open }
    }

    /// A frame through which only the names in [`GLOBALS`] are seen; `assigned` takes what is
    /// assigned within.
    pub fn isolated(
        parent: &'f dyn Runtime,
        names: &'f [(&'f str, &'f dyn ValueView)],
        assigned: &'f RefCell<Object>,
    ) -> Self {
        Self { parent, names, kind: FrameKind::Isolated(assigned) }
    }
}

/// The names that bengal defines in every template.
pub(super) const GLOBALS: &[&str] = &["site", "page", "content", "paginator"];

/// What a name begins with that means one of bengal's own, whatever loops or `assign` made of it since.
/// Asked for as a counter, which every frame hands on to the root as it is; no tag can name one so.
const GLOBAL_MARK: &str = "global:";

/// The names in [`GLOBALS`], marked.
const MARKED: &[&str] = &["global:site", "global:page", "global:content", "global:paginator"];

/// `name` with [`GLOBAL_MARK`], where it is one of bengal's own.
fn marked(name: &str) -> Option<&'static str> {
    MARKED.iter().copied().find(|marked| marked.strip_prefix(GLOBAL_MARK) == Some(name))
}

impl Runtime for Frame<'_> {
    fn partials(&self) -> &dyn PartialStore {
        self.parent.partials()
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        self.parent.name()
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        let mut roots = self.parent.roots();
        roots.extend(self.names.iter().map(|(name, _)| KStringCow::from_ref(name)));
        roots
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let name = name(path);
        if let Some((_, value)) = self.names.iter().find(|(own, _)| *own == name.as_str()) {
            return find(*value, path);
        }
        if let FrameKind::Isolated(assigned) = &self.kind {
            if let Some(value) = assigned.borrow().get(name.as_str()) {
                return find(value, path).map(|found| ValueCow::Owned(found.into_owned()));
            }
            return match self.parent.get_index(marked(name.as_str())?)? {
                ValueCow::Borrowed(global) => find(global, path),
                ValueCow::Owned(_) => None,
            };
        }
        self.parent.try_get(path)
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        Ok(lax(self.try_get(path), path, self.registers()))
    }

    fn set_global(&self, name: KString, value: Liquid) -> Option<Liquid> {
        match &self.kind {
            FrameKind::Open => self.parent.set_global(name, value),
            FrameKind::Isolated(assigned) => assigned.borrow_mut().insert(name, value),
        }
    }

    fn set_index(&self, name: KString, value: Liquid) -> Option<Liquid> {
        self.parent.set_index(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        self.parent.get_index(name)
    }

    fn registers(&self) -> &Registers {
        self.parent.registers()
    }
}

//! Results that are remembered: when, and how they are computed.

use std::sync::Arc;

use super::expression::{NOTED, address};
use super::{Renderer, Scene, Variable};
use crate::ast::{Expression, Filtered, Path, Root};
use crate::error::RenderError;
use crate::host::NoSite;
use crate::inputs::{inputs, is_computed};
use crate::memo::{Entry, Input, Key, Memo};
use crate::value::{Object, Value};

/// What an expression that may be remembered begins with.
enum Beginning<'m> {
    /// A name of the host's that lasts.
    Lasting,
    /// A variable whose value is remembered.
    Variable(Arc<Entry<'m>>),
}

/// What was found out of an expression.
type Found<'m> = Result<Option<Arc<Entry<'m>>>, Box<RenderError>>;

/// A result that was computed.
type Computed<'m> = Result<Arc<Entry<'m>>, Box<RenderError>>;

/// No names.
#[derive(Debug)]
struct Nothing;

impl Object for Nothing {
    fn get(&self, _name: &str) -> Option<Value<'_>> {
        None
    }

    fn names<'s>(&'s self, _each: &mut dyn FnMut(&'s str)) {}
}

impl<'m: 'v, 'v> Renderer<'m, 'v> {
    /// The result of `filtered`, where it is one to be remembered.
    pub(super) fn remembered(&mut self, filtered: &'m Filtered) -> Found<'m> {
        match (&filtered.remembered, self.scene.memo) {
            (Some(remembered), Some(memo)) => {
                self.look_up_or_compute(filtered, remembered.id, memo)
            }
            _ => Ok(None),
        }
    }

    fn look_up_or_compute(
        &mut self,
        filtered: &'m Filtered,
        expression: u32,
        memo: &'m Memo<'m>,
    ) -> Found<'m> {
        let Some((name, beginning)) = self.beginning(filtered) else { return Ok(None) };
        let mut paths = Vec::new();
        inputs(filtered, &mut |path| {
            if !self.is_lasting(path) {
                paths.push(path);
            }
        });
        let mut values = Vec::with_capacity(paths.len());
        for path in &paths {
            // What is computed may depend on each item, and have undefined names of its own.
            if is_computed(path) {
                return Ok(None);
            }
            let input = match self.find(path)? {
                Some(value) => Input::of(&value),
                None => Some(Input::Undefined),
            };
            match input {
                Some(input) => values.push(input),
                None => return Ok(None),
            }
        }
        let root = match &beginning {
            Beginning::Lasting => None,
            Beginning::Variable(entry) => Some(entry.number),
        };
        let key = Key { expression, root, inputs: values.into() };
        let entry = match memo.get(&key) {
            Some(entry) => entry,
            None => self.compute(filtered, memo, key, &paths, name, beginning)?,
        };
        (self.scene.watch.again)(&entry.noted);
        let offset = filtered.filters.first().map_or(0, |call| call.offset);
        self.counted(offset, self.budget.work(entry.spent.work))?;
        self.counted(offset, self.budget.made(entry.spent.made))?;
        if self.scene.strict {
            for undefined in &entry.undefined {
                if self.undefined.len() < NOTED && !self.undefined.contains(undefined) {
                    self.undefined.push(undefined.clone());
                }
            }
        }
        Ok(Some(entry))
    }

    /// Computes a result with nothing in sight but what lasts and what is in the key.
    fn compute(
        &self,
        filtered: &'m Filtered,
        memo: &'m Memo<'m>,
        key: Key,
        paths: &[&'m Path],
        name: &'m str,
        beginning: Beginning<'m>,
    ) -> Computed<'m> {
        let Scene { lasting, partials, now, zone, watch, strict, .. } = self.scene;
        let globals: &'m dyn Object = &Nothing;
        let (none, seed, host) = (None, "", &NoSite);
        let scene =
            Scene { lasting, globals, partials, memo: none, now, zone, seed, host, watch, strict };
        let mut alone: Renderer<'m, 'm> = Renderer::new(scene, self.template);
        alone.included_from.clone_from(&self.included_from);
        alone.budget = self.budget.clone();
        let inputs = key.inputs.iter().map(Input::value);
        alone.captured = paths.iter().map(|path| address(path)).zip(inputs).collect();
        if let Beginning::Variable(entry) = beginning {
            let value = entry.value.clone();
            alone.locals.push(Variable::new(name, value));
        }
        (watch.begin)();
        let value = alone.evaluate(filtered);
        let noted = (watch.end)();
        let value = value?;
        let spent = alone.budget.since(&self.budget);
        Ok(memo.put(key, value, alone.undefined.into(), spent, noted))
    }

    /// What `filtered` begins with, where that is a name whose value lasts.
    fn beginning(&self, filtered: &'m Filtered) -> Option<(&'m str, Beginning<'m>)> {
        let Expression::Path(Path { root: Root::Name(name), .. }) = &filtered.value else {
            return None;
        };
        if let Some(variable) = self.variable(name) {
            let entry = variable.entry.as_ref()?;
            return Some((name, Beginning::Variable(Arc::clone(entry))));
        }
        self.is_name_lasting(name).then_some((name, Beginning::Lasting))
    }

    fn is_lasting(&self, path: &Path) -> bool {
        matches!(&path.root, Root::Name(name) if self.is_name_lasting(name))
    }

    /// Whether `name` stands for something that is the same in every rendering.
    fn is_name_lasting(&self, name: &str) -> bool {
        self.variable(name).is_none()
            && !self.counters.iter().any(|(own, _)| *own == name)
            && self.scene.globals.get(name).is_none()
            && self.scene.lasting.get(name).is_some()
    }
}

//! Filters and tags of plugins in templates.
//!
//! What a plugin makes is a plain value: its own, or its input as it came.
#![expect(unsafe_code, reason = "a plugin's functions are called")]

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bengal_liquid::filter::{Arguments, Filter, FilterError, Filtered, Surroundings};
use bengal_liquid::tag::{Body, Given, Syntax, Tag};
use bengal_liquid::value::{Map as LiquidMap, Value as Liquid};
use bengal_plugin::abi::{self, Bytes};

use super::Shared;
use super::call::{Arenas, Call, Node, Role};
use super::register::{FilterSpec, Purity, Signature, TagSpec};
use crate::incremental::read::{self, What};
use crate::template::Bodiless;
use crate::value::{Map, Value};

/// What both kinds need besides their functions.
#[derive(Debug)]
struct Seat {
    plugin: String,
    shared: Arc<Shared>,
    /// Held during calls of what is not safe on several threads.
    turn: Mutex<()>,
}

impl Seat {
    fn new(plugin: &str, shared: &Arc<Shared>) -> Self {
        Self { plugin: plugin.to_owned(), shared: Arc::clone(shared), turn: Mutex::new(()) }
    }

    /// Waits until no other thread is in what is not safe on several. Meanwhile this one renders no body, as
    /// that may want the same turn.
    fn turn(&self, signature: &Signature) -> Option<(Bodiless, MutexGuard<'_, ()>)> {
        let wait = || self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        (!signature.thread_safe).then(|| (Bodiless::begin(), wait()))
    }

    /// What is rendered now may be another the next time, though all that it reads is the same.
    fn note(&self, signature: &Signature) {
        if signature.purity == Purity::Volatile {
            read::note(What::Volatile);
        }
    }

    fn failed(&self, error: &crate::pipeline::StageError) -> FilterError {
        FilterError::Argument(format!("the plugin {}: {error}", self.plugin))
    }
}

/// A filter.
#[derive(Debug)]
pub(super) struct PluginFilter {
    spec: Arc<FilterSpec>,
    /// Borrowed from by [`Filter::named`].
    named: Vec<&'static str>,
    seat: Seat,
}

impl PluginFilter {
    pub fn new(spec: &Arc<FilterSpec>, plugin: &str, shared: &Arc<Shared>) -> Self {
        let named = leaked(&spec.signature.named);
        Self { spec: Arc::clone(spec), named, seat: Seat::new(plugin, shared) }
    }
}

/// The handles of arguments: positional, and those with names as a map.
fn handles<'c>(
    call: &mut Call<'c>,
    arguments: &Arguments<'_, 'c>,
) -> (Vec<abi::Handle>, abi::Handle) {
    let mut positional = Vec::with_capacity(arguments.positional.len());
    for value in arguments.positional {
        let node = call.take(value.clone());
        positional.push(call.handle(node));
    }
    let entry = |(name, value): &(&str, Liquid<'c>)| (Liquid::text(*name), value.clone());
    let named = Liquid::Map(Arc::new(LiquidMap(arguments.named.iter().map(entry).collect())));
    let named = call.take(named);
    (positional, call.handle(named))
}

impl Filter for PluginFilter {
    fn name(&self) -> &str {
        &self.spec.signature.name
    }

    fn arguments(&self) -> RangeInclusive<usize> {
        let (least, most) = self.spec.signature.arguments;
        least..=most
    }

    fn named(&self) -> &[&str] {
        &self.named
    }

    fn is_pure(&self) -> bool {
        self.spec.signature.purity == Purity::Pure
    }

    fn run<'v>(
        &self,
        input: Liquid<'v>,
        arguments: &Arguments<'_, 'v>,
        _surroundings: &Surroundings<'_>,
    ) -> Filtered<'v> {
        let Some(apply) = self.spec.raw.apply else { return Ok(Liquid::Nil) };
        self.seat.note(&self.spec.signature);
        let _turn = self.seat.turn(&self.spec.signature);
        let arenas = Arenas::default();
        let Seat { plugin, shared, .. } = &self.seat;
        let mut call = Call::new(plugin, shared, None, &arenas, Role::Template);
        let node = call.take(input.clone());
        let given = call.handle(node);
        let (positional, named) = handles(&mut call, arguments);
        let mut result = 0;
        // SAFETY: the plugin has registered the function for this state; the handles, and the room for one, live
        // until it returns.
        let status = call.run(|call| unsafe {
            let (values, count) = (positional.as_ptr(), positional.len());
            apply(self.spec.raw.state, call, given, values, count, named, &raw mut result)
        });
        let made = if result == given { None } else { Some(made(&mut call, result)) };
        call.outcome(status).map_err(|error| self.seat.failed(&error))?;
        let made = made.unwrap_or(input);
        bengal_liquid::limits::text_bytes(made.as_str().map_or(0, str::len))?;
        Ok(made)
    }
}

/// What the plugin has made.
fn made(call: &mut Call<'_>, result: abi::Handle) -> Liquid<'static> {
    match call.node(result) {
        // Bytes that are text are text.
        Node::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Liquid::text(text),
            Err(_) => {
                call.fail("it made bytes that are no text");
                Liquid::Nil
            }
        },
        node => call.copy(node).map_or(Liquid::Nil, |value| of_value(&value)),
    }
}

/// A tag.
#[derive(Debug)]
pub(super) struct PluginTag {
    spec: Arc<TagSpec>,
    seat: Seat,
}

impl PluginTag {
    pub fn new(spec: &Arc<TagSpec>, plugin: &str, shared: &Arc<Shared>) -> Self {
        Self { spec: Arc::clone(spec), seat: Seat::new(plugin, shared) }
    }

    /// Why the plugin takes no such arguments.
    fn wrong(&self, arguments: &Arguments<'_, '_>) -> Option<String> {
        let Signature { arguments: (least, most), named, .. } = &self.spec.signature;
        let count = arguments.positional.len();
        if self.spec.raw.syntax == abi::SYNTAX_ARGUMENTS && !(*least..=*most).contains(&count) {
            return Some(format!("it takes {least} to {most} arguments, and is given {count}"));
        }
        let known = |name: &str| named.iter().any(|known| known == name);
        let (unknown, _) = arguments.named.iter().find(|(name, _)| !known(name))?;
        Some(format!("it takes no argument `{unknown}`"))
    }
}

impl Tag for PluginTag {
    fn name(&self) -> &str {
        &self.spec.signature.name
    }

    fn body(&self) -> Body {
        match self.spec.raw.body {
            abi::BODY_RENDERED => Body::Rendered,
            abi::BODY_RAW => Body::Raw,
            _ => Body::None,
        }
    }

    fn syntax(&self) -> Syntax {
        match self.spec.raw.syntax {
            abi::SYNTAX_ARGUMENTS => Syntax::Arguments,
            _ => Syntax::Text,
        }
    }

    fn run(
        &self,
        given: &Given<'_, '_>,
        _surroundings: &Surroundings<'_>,
        out: &mut String,
    ) -> Result<(), FilterError> {
        if let Some(wrong) = self.wrong(&given.arguments) {
            return Err(FilterError::Argument(wrong));
        }
        let Some(render) = self.spec.raw.render else { return Ok(()) };
        self.seat.note(&self.spec.signature);
        let _turn = self.seat.turn(&self.spec.signature);
        let arenas = Arenas::default();
        let Seat { plugin, shared, .. } = &self.seat;
        let mut call = Call::new(plugin, shared, None, &arenas, Role::Template);
        let (positional, named) = handles(&mut call, &given.arguments);
        let markup = Bytes::of(given.text.as_bytes());
        let content = Bytes::of(given.body.unwrap_or_default().as_bytes());
        let mut result = 0;
        // SAFETY: the plugin has registered the function for this state; the handles and bytes, and the room for
        // one handle, live until it returns.
        let status = call.run(|call| unsafe {
            let (values, count) = (positional.as_ptr(), positional.len());
            let (state, result) = (self.spec.raw.state, &raw mut result);
            render(state, call, markup, values, count, named, content, result)
        });
        let made = made(&mut call, result);
        call.outcome(status).map_err(|error| self.seat.failed(&error))?;
        let text = made.to_text();
        bengal_liquid::limits::text_bytes(text.len())?;
        out.push_str(&text);
        Ok(())
    }
}

/// Names that live as long as the process, as the plugin that gave them does.
fn leaked(names: &[String]) -> Vec<&'static str> {
    names.iter().map(|name| &*Box::leak(name.clone().into_boxed_str())).collect()
}

/// A value as templates have it.
fn of_value(value: &Value) -> Liquid<'static> {
    match value {
        Value::Nil => Liquid::Nil,
        Value::Bool(value) => Liquid::Bool(*value),
        Value::Int(number) => Liquid::Int(*number),
        Value::Float(number) => Liquid::Float(*number),
        Value::Text(text) => Liquid::text(text.as_str()),
        Value::List(list) => Liquid::list(list.iter().map(of_value).collect()),
        Value::Map(map) => {
            let entries =
                map.iter().map(|(key, value)| (Liquid::text(key.as_str()), of_value(value)));
            Liquid::Map(Arc::new(LiquidMap(entries.collect())))
        }
    }
}

/// How deep a value of a template may nest to be copied.
const DEPTH: usize = 64;

/// A copy of a value of a template; `None` where it nests too deeply, as objects of the site may in circles.
pub(super) fn plain(value: &Liquid<'_>) -> Option<Value> {
    copied(value, DEPTH)
}

fn copied(value: &Liquid<'_>, depth: usize) -> Option<Value> {
    let below = depth.checked_sub(1)?;
    Some(match value {
        Liquid::Nil | Liquid::Empty | Liquid::Blank => Value::Nil,
        Liquid::Bool(value) => Value::Bool(*value),
        Liquid::Int(number) => Value::Int(*number),
        Liquid::Float(number) => Value::Float(*number),
        Liquid::Str(_) | Liquid::Text(_) | Liquid::Date(_) => {
            Value::Text((&*value.to_text()).into())
        }
        Liquid::Range(..) | Liquid::List(_) | Liquid::Items(_) => {
            let length = value.len().unwrap_or(0).min(bengal_liquid::limits::LIST_ITEMS);
            let items = (0..length).filter_map(|index| value.item(index));
            Value::List(items.map(|item| copied(&item, below)).collect::<Option<_>>()?)
        }
        Liquid::Object(_) | Liquid::Map(_) | Liquid::Loop(_) => {
            let fields = value.fields().into_iter();
            let entries =
                fields.map(|(key, value)| Some(((&*key.to_text()).into(), copied(&value, below)?)));
            Value::Map(entries.collect::<Option<Map>>()?)
        }
    })
}

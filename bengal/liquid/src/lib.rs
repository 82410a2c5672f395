//! Liquid, for bengal: the template language of Shopify and Jekyll, as Liquid 5 for Ruby has it.
//!
//! ```text
//! text ─▶ scan ─▶ parser ─▶ Template ─▶ render ─▶ text
//!                 Language              Scene
//! ```
//!
//! A [`language::Language`] has the tags and filters there are, and reads texts into
//! [`template::Template`]s, each once. A template is rendered as often as one likes, with a
//! [`render::Scene`]: the names it sees, the partials there are, the clock.
//!
//! ```
//! # use bengal_liquid::{date::Date, host::NoSite, language::Language, value::{Object, Value}};
//! # use bengal_liquid::render::{Partial, Partials, Scene};
//! # #[derive(Debug)] struct Names;
//! # impl Object for Names {
//! #     fn get(&self, name: &str) -> Option<Value<'_>> { (name == "who").then_some(Value::Str("world")) }
//! #     fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) { each("who"); }
//! # }
//! # impl Partials for Names { fn partial(&self, _: &str) -> Partial<'_> { Partial::Missing } }
//! # let scene = Scene { lasting: &Names, globals: &Names, partials: &Names, memo: None,
//! #     now: Date { seconds: 0, nanoseconds: 0, offset: 0 }, zone: &jiff::tz::TimeZone::UTC, seed: "",
//! #     host: &NoSite, watch: bengal_liquid::watch::Watch::NONE, strict: false };
//! let template = Language::new().parse("greeting", "Hello, {{ who | upcase }}!").unwrap();
//! let mut out = String::new();
//! template.render(scene, &mut out).unwrap();
//! assert_eq!(out, "Hello, WORLD!");
//! ```
//!
//! * A template's text is cut into text, outputs and tags (`scan`), read (`parser`) into a tree (`ast`),
//!   and rendered from that ([`render`]). What a text alone can have wrong is found when it is read:
//!   every fault, with its byte and the nearest known name ([`error`]).
//! * A [`value::Value`] is 24 bytes and borrows from the host's model: its lists and objects are traits,
//!   and no filter copies what it hands on. Rendering allocates for texts and lists that filters make
//!   and for loops that are kept as values, for nothing else; `tests/allocation.rs` counts.
//! * Filters are functions in static tables ([`filters`]), or the host's ([`filter::Filter`]); tags are the
//!   language's own, or the host's ([`tag::Tag`]; Jekyll's are in [`tags`]). What they ask of the
//!   program around them is [`host::Host`]'s.
//! * What templates make of names that last is remembered for the build ([`memo`]), so that a list of the
//!   whole site in every page's layout is made once.
//! * Nothing runs for ever or takes all memory: [`limits`] names every bound.
//!
//! **Invariants:** no text and no data make it panic, hang or overflow the stack; two renderings of one
//! template with the same scene give the same bytes; whether something was remembered does not show.

mod ast;
pub mod date;
pub mod error;
pub mod filter;
pub mod filters;
mod forloop;
pub mod host;
mod inputs;
pub mod json;
pub mod language;
pub mod limits;
pub mod memo;
mod parser;
pub mod render;
mod scan;
pub mod tag;
pub mod tags;
pub mod template;
pub mod value;
pub mod watch;

//! bengal: a static site generator whose build is a chain of stages.
//!
//! ```text
//! discover ─▶ parse ─▶ taxonomy ─▶ render ─▶ write
//! ```
//!
//! [`build::build`] reads a site's configuration ([`config`]) and templates ([`template`]), and runs
//! the chain ([`pipeline`]) of the five built-in [`stages`]:
//!
//! * **discover** walks the site's folders and sends out what it finds;
//! * **parse** reads a file: front matter and the rest of the [`content`] model, Markdown
//!   ([`markdown`], and its code by [`highlight`]), [`data`]; the HTML goes to the body [`store`], so
//!   that little waits;
//! * **taxonomy** is the barrier: when every page is there, it puts the [`site`] together: tree,
//!   order, terms, menus;
//! * **render** makes each page of its template, the site's or the embedded [`theme`]'s, and its body;
//!   Liquid itself is the crate [`bengal_liquid`];
//! * **write** puts it into the [`output`] directory; the [`manifest`] knows which files bengal wrote.
//!
//! `serve` (a feature, on by default) builds a site whenever it changes, and shows it. What `bengal
//! new` makes is [`scaffold`]'s. What others add to a build is a [`plugin`].
//!
//! A build does again only what changed since the last: [`incremental`].
//!
//! What each stage allocates and holds is in the books of [`memory`]; what is kept of a build is a
//! [`bengal_metrics::Record`], and for [`perf`] to show. What a site's author did wrong is a [`diagnostic`];
//! [`cli`] shows it. Where that is asked for, a build is watched more closely: [`profile`].

pub mod build;
pub mod cli;
pub mod config;
pub mod content;
pub mod data;
pub mod diagnostic;
pub mod figures;
pub mod highlight;
pub mod incremental;
pub mod manifest;
pub mod markdown;
pub mod memory;
pub mod output;
pub mod perf;
pub mod pipeline;
pub mod plugin;
pub mod process;
pub mod profile;
mod replace;
pub mod scaffold;
#[cfg(feature = "serve")]
pub mod serve;
pub mod site;
pub mod stages;
pub mod store;
pub mod template;
pub mod theme;
pub mod value;
pub mod yaml;

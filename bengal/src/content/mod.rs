//! The content model: what a Markdown file says of itself, before any other page is known.

pub mod date;
pub mod fields;
pub mod forms;
pub mod front_matter;
pub mod menu;
pub mod page;
pub mod permalink;
pub mod slug;

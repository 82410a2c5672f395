//! Liquid, for bengal.

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

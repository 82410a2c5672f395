//! Liquid, for bengal.

pub mod date;
pub mod filter;
pub mod filters;
pub mod limits;
pub mod value;

//! The filters that come with the language.

use crate::filter::Builtin;

/// The standard filters, in the order of their names.
pub const STANDARD: &[Builtin] = &[];

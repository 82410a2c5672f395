//! Jekyll's filters but those of URLs, which are the site's.
//!
//! **Invariant:** what a filter makes is counted against [`crate::limits`] while it grows, lists nest at
//! most [`NESTING`] deep, and no input makes a filter panic. Text that comes out as it went in is handed
//! on, not copied.
//!
//! Three names are Shopify's too, and serve both here:
//!
//! * `where` and `find`: see [`select`];
//! * `sort`: with one argument or none it is Shopify's, with `"first"` or `"last"` as second argument
//!   Jekyll's: see [`sort`].
//!
//! Absent on purpose: `scssify` and `sassify` (a Sass compiler is no business of a template), and
//! `where_exp`, `find_exp` and `group_by_exp`, which evaluate expressions.

mod dates;
mod json;
mod lists;
mod select;
mod slug;
mod smart;
mod sort;
mod text;

#[cfg(test)]
mod tests;

use super::{encode, filter};
use crate::filter::Builtin;
pub(crate) use select::Groups;

/// How deep lists that filters make may nest: dropping, comparing and showing them is recursive.
const NESTING: usize = 64;

/// Jekyll's filters, in the order of their names.
pub const JEKYLL: &[Builtin] = &[
    filter("array_to_sentence_string", (0, 1), lists::array_to_sentence_string),
    filter("cgi_escape", (0, 0), encode::url_encode),
    filter("date_to_long_string", (0, 2), dates::date_to_long_string),
    filter("date_to_rfc822", (0, 0), dates::date_to_rfc822),
    filter("date_to_string", (0, 2), dates::date_to_string),
    filter("date_to_xmlschema", (0, 0), dates::date_to_xmlschema),
    filter("find", (1, 2), select::find),
    filter("group_by", (1, 1), select::group_by),
    filter("inspect", (0, 0), text::inspect),
    filter("jsonify", (0, 0), json::jsonify),
    filter("markdownify", (0, 0), text::markdownify),
    filter("normalize_whitespace", (0, 0), super::text::squish),
    filter("number_of_words", (0, 1), text::number_of_words),
    filter("pop", (0, 1), lists::pop),
    filter("push", (1, 1), lists::push),
    filter("sample", (0, 1), lists::sample),
    filter("shift", (0, 1), lists::shift),
    filter("slugify", (0, 1), slug::slugify),
    filter("smartify", (0, 0), smart::smartify),
    filter("sort", (0, 2), sort::sort),
    filter("strip_index", (0, 0), text::strip_index),
    filter("to_integer", (0, 0), text::to_integer),
    filter("unshift", (1, 1), lists::unshift),
    filter("uri_escape", (0, 0), text::uri_escape),
    filter("where", (1, 2), select::select),
    filter("xml_escape", (0, 0), text::xml_escape),
];

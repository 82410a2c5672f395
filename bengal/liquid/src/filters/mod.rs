//! The filters that come with the language: Shopify's, with the results of Liquid 5 for Ruby.

mod date;
mod encode;
mod input;
mod jekyll;
mod list;
mod number;
mod parts;
mod sort;
mod text;
mod unique;

pub(crate) use jekyll::Groups;
pub use jekyll::JEKYLL;

use crate::filter::{Builtin, Run};

/// The standard filters, in the order of their names.
pub const STANDARD: &[Builtin] = &[
    filter("abs", (0, 0), number::abs),
    filter("append", (1, 1), text::append),
    filter("at_least", (1, 1), number::at_least),
    filter("at_most", (1, 1), number::at_most),
    filter("base64_decode", (0, 0), encode::base64_decode),
    filter("base64_encode", (0, 0), encode::base64_encode),
    filter("base64_url_safe_decode", (0, 0), encode::base64_url_safe_decode),
    filter("base64_url_safe_encode", (0, 0), encode::base64_url_safe_encode),
    filter("capitalize", (0, 0), text::capitalize),
    filter("ceil", (0, 0), number::ceil),
    filter("compact", (0, 1), list::compact),
    filter("concat", (1, 1), list::concat),
    filter("date", (1, 1), date::date),
    Builtin { named: &["allow_false"], ..filter("default", (0, 1), list::default) },
    filter("divided_by", (1, 1), number::divided_by),
    filter("downcase", (0, 0), text::downcase),
    filter("escape", (0, 0), encode::escape),
    filter("escape_once", (0, 0), encode::escape_once),
    filter("find", (1, 2), list::find),
    filter("find_index", (1, 2), list::find_index),
    filter("first", (0, 0), list::first),
    filter("floor", (0, 0), number::floor),
    filter("h", (0, 0), encode::escape),
    filter("has", (1, 2), list::has),
    filter("join", (0, 1), parts::join_items),
    filter("last", (0, 0), list::last),
    filter("lstrip", (0, 0), text::lstrip),
    filter("map", (1, 1), list::map),
    filter("minus", (1, 1), number::minus),
    filter("modulo", (1, 1), number::modulo),
    filter("newline_to_br", (0, 0), text::newline_to_br),
    filter("plus", (1, 1), number::plus),
    filter("prepend", (1, 1), text::prepend),
    filter("reject", (1, 2), list::reject),
    filter("remove", (1, 1), text::remove),
    filter("remove_first", (1, 1), text::replace_first),
    filter("remove_last", (1, 1), text::replace_last),
    filter("replace", (1, 2), text::replace),
    filter("replace_first", (1, 2), text::replace_first),
    filter("replace_last", (2, 2), text::replace_last),
    filter("reverse", (0, 0), list::reverse),
    filter("round", (0, 1), number::round),
    filter("rstrip", (0, 0), text::rstrip),
    filter("size", (0, 0), parts::size),
    filter("slice", (1, 2), parts::slice),
    filter("sort", (0, 1), sort::sort),
    filter("sort_natural", (0, 1), sort::sort_natural),
    filter("split", (1, 1), parts::split),
    filter("squish", (0, 0), text::squish),
    filter("strip", (0, 0), text::strip),
    filter("strip_html", (0, 0), encode::strip_html),
    filter("strip_newlines", (0, 0), text::strip_newlines),
    filter("sum", (0, 1), number::sum),
    filter("times", (1, 1), number::times),
    filter("truncate", (0, 2), parts::truncate),
    filter("truncatewords", (0, 2), parts::truncatewords),
    filter("uniq", (0, 1), list::uniq),
    filter("upcase", (0, 0), text::upcase),
    filter("url_decode", (0, 0), encode::url_decode),
    filter("url_encode", (0, 0), encode::url_encode),
    filter("where", (1, 2), list::select),
];

/// A filter without arguments that have names.
const fn filter(name: &'static str, arguments: (usize, usize), run: Run) -> Builtin {
    Builtin { name, arguments, named: &[], run }
}

#[cfg(test)]
mod tests;

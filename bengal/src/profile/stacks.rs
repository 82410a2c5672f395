//! Sampled stacks by stage: without what is the same in all of them, folded, and in tables.
//!
//! **Invariant:** a stack never becomes empty: where nothing is left of it, its innermost function is.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::rc::Rc;

use super::symbols::{Frame, Stack, crate_of};

/// The machinery of threads and of the chain, on the outside of every stack.
const AROUND: [&str; 4] = ["bengal::pipeline::", ACCOUNTING, "bengal::main", "bengal::cli::main"];

/// What counts memory while it calls what it was given.
const ACCOUNTING: &str = "bengal::memory::";

/// The crates that come with the compiler, and collections: what they allocate, they do for others.
const FOR_OTHERS: [&str; 9] =
    ["alloc", "core", "std", "hashbrown", "indexmap", "smallvec", "typed_arena", "bytes", ""];

/// What the functions of the allocator's own end in; what they call is within them.
const ALLOCATING: [&str; 5] =
    ["__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc", "__rdl_alloc", "__rust_dealloc"];

/// Functions from the inside in which those of the allocator are looked for.
const ALLOCATOR_DEPTH: usize = 24;

/// Cuts away what is around every stage's work.
pub fn without_around(mut stack: Stack) -> Stack {
    let around = |frame: &Rc<Frame>| {
        let name = frame.function.trim_start_matches('<');
        AROUND.iter().any(|part| name.starts_with(part)) || is_for_others(&frame.function)
    };
    while stack.len() > 1 && stack.last().is_some_and(around) {
        stack.pop();
    }
    stack
}

/// Cuts away the allocator, on the inside.
pub fn without_allocator(mut stack: Stack) -> Stack {
    let inside = &stack[..stack.len().min(ALLOCATOR_DEPTH)];
    let last = inside.iter().rposition(|frame| is_allocator(&frame.function));
    if let Some(last) = last {
        stack.drain(..(last + 1).min(stack.len() - 1));
    }
    stack
}

fn is_allocator(function: &str) -> bool {
    let name = function.trim_start_matches('<');
    let ends = |part: &str| name.ends_with(part);
    name.starts_with("_rjem_")
        || name.starts_with("bengal::memory::allocator::")
        || name.starts_with("alloc::alloc::")
        || name.starts_with("bengal_plugin::alloc")
        || name.starts_with("tikv_jemallocator::")
        || ALLOCATING.iter().any(|part| ends(part))
}

fn is_for_others(function: &str) -> bool {
    FOR_OTHERS.contains(&crate_of(function))
}

/// Whether what a function allocates it passes on: as the compiler's crates do, the accounting, and what
/// stands in for C's functions in code that comes from there.
fn passes_on(frame: &Frame) -> bool {
    let last = frame.function.rsplit("::").next().unwrap_or_default();
    is_for_others(&frame.function)
        || frame.function.starts_with(ACCOUNTING)
        || ["malloc", "calloc", "realloc"].iter().any(|name| last.ends_with(name))
}

/// The function that asked for what a stack's innermost does: the first that is not of the compiler's
/// crates or of a collection.
pub fn asking(stack: &[Rc<Frame>]) -> Option<&Rc<Frame>> {
    stack.iter().find(|frame| !passes_on(frame)).or(stack.first())
}

/// The function of bengal's, or of a plugin's own, on whose behalf it did.
pub fn on_behalf(stack: &[Rc<Frame>]) -> Option<&Rc<Frame>> {
    let is_own = |frame: &&Rc<Frame>| crate_of(&frame.function).starts_with("bengal");
    stack.iter().filter(is_own).find(|frame| !passes_on(frame))
}

/// A stack's functions in a line, the outermost first; the form of `flamegraph.pl`'s input.
pub fn folded<'a>(stack: impl DoubleEndedIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for function in stack.rev() {
        if !line.is_empty() {
            line.push(';');
        }
        line.extend(function.chars().map(|c| if c == ';' || c.is_control() { '_' } else { c }));
    }
    line
}

/// A name without what generics hold, which would leave no room for the rest.
pub fn without_generics(name: &str) -> String {
    let (mut short, mut depth) = (String::new(), 0_usize);
    let mut before = ' ';
    for (index, c) in name.char_indices() {
        match c {
            '<' if depth > 0
                || index > 0 && (before.is_alphanumeric() || "_}".contains(before)) =>
            {
                depth += 1;
            }
            '>' if depth > 0 && before != '-' => depth -= 1,
            c if depth == 0 => short.push(c),
            _ => {}
        }
        before = c;
    }
    short
}

/// The lines of a file of folded stacks.
pub fn folded_lines(lines: &BTreeMap<String, u64>) -> String {
    let mut text = String::new();
    for (line, value) in lines.iter().filter(|(_, value)| **value > 0) {
        // Writing to a text never fails.
        let _ = writeln!(text, "{line} {value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(functions: &[&str]) -> Stack {
        let frame =
            |name: &&str| Rc::new(Frame { function: (*name).to_owned(), ..Frame::default() });
        functions.iter().map(frame).collect()
    }

    fn names(stack: &[Rc<Frame>]) -> Vec<&str> {
        stack.iter().map(|frame| frame.function.as_str()).collect()
    }

    #[test]
    fn the_allocator_and_the_chain_are_cut_away() {
        let all = stack(&[
            "prof_backtrace_impl",
            "_rjem_malloc",
            "<bengal::memory::allocator::Accounted as core::alloc::GlobalAlloc>::alloc",
            "__rustc::__rust_alloc",
            "alloc::raw_vec::RawVec<T>::grow",
            "comrak::nodes::make",
            "<bengal::stages::parse::Parser as bengal::pipeline::stage::PerItem>::process",
            "bengal::pipeline::worker::Worker::handle",
            "std::thread::spawn",
            "start_thread",
        ]);
        let cut = without_around(without_allocator(all));
        assert_eq!(names(&cut)[0], "alloc::raw_vec::RawVec<T>::grow");
        assert_eq!(cut.len(), 3, "{cut:?}");
        assert_eq!(asking(&cut).unwrap().function, "comrak::nodes::make");
        assert!(on_behalf(&cut).unwrap().function.contains("stages::parse"));
    }

    #[test]
    fn what_is_passed_on_is_asked_for_by_another() {
        let stack = stack(&[
            "libyaml_rs::externs::malloc",
            "libyaml_rs::scanner::fetch",
            "bengal::memory::kept",
            "bengal::value::read",
        ]);
        assert_eq!(asking(&stack).unwrap().function, "libyaml_rs::scanner::fetch");
        assert_eq!(on_behalf(&stack).unwrap().function, "bengal::value::read");
    }

    #[test]
    fn something_is_always_left() {
        for functions in [&["std::a", "std::b"][..], &["_rjem_malloc"], &["_rjem_malloc", "main"]] {
            let left = without_around(without_allocator(stack(functions)));
            assert!(!left.is_empty() && asking(&left).is_some(), "{functions:?}");
        }
    }

    #[test]
    fn folded_stacks_are_a_line_each_whatever_names_hold() {
        assert_eq!(folded(["inner", "a;b\n", "outer"].into_iter()), "outer;a_b_;inner");
        let lines = BTreeMap::from([("a;b".to_owned(), 3), ("c".to_owned(), 0)]);
        assert_eq!(folded_lines(&lines), "a;b 3\n");
    }

    #[test]
    fn generics_are_left_out_and_fat_arrows_kept() {
        assert_eq!(without_generics("alloc::vec::Vec<u8, A<B>>::push"), "alloc::vec::Vec::push");
        assert_eq!(without_generics("<A<B> as C<D>>::e"), "<A as C>::e");
        assert_eq!(without_generics("call<fn(u8) -> u8>::x"), "call::x");
        assert_eq!(without_generics("{closure#0}<a::B>"), "{closure#0}");
    }
}

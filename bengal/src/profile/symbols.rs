//! What addresses in this process's code are called. The only module that names the crate `backtrace`.
//!
//! Names come from the symbols and line tables of the files that the process has mapped: its own, and
//! those of plugins. An address without any is shown as a number.

#![expect(unsafe_code, reason = "stacks are walked without a lock, from a signal's handler")]

use std::ffi::c_void;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::stacks::without_generics;

/// A function on a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame {
    /// Its name, as Rust has it, without the compiler's hash.
    pub function: String,
    /// The file of the source, where that is known.
    pub file: Option<String>,
    /// The line; 0 where it is not known.
    pub line: u32,
}

/// A stack, the innermost function first.
pub type Stack = Vec<Rc<Frame>>;

/// Addresses that were looked up, each once.
#[derive(Debug, Default)]
pub struct Symbols {
    known: FxHashMap<usize, Rc<[Rc<Frame>]>>,
}

impl Symbols {
    /// The functions of a stack of return addresses, innermost first; where functions were inlined into
    /// others, there are several for one address.
    pub fn stack(&mut self, addresses: &[usize]) -> Stack {
        addresses.iter().flat_map(|address| self.frames(*address).to_vec()).collect()
    }

    fn frames(&mut self, address: usize) -> Rc<[Rc<Frame>]> {
        let frames = self.known.entry(address).or_insert_with(|| resolve(address).into());
        Rc::clone(frames)
    }
}

fn resolve(address: usize) -> Vec<Rc<Frame>> {
    let mut frames = Vec::new();
    backtrace::resolve(address as *mut c_void, |symbol| {
        let Some(name) = symbol.name() else { return };
        let file = symbol.filename().map(|file| file.to_string_lossy().into_owned());
        let function = qualified(format!("{name:#}"), file.as_deref());
        frames.push(Rc::new(Frame { function, file, line: symbol.lineno().unwrap_or(0) }));
    });
    if frames.is_empty() {
        frames.push(Rc::new(Frame { function: format!("{address:#x}"), ..Frame::default() }));
    }
    frames
}

/// The name of a function, with its crate and module: a program with line tables alone, as a release of
/// bengal is, has bare names, and the files that say where they are from.
fn qualified(name: String, file: Option<&str>) -> String {
    if without_generics(&name).contains("::") {
        return name;
    }
    match file.and_then(module) {
        Some(module) => format!("{module}::{name}"),
        None => name,
    }
}

/// The module that a file of Rust is, as `comrak::parser` is of `…/comrak-0.59.0/src/parser/mod.rs`.
fn module(file: &str) -> Option<String> {
    let file = file.replace('\\', "/");
    let (folder, path) = file.strip_suffix(".rs")?.rsplit_once("/src/")?;
    let mut folders = folder.rsplit('/');
    let package = folders.next()?;
    let version = package
        .match_indices('-')
        .find(|(at, _)| package[at + 1..].starts_with(|first: char| first.is_ascii_digit()));
    let package = version.map_or(package, |(at, _)| &package[..at]).replace('-', "_");
    // A package whose folder has not its name.
    let parent = folders.next();
    let package =
        if (parent, &*package) == (Some("bengal"), "liquid") { "bengal_liquid" } else { &package };
    let parts = path.split('/').filter(|part| !matches!(*part, "lib" | "mod" | "main"));
    Some([package].into_iter().chain(parts).collect::<Vec<_>>().join("::"))
}

/// Walks the calling thread's stack from the inside out, while `each`, which is given addresses, says so.
/// It allocates nothing, and takes no lock of this process's.
pub fn walk(mut each: impl FnMut(usize) -> bool) {
    // SAFETY: without synchronisation it may not resolve symbols meanwhile, which it does nowhere but
    // in `resolve`, when no stack is walked any more.
    unsafe { backtrace::trace_unsynchronized(|frame| each(frame.ip() as usize)) }
}

/// The crate that a function is of; for a method of a trait, that of the type which has it.
pub fn crate_of(function: &str) -> &str {
    let name = function.trim_start_matches(['<', '&', '*', '(', '[']);
    let name =
        ["mut ", "const ", "dyn "].iter().fold(name, |name, word| name.trim_start_matches(word));
    match name.find("::") {
        Some(end) if name[..end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => {
            &name[..end]
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_of_a_function_is_that_of_its_type() {
        for (function, of) in [
            ("comrak::parser::Parser::feed", "comrak"),
            ("<alloc::vec::Vec<T> as core::clone::Clone>::clone", "alloc"),
            ("<&mut bengal::x::Y as std::io::Write>::write", "bengal"),
            ("<dyn core::any::Any>::type_id", "core"),
            ("malloc", ""),
            ("0x5581", ""),
        ] {
            assert_eq!(crate_of(function), of, "{function}");
        }
    }

    #[test]
    fn a_bare_name_is_given_its_module_by_its_file() {
        let cargo = "/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f";
        for (name, file, full) in [
            ("feed", format!("{cargo}/comrak-0.59.0/src/parser/mod.rs"), "comrak::parser::feed"),
            ("a", format!("{cargo}/b-c-0.7.1+5.3.1-0-g8/src/lib.rs"), "b_c::a"),
            (
                "push<u8, a::B>",
                "/rustc/5980/library/alloc/src/vec/mod.rs".into(),
                "alloc::vec::push<u8, a::B>",
            ),
            ("x", "/home/src/me/bengal/src/stages/parse.rs".into(), "bengal::stages::parse::x"),
            ("{closure#0}<a::B>", "bengal/src/x.rs".into(), "bengal::x::{closure#0}<a::B>"),
            ("x", "bengal/liquid/src/memo.rs".into(), "bengal_liquid::memo::x"),
            ("{closure#0}", "C:\\w\\bengal\\src\\main.rs".into(), "bengal::{closure#0}"),
            ("<a::B as c::D>::e", format!("{cargo}/f-1.0.0/src/lib.rs"), "<a::B as c::D>::e"),
            ("prof_alloc", "/x/jemalloc/src/prof.c".into(), "prof_alloc"),
        ] {
            assert_eq!(qualified(name.to_owned(), Some(&file)), full);
        }
        assert_eq!(qualified("f".to_owned(), None), "f");
    }

    #[test]
    fn the_stack_of_this_test_has_its_name_and_line() {
        let mut addresses = Vec::new();
        walk(|address| {
            addresses.push(address);
            true
        });
        let stack = Symbols::default().stack(&addresses);
        let own = "the_stack_of_this_test_has_its_name_and_line";
        let frame = stack.iter().find(|frame| frame.function.contains(own)).unwrap();
        assert!(frame.file.as_ref().unwrap().ends_with("symbols.rs") && frame.line > 0);
        assert!(!frame.function.contains("::h"), "{frame:?}");
    }
}

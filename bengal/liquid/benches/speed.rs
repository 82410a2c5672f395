//! How fast templates render, beside the crate `liquid`: both in one run, taking turns.
//!
//! `cargo bench -p bengal-liquid` prints, for each template, the time of one rendering by either, and
//! their ratio. The crate is given ready-made objects, whose making is not counted.

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use bengal_liquid::language::Language;
use bengal_liquid::memo::Memo;
use common::{Files, Globals, Lasting, Site};

/// A page's template of the plain kind: head, navigation, tags, content, footer.
const PAGE: &str = include_str!("page.liquid");

/// A list: five fields, each through two filters.
const LIST: &str = include_str!("list.liquid");

/// Turns that each takes; the fastest counts, as nothing but the other work of the machine slows one.
const TURNS: usize = 40;

fn main() {
    compare("page", PAGE, &Site::new(12));
    compare("list", LIST, &Site::new(1_000));
}

fn compare(name: &str, text: &str, site: &Site) {
    let parser = liquid::ParserBuilder::with_stdlib().build().expect("a parser");
    let theirs = parser.parse(text).expect("a template of the crate");
    let objects = site.objects(1);
    let ours = Language::new().parse(name, text).expect("a template");
    let (lasting, files, memo) =
        (Lasting(Site::new(site.pages.len())), Files::default(), Memo::new());
    let globals = Globals(&site.pages[1]);
    let (mut their_out, mut our_out) = (Vec::new(), String::new());
    let mut by_crate = || {
        their_out.clear();
        theirs.render_to(&mut their_out, &objects).expect("it renders");
    };
    let mut by_us = || {
        our_out.clear();
        ours.render(common::scene(&lasting, &globals, &files, Some(&memo)), &mut our_out)
            .expect("it renders");
    };
    let (mut fastest_crate, mut fastest) = (Duration::MAX, Duration::MAX);
    for _ in 0..TURNS {
        fastest_crate = fastest_crate.min(time(&mut by_crate));
        fastest = fastest.min(time(&mut by_us));
    }
    assert_eq!(their_out, our_out.as_bytes(), "{name} is rendered alike");
    let ratio = fastest_crate.as_secs_f64() / fastest.as_secs_f64();
    println!("{name}: {fastest:?}, the crate {fastest_crate:?}: {ratio:.2} times as fast");
}

/// The time of one call, of as many as take a hundredth of a second.
fn time(call: &mut dyn FnMut()) -> Duration {
    let begun = Instant::now();
    let mut calls = 0;
    while begun.elapsed() < Duration::from_millis(10) {
        call();
        calls += 1;
    }
    begun.elapsed() / calls
}

//! Builds with stages of one's own, in every slot of the chain.
//!
//! **Invariant:** a stage sees what the stages before it emit, each item once, and nothing else.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bengal::build::{BuildError, BuildOptions, BuildReport, Listener, build_with};
use bengal::content::page::{Body, Kind, Language, Parsed};
use bengal::pipeline::item::{FileBytes, FileCopy, Output, Source};
use bengal::pipeline::runner::Progress;
use bengal::pipeline::{Item, Outbox, PerItem, Slot, Stage, StageError, Work};

use crate::support::Site;

type Act<'c> = Box<dyn Fn(Item, &mut Outbox<'_>) -> Result<(), StageError> + Sync + Send + 'c>;
type End<'c> = Box<dyn Fn(&mut Outbox<'_>) -> Result<(), StageError> + Sync + Send + 'c>;

/// A stage that does `act` with each item, and `end` after the last.
struct Own<'c> {
    name: String,
    slot: Slot,
    act: Act<'c>,
    end: End<'c>,
}

impl Stage for Own<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn slot(&self) -> Slot {
        self.slot.clone()
    }

    fn start(&self) -> Work<'_> {
        Work::PerItem(Box::new(OwnWorker(self)))
    }
}

struct OwnWorker<'s>(&'s Own<'s>);

impl PerItem for OwnWorker<'_> {
    fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
        (self.0.act)(item, out)
    }

    fn finish(&mut self, out: &mut Outbox<'_>) -> Result<(), StageError> {
        (self.0.end)(out)
    }
}

fn before(name: &str) -> Slot {
    Slot::Before(name.to_owned())
}

fn after(name: &str) -> Slot {
    Slot::After(name.to_owned())
}

/// A stage named `own` that does `act` with each item.
fn own<'c>(
    slot: Slot,
    act: impl Fn(Item, &mut Outbox<'_>) -> Result<(), StageError> + Sync + Send + 'c,
) -> Box<dyn Stage + 'c> {
    Box::new(Own { name: "own".to_owned(), slot, act: Box::new(act), end: Box::new(|_| Ok(())) })
}

/// A stage named `own` that hands everything on, and emits `make()` at its end.
fn adding<'c>(slot: Slot, make: impl Fn() -> Item + Sync + Send + 'c) -> Box<dyn Stage + 'c> {
    let end: End<'c> = Box::new(move |out| out.emit(make()));
    Box::new(Own { name: "own".to_owned(), slot, act: Box::new(|item, out| out.emit(item)), end })
}

fn site() -> Site {
    Site::new(&[
        ("content/a.md", "---\ntitle: A\ntags: x\naliases: /old/\n---\nText.\n"),
        ("content/b.md", "---\ntitle: B\n---\nText.\n"),
        ("content/pic.png", "pic"),
        ("data/d.yaml", "k: v\n"),
        ("static/s.txt", "static\n"),
    ])
}

fn build<'s>(
    site: &Site,
    jobs: usize,
    stages: Vec<Box<dyn Stage + 's>>,
) -> Result<BuildReport, BuildError> {
    let options = BuildOptions { site: site.root(), jobs: Some(jobs), ..BuildOptions::default() };
    let listener = Listener { progress: &Progress::default(), waiting: &|| () };
    // The options outlive the stages, which may borrow from them.
    build_with(Box::leak(Box::new(options)), &listener, stages)
}

fn kind(item: &Item) -> &'static str {
    match item {
        Item::Source(_) => "source",
        Item::DataSource(_) => "data source",
        Item::Page(_) => "page",
        Item::Data(_) => "data",
        Item::File(_) => "file",
        Item::Render(_) => "render",
        Item::Output(_) => "output",
    }
}

#[test]
fn a_stage_in_each_slot_sees_what_flows_there() {
    let sources = &[("source", 2), ("data source", 1), ("file", 2)][..];
    let pages = &[("page", 2), ("data", 1), ("file", 2)][..];
    // Two pages, home, 404, a taxonomy and a term; the alias is an output already.
    let renders = &[("render", 6), ("file", 2), ("output", 1)][..];
    let outputs = &[("output", 7), ("file", 2)][..];
    for (slot, expected) in [
        (before("discover"), &[][..]),
        (after("discover"), sources),
        (before("parse"), sources),
        (after("parse"), pages),
        (before("taxonomy"), pages),
        (after("taxonomy"), renders),
        (before("render"), renders),
        (after("render"), outputs),
        (before("write"), outputs),
        (after("write"), &[]),
    ] {
        let site = site();
        let seen = Mutex::new(BTreeMap::new());
        let count = |item: Item, out: &mut Outbox<'_>| {
            *seen.lock().unwrap().entry(kind(&item)).or_insert(0) += 1;
            out.emit(item)
        };
        let report = build(&site, 3, vec![own(slot.clone(), count)]).unwrap();
        assert_eq!((report.exit_code(), report.diagnostics.len()), (0, 0), "{slot:?}");
        let seen = seen.into_inner().unwrap();
        assert_eq!(seen, expected.iter().copied().collect(), "{slot:?}");
        assert_eq!(report.outputs.written, 9, "{slot:?}");
        let names: Vec<_> = report.stages.iter().map(|stage| stage.name.as_str()).collect();
        assert_eq!(names.len(), 6, "{names:?}");
    }
}

#[test]
fn a_stage_may_drop_pages() {
    let site = site();
    let drop_b = |item: Item, out: &mut Outbox<'_>| match &item {
        Item::Page(page) if &*page.path == "b.md" => Ok(()),
        _ => out.emit(item),
    };
    build(&site, 2, vec![own(after("parse"), drop_b)]).unwrap();
    assert!(!site.path("public/b").exists());
    assert_eq!(site.read("index.html"), "home /a/\n", "and it is in no list");
    let drop_outputs = |item: Item, out: &mut Outbox<'_>| match &item {
        Item::Output(output) if output.path.starts_with("b/") => Ok(()),
        _ => out.emit(item),
    };
    build(&site, 2, vec![own(after("render"), drop_outputs)]).unwrap();
    assert!(!site.path("public/b").exists());
    assert_eq!(site.read("index.html"), "home /a/ /b/\n");
}

#[test]
fn a_stage_may_change_what_flows() {
    let site = site();
    let shout = |item: Item, out: &mut Outbox<'_>| match item {
        Item::Output(Output { path, bytes, page, made_of }) => out.emit(Item::Output(Output {
            path,
            bytes: bytes.to_ascii_uppercase(),
            page,
            made_of,
        })),
        Item::Page(mut page) => {
            page.title = format!("<{}>", page.title).into();
            out.emit(Item::Page(page))
        }
        other => out.emit(other),
    };
    build(&site, 2, vec![own(after("parse"), shout)]).unwrap();
    assert_eq!(site.read("b/index.html"), "page <B>\n<p>Text.</p>\n");
    build(&site, 2, vec![own(before("write"), shout)]).unwrap();
    assert_eq!(site.read("b/index.html"), "PAGE B\n<P>TEXT.</P>\n");
}

#[test]
fn a_stage_may_add_sources_pages_files_and_outputs() {
    let site = site();
    site.write("elsewhere/new.md", "---\ntitle: New\n---\nText.\n");
    let file: PathBuf = site.path("elsewhere/new.md");
    let source =
        || Item::Source(Source { path: Arc::from("new.md"), file: file.clone(), text: None });
    build(&site, 1, vec![adding(after("discover"), source)]).unwrap();
    assert_eq!(site.read("new/index.html"), "page New\n<p>Text.</p>\n");
    assert_eq!(site.read("index.html"), "home /a/ /b/ /new/\n");
    let page = || {
        Item::Page(Box::new(Parsed {
            path: Arc::from("made.md"),
            language: Language::OWN,
            kind: Kind::Page,
            title: "Made".into(),
            url: "/made/".into(),
            front: Default::default(),
            body: Body::default(),
        }))
    };
    build(&site, 1, vec![adding(after("parse"), page)]).unwrap();
    assert_eq!(site.read("made/index.html"), "page Made\n");
    assert_eq!(site.read("index.html"), "home /a/ /b/ /made/\n");
    assert!(!site.path("public/new").exists(), "what the stage before added is gone");
    let copy = || {
        Item::File(FileCopy {
            resource: None,
            from: FileBytes::Memory(b"x".into()),
            to: "x.txt".into(),
        })
    };
    build(&site, 1, vec![adding(before("write"), copy)]).unwrap();
    assert_eq!(site.read("x.txt"), "x");
}

#[test]
fn what_comes_after_taxonomy_is_in_no_list() {
    for slot in [after("taxonomy"), before("render"), after("render"), before("write")] {
        let site = site();
        let output = || {
            Item::Output(Output {
                path: Arc::from("feed.xml"),
                bytes: b"<feed/>".to_vec(),
                page: None,
                made_of: None,
            })
        };
        build(&site, 1, vec![adding(slot, output)]).unwrap();
        assert_eq!(site.read("feed.xml"), "<feed/>");
        assert_eq!(site.read("index.html"), "home /a/ /b/\n");
    }
}

#[test]
fn a_stage_hands_on_what_it_does_not_know() {
    for slot in [before("discover"), after("discover"), after("parse")] {
        let site = site();
        let output = || {
            Item::Output(Output {
                path: Arc::from("early.txt"),
                bytes: b"early".to_vec(),
                page: None,
                made_of: None,
            })
        };
        build(&site, 1, vec![adding(slot.clone(), output)]).unwrap();
        assert!(site.path("public/early.txt").exists(), "{slot:?}");
    }
}

#[test]
fn an_output_of_a_stage_cannot_leave_the_output_directory() {
    let site = site();
    let output = || {
        Item::Output(Output {
            path: Arc::from("../x.txt"),
            bytes: b"x".to_vec(),
            page: None,
            made_of: None,
        })
    };
    let report = build(&site, 1, vec![adding(after("render"), output)]).unwrap();
    assert_eq!(report.exit_code(), 1);
    assert!(!site.path("x.txt").exists());
}

#[test]
fn a_stage_that_fails_gives_3_with_its_name_and_its_page() {
    for (slot, named) in [
        (after("discover"), "b.md"),
        (after("parse"), "b.md"),
        (after("taxonomy"), "content/b.md"),
        (after("render"), "b/index.html"),
    ] {
        for panics in [false, true] {
            let site = site();
            let fail = |item: Item, out: &mut Outbox<'_>| {
                let is_b = match &item {
                    Item::Source(source) => &*source.path == "b.md",
                    Item::Page(page) => &*page.path == "b.md",
                    Item::Output(output) => &*output.path == "b/index.html",
                    // Pages from files come first, in the order of their paths.
                    Item::Render(render) => render.page.index() == 1,
                    _ => false,
                };
                assert!(!is_b || !panics, "it fell over");
                if is_b { Err(StageError::Failed("it gave up".to_owned())) } else { out.emit(item) }
            };
            let report = build(&site, 2, vec![own(slot.clone(), fail)]).unwrap();
            assert_eq!(report.exit_code(), 3);
            let failure = report.failure.unwrap();
            let why = if panics { "it fell over" } else { "it gave up" };
            for part in ["the stage `own` failed", named, why] {
                assert!(failure.contains(part), "{part:?} is not in {failure:?}");
            }
            assert!(!site.path("public/.bengal-tmp").exists());
            site.build_clean(&[]);
        }
    }
}

#[test]
fn a_stage_that_fails_at_its_end_is_named_too() {
    let site = site();
    let end: End<'_> = Box::new(|_| Err(StageError::Failed("at the end".to_owned())));
    let stage = Own {
        name: "last".to_owned(),
        slot: after("write"),
        act: Box::new(|item, out| out.emit(item)),
        end,
    };
    let report = build(&site, 2, vec![Box::new(stage)]).unwrap();
    assert_eq!(report.failure.as_deref(), Some("the stage `last` failed: at the end"));
    assert_eq!(report.exit_code(), 3);
}

#[test]
fn stages_that_cannot_be_ordered_are_refused_before_anything_is_built() {
    let named = |name: &str, slot: Slot| -> Box<dyn Stage> {
        let act: Act<'static> = Box::new(|item, out| out.emit(item));
        Box::new(Own { name: name.to_owned(), slot, act, end: Box::new(|_| Ok(())) })
    };
    for stages in [
        vec![named("parse", after("parse"))],
        vec![named("own", after("nothing"))],
        vec![named("own", before("own"))],
        vec![named("x", after("y")), named("y", after("x"))],
    ] {
        let site = site();
        let refused = build(&site, 1, stages);
        assert!(matches!(refused, Err(BuildError::Order(_))), "{refused:?}");
        assert!(!site.path("public").exists(), "the output directory is left as it was");
    }
}

#[test]
fn stages_of_one_slot_stand_in_the_order_given() {
    let site = site();
    let mark = |name: &'static str, slot: Slot| -> Box<dyn Stage> {
        let act: Act<'static> = Box::new(move |item, out| match item {
            Item::Output(Output { path, mut bytes, page, made_of }) => {
                bytes.extend_from_slice(name.as_bytes());
                out.emit(Item::Output(Output { path, bytes, page, made_of }))
            }
            other => out.emit(other),
        });
        Box::new(Own { name: name.to_owned(), slot, act, end: Box::new(|_| Ok(())) })
    };
    let stages = vec![
        mark("[after 1]", after("render")),
        mark("[before 1]", before("write")),
        mark("[after 2]", after("render")),
        mark("[before 2]", before("write")),
        mark("[beside]", after("[after 1]")),
    ];
    build(&site, 2, stages).unwrap();
    assert_eq!(site.read("404.html"), "404\n[after 1][beside][after 2][before 1][before 2]");
}

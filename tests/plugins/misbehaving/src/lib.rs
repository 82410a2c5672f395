//! A plugin that does what it is told to, for tests: mostly something wrong.
//!
//! Options: `fault`, what it does; `slot`, the stage that its own stands behind (`parse`), or `before:STAGE`;
//! `barrier`, whether it is one; `title`, of a page that it makes; `witness`, the address of a function that is told when it begins and ends to
//! allocate.
//!
//! A constructor takes memory before bengal has given the plugin any.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bengal_plugin::{
    Arguments, Barrier, Data, Error, Filter, Item, Items, Outbox, PerItem, Plugin, Purity,
    Registrar, Slot, Stage, Tag, Value, Work,
};

struct Misbehaving {
    fault: String,
    slot: Slot,
    barrier: bool,
    witness: usize,
    title: String,
}

/// What the constructor has made.
static CONSTRUCTED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

extern "C" fn construct() {
    if let Ok(mut constructed) = CONSTRUCTED.lock() {
        constructed.extend([1; 1000]);
    }
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "what stands in this section is called when the library is opened")]
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = construct;

/// Allocates, grows and frees in all ways, also what was made by the constructor, and keeps some.
#[expect(unsafe_code, reason = "whoever gives the option lends a function")]
fn allocate(witness: usize, number: usize) {
    // SAFETY: the option is the address of such a function.
    let witness: extern "C" fn(bool) =
        unsafe { std::mem::transmute(std::ptr::with_exposed_provenance::<()>(witness)) };
    witness(true);
    Box::leak(vec![0_u8; 10_000].into_boxed_slice());
    drop(std::hint::black_box(vec![number; 300]));
    let mut grown = vec![1_u8; 10];
    grown.extend([2; 5_000]);
    grown.shrink_to(number % 100);
    std::mem::forget(grown);
    if let Ok(mut constructed) = CONSTRUCTED.lock() {
        match number % 3 {
            0 => *constructed = vec![3; number],
            _ => constructed.extend([4; 900]),
        }
    }
    witness(false);
}

bengal_plugin::export!(Misbehaving);

impl Plugin for Misbehaving {
    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        let options = registrar.options();
        let fault = options.text("fault")?.unwrap_or("none").to_owned();
        let slot = options.text("slot")?.unwrap_or("parse");
        let slot = match slot.strip_prefix("before:") {
            Some(anchor) => Slot::before(anchor),
            None => Slot::after(slot),
        };
        let barrier = options.bool("barrier")?.unwrap_or(false);
        let title = options.text("title")?.unwrap_or_default().to_owned();
        let witness = options.int("witness")?.and_then(|address| address.try_into().ok());
        match &*fault {
            "register-error" => return Err(Error::new("it does not like Mondays")),
            "register-panic" => panic!("in register"),
            "value" => registrar.value("title", "mine")?,
            "filter-taken" => registrar.filter(Named("upcase"))?,
            "together" => registrar.filter(Together(AtomicUsize::new(0)))?,
            "read" => registrar.filter(Read)?,
            "titles" => registrar.filter(Titles)?,
            "long" => registrar.filter(Long)?,
            "tag-taken" => registrar.tag(Named("if"))?,
            "template" => registrar.template("../x", "")?,
            _ => {}
        }
        let witness = witness.unwrap_or(0);
        registrar.stage(Self { fault, slot, barrier, witness, title })
    }
}

impl Drop for Misbehaving {
    fn drop(&mut self) {
        assert!(self.fault != "stage-drop-panic", "as it is dropped");
    }
}

struct Named(&'static str);

impl Filter for Named {
    fn name(&self) -> &str {
        self.0
    }

    fn apply(&self, _: Value<'_>, _: &Arguments<'_>) -> Result<Data, Error> {
        Ok(Data::Nil)
    }
}

/// A filter that says what it reads.
struct Read;

impl Filter for Read {
    fn name(&self) -> &str {
        "read"
    }

    fn purity(&self) -> Purity {
        Purity::DeclaresInputs
    }

    fn apply(&self, name: Value<'_>, arguments: &Arguments<'_>) -> Result<Data, Error> {
        let name = name.as_str().unwrap_or_default();
        arguments.declare_input(&format!("notes/{name}"))?;
        arguments.log(name);
        Ok(Data::Nil)
    }
}

/// A filter that counts the pages of another title than its argument, for measurements.
struct Titles;

impl Filter for Titles {
    fn name(&self) -> &str {
        "titles"
    }

    fn arguments(&self) -> RangeInclusive<u32> {
        1..=1
    }

    fn apply(&self, pages: Value<'_>, arguments: &Arguments<'_>) -> Result<Data, Error> {
        let own = arguments.index(0).and_then(Value::as_str);
        let is_other = |page: &Value<'_>| page.get("title").and_then(Value::as_str) != own;
        Ok(pages.iter().filter(is_other).count().into())
    }
}

/// A filter that makes more than a filter may.
struct Long;

impl Filter for Long {
    fn name(&self) -> &str {
        "long"
    }

    fn apply(&self, _: Value<'_>, _: &Arguments<'_>) -> Result<Data, Error> {
        Ok("x".repeat(17 << 20).into())
    }
}

/// What panics once more when it is dropped.
struct Twice;

impl Drop for Twice {
    fn drop(&mut self) {
        panic!("as it is dropped");
    }
}

/// A filter that waits until it is called on a second thread: `alone` when none comes.
struct Together(AtomicUsize);

impl Filter for Together {
    fn name(&self) -> &str {
        "together"
    }

    fn apply(&self, pages: Value<'_>, _: &Arguments<'_>) -> Result<Data, Error> {
        let titles = pages.iter().filter_map(|page| page.get("title")?.as_str()).count();
        self.0.fetch_add(1, Ordering::SeqCst);
        let begun = Instant::now();
        while self.0.load(Ordering::SeqCst) < 2 && begun.elapsed() < Duration::from_secs(20) {
            std::thread::yield_now();
        }
        let alone = self.0.load(Ordering::SeqCst) < 2;
        Ok(format!("{} {titles}", if alone { "alone" } else { "together" }).into())
    }
}

impl Tag for Named {
    fn name(&self) -> &str {
        self.0
    }

    fn render(&self, _: &str, _: &Arguments<'_>, _: &str) -> Result<String, Error> {
        Ok(String::new())
    }
}

impl Stage for Misbehaving {
    fn name(&self) -> &str {
        "misbehaving"
    }

    fn slot(&self) -> Slot {
        self.slot.clone()
    }

    fn items(&self) -> Items {
        match &*self.fault {
            "emit-million" | "emit-one-path" | "emit-path" | "emit-late" | "emit-output"
            | "emit-twice" => Items::NONE,
            "html-undeclared" | "set-html-undeclared" => Items::PAGE,
            "empty" => Items::SOURCE | Items::PAGE | Items::RENDER | Items::OUTPUT,
            "change" => Items::SOURCE | Items::PAGE_HTML | Items::OUTPUT | Items::FILE,
            "render" => Items::RENDER,
            _ => Items::SOURCE | Items::PAGE_HTML | Items::OUTPUT,
        }
    }

    fn start(&self) -> Work<'_> {
        assert!(self.fault != "start-panic", "in start");
        match self.barrier {
            false => Work::PerItem(Box::new(Worker { stage: self, kept: HashMap::new() })),
            true => Work::Barrier(Box::new(Worker { stage: self, kept: HashMap::new() })),
        }
    }
}

struct Worker<'s> {
    stage: &'s Misbehaving,
    kept: HashMap<String, usize>,
}

impl Worker<'_> {
    fn item(&mut self, item: &mut Item<'_>) -> Result<(), Error> {
        match &*self.stage.fault {
            "process-error" if item.path().contains('b') => {
                Err(Error::new("it does not like this"))
            }
            "panic-twice" => std::panic::panic_any(Twice),
            "process-panic" if item.path().contains('b') => panic!("in process"),
            "html-undeclared" => {
                item.get("html");
                Ok(())
            }
            "allocate" => {
                let path = item.path();
                allocate(self.stage.witness, path.bytes().map(usize::from).sum());
                Ok(())
            }
            "ask" => {
                item.path();
                Ok(())
            }
            "set-html-undeclared" => item.set("html", "<p>"),
            "set-unknown" => item.set("colour", "red"),
            "set-type" => item.set("title", 3),
            "drop" if item.path().contains('b') => item.discard(),
            "upper" if item.kind() == Items::PAGE => {
                item.set("html", item.text("html").replace("text", "TEXT"))
            }
            "front" if item.kind() == Items::SOURCE => {
                item.set("front_matter", bengal_plugin::Data::map([("title", "From a plugin")]))
            }
            "output" if item.kind() == Items::OUTPUT => {
                let title = item.get("page").and_then(|page| page.get("title"));
                let title = title.and_then(Value::as_str).unwrap_or("-");
                item.set("text", format!("{}[{title}]", item.text("text")))
            }
            "render" => {
                let kind = item.get("page").and_then(|page| page.get("kind")?.as_str());
                assert_eq!(kind, Some(item.text("kind")));
                if item.text("kind") == "404" { item.discard() } else { Ok(()) }
            }
            "grow" => {
                self.kept.insert(item.path().to_owned(), self.kept.len());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end(&mut self, out: &mut Outbox<'_>) -> Result<(), Error> {
        match &*self.stage.fault {
            "finish-error" => return Err(Error::new("it cannot end so")),
            "finish-panic" => panic!("in finish"),
            "emit-million" => {
                for number in 0..1_000_000 {
                    out.emit_page(&format!("many/{number}.md"), "x")?;
                }
            }
            "emit-one-path" => {
                let title = &self.stage.title;
                out.emit_page("twice.md", &format!("---\ntitle: {title}\n---\n"))?;
                out.emit_data("twice.yaml", title)?;
                if title == "one" {
                    out.emit_file("twice.txt", b"of a plugin")?;
                }
            }
            "emit-path" => out.emit_page("../x.md", "x")?,
            "emit-late" => out.emit_page("late.md", "x")?,
            "emit-output" => {
                out.emit_output("made.txt", b"made")?;
                out.emit_output("a/index.html", b"taken")?;
            }
            "emit-twice" => {
                out.emit_output("twice.txt", b"one")?;
                out.emit_output("twice.txt", b"two")?;
            }
            "ignored" => drop(out.emit_output("../out.txt", b"x")),
            _ => {}
        }
        Ok(())
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        assert!(self.stage.fault != "drop-panic", "as it is dropped");
    }
}

impl PerItem for Worker<'_> {
    fn process(&mut self, item: &mut Item<'_>, _out: &mut Outbox<'_>) -> Result<(), Error> {
        self.item(item)
    }

    fn finish(&mut self, out: &mut Outbox<'_>) -> Result<(), Error> {
        self.end(out)
    }
}

impl Barrier for Worker<'_> {
    fn process(&mut self, item: &mut Item<'_>) -> Result<(), Error> {
        self.item(item)
    }

    fn finish(
        mut self: Box<Self>,
        items: &mut [Item<'_>],
        out: &mut Outbox<'_>,
    ) -> Result<(), Error> {
        if self.stage.fault == "count" {
            let paths: Vec<&str> = items.iter().map(|item| item.path()).collect();
            out.log(&paths.join(" "));
            let last = items.len() - 1;
            items[last].discard()?;
        }
        self.end(out)
    }
}

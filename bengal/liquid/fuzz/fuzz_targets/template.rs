//! Reads and renders random templates. Nothing may panic, hang or overflow the stack; every fault stands
//! within its template; and whether results are remembered does not show.
//!
//! The input is a template and two partials, `a` and `b`, parted by zero bytes.
#![no_main]

use std::sync::LazyLock;

use bengal_liquid::date::Date;
use bengal_liquid::error::{RenderError, Undefined};
use bengal_liquid::filters::JEKYLL;
use bengal_liquid::host::NoSite;
use bengal_liquid::language::Language;
use bengal_liquid::memo::Memo;
use bengal_liquid::render::{Partial, Partials, Scene};
use bengal_liquid::tags;
use bengal_liquid::template::Template;
use bengal_liquid::value::{Object, Value};
use libfuzzer_sys::fuzz_target;

const LASTING: &str = r#"{"site": {"title": "A", "n": 3, "pages": [
    {"title": "one", "date": "2024-01-02", "kind": "page", "tags": ["x", "y"], "w": 1},
    {"title": "Two", "date": "2023-01-02", "kind": "home", "tags": [], "w": 2.5},
    {"title": "drei", "date": null, "kind": "page", "w": -1}]}}"#;
const GLOBALS: &str = r#"{"page": {"title": "one", "kind": "page", "n": 1, "f": 1.5, "nothing": null,
    "list": [1, 2.5, "3", null, true, [4, 5]], "text": "a <b>c</b> ä\n", "date": "2024-02-29"}}"#;

#[derive(Debug)]
struct Data(Value<'static>);

impl Data {
    fn of(json: &str) -> Self {
        Self(Value::from_json(&serde_json::from_str(json).expect("the data is JSON")))
    }
}

impl Object for Data {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.0.field(name)
    }

    fn names<'s>(&'s self, _each: &mut dyn FnMut(&'s str)) {}
}

#[derive(Debug)]
struct Files([Option<Template>; 2]);

impl Partials for Files {
    fn partial(&self, name: &str) -> Partial<'_> {
        let template = match name {
            "a" => &self.0[0],
            "b" => &self.0[1],
            _ => return Partial::Missing,
        };
        template.as_ref().map_or(Partial::Wrong, Partial::Found)
    }
}

static LANGUAGE: LazyLock<Language> = LazyLock::new(|| {
    let mut language = Language::new();
    language.add_builtins(JEKYLL);
    tags::jekyll().into_iter().for_each(|tag| language.add_tag(tag));
    language
});

fn parse(name: &str, text: &str) -> Option<Template> {
    match LANGUAGE.parse(name, text) {
        Ok(template) => Some(template),
        Err(faults) => {
            assert!(!faults.is_empty());
            for fault in faults {
                assert!(text.is_char_boundary(fault.offset), "{fault:?}");
            }
            None
        }
    }
}

static UTC: jiff::tz::TimeZone = jiff::tz::TimeZone::UTC;

type Given = (String, Result<Vec<Undefined>, Box<RenderError>>);

fn render<'m>(
    template: &'m Template,
    files: &'m Files,
    (lasting, globals): (&'m Data, &'m Data),
    memo: Option<&'m Memo<'m>>,
) -> Given {
    let scene = Scene {
        lasting,
        globals,
        partials: files,
        memo,
        now: Date { seconds: 1_700_000_000, nanoseconds: 0, offset: 0 },
        zone: &UTC,
        seed: "",
        host: &NoSite,
        watch: bengal_liquid::watch::Watch::NONE,
        strict: true,
    };
    let mut out = String::new();
    let mut done = template.render(scene, &mut out);
    if let Ok(undefined) = &mut done {
        undefined.sort();
        undefined.dedup();
    }
    (out, done)
}

fuzz_target!(|text: &str| {
    let mut texts = text.splitn(3, '\0');
    let template = parse("t", texts.next().unwrap_or_default());
    let mut partial = |name: &str| texts.next().and_then(|text| parse(name, text));
    let files = Files([partial("a"), partial("b")]);
    let Some(template) = template else { return };
    let data = (&Data::of(LASTING), &Data::of(GLOBALS));
    let memo = Memo::new();
    let plain = render(&template, &files, data, None);
    // What is remembered counts at once, not filter by filter: a limit may be met at another one.
    if plain.1.as_ref().is_err_and(|error| matches!(error.kind, bengal_liquid::error::Fault::Limit(_))) {
        return;
    }
    assert_eq!(plain, render(&template, &files, data, Some(&memo)));
    assert_eq!(plain, render(&template, &files, data, Some(&memo)));
});

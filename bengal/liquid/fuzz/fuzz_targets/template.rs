//! Reads and renders random templates. Nothing may panic, hang or overflow the stack; every fault stands
//! within its template; and whether results are remembered does not show.
//!
//! The input is a template and two partials, `a` and `b`, parted by zero bytes.
#![no_main]

use std::sync::LazyLock;

use bengal_liquid::date::Date;
use bengal_liquid::error::{Fault, RenderError, SyntaxError, Undefined};
use bengal_liquid::filters::JEKYLL;
use bengal_liquid::host::{File, Host, NoSite};
use bengal_liquid::language::Language;
use bengal_liquid::limits::{Budget, Limit};
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

    fn keep(&self, file: File) -> Result<&Template, SyntaxError> {
        match self.partial(&file.name) {
            Partial::Found(template) => Ok(template),
            _ => parse_first_fault(&file.text),
        }
    }
}

/// The first fault of a text that has some.
fn parse_first_fault<T>(text: &str) -> Result<T, SyntaxError> {
    let faults = LANGUAGE.parse("f", text).err().unwrap_or_default();
    Err(faults.into_iter().next().unwrap_or_else(|| SyntaxError::new("it is missing", 0)))
}

/// A page beside which the partials are files.
impl Host for Files {
    fn url_of_file(&self, path: &str) -> Option<String> {
        NoSite.url_of_file(path)
    }

    fn url_of_post(&self, name: &str) -> Option<String> {
        NoSite.url_of_post(name)
    }

    fn file_beside(&self, path: &str) -> Result<File, String> {
        match self.partial(path) {
            Partial::Missing => Err("it is not there".to_owned()),
            _ => Ok(File { name: path.to_owned(), text: "{% wrong %}".to_owned() }),
        }
    }

    fn highlight(
        &self,
        code: &str,
        language: &str,
        numbered: bool,
        budget: &Budget,
    ) -> Result<String, Limit> {
        NoSite.highlight(code, language, numbered, budget)
    }

    fn markdown(&self, text: &str, budget: &Budget) -> Result<String, Limit> {
        NoSite.markdown(text, budget)
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
        host: files,
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
    // What is remembered counts at once, not filter by filter, and looking for it counts too: a limit may
    // be met at another filter, or there alone.
    let is_limit =
        |given: &Given| given.1.as_ref().is_err_and(|error| matches!(error.kind, Fault::Limit(_)));
    for _ in 0..2 {
        let remembering = render(&template, &files, data, Some(&memo));
        assert!(
            plain == remembering || is_limit(&plain) || is_limit(&remembering),
            "{plain:?} {remembering:?}"
        );
    }
});

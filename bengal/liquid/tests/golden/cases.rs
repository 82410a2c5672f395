//! The cases of a conformance suite of Liquid, where there is one: `BENGAL_GOLDEN_LIQUID`, else
//! `shared/liquid/golden_liquid_half.json` beside the repository or above it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bengal_liquid::date::Date;
use bengal_liquid::filters::JEKYLL;
use bengal_liquid::host::NoSite;
use bengal_liquid::language::Language;
use bengal_liquid::render::{Partial, Partials, Scene};
use bengal_liquid::template::Template;
use bengal_liquid::value::{Object, Value};
use serde_json::Value as Json;

#[derive(Debug)]
struct Data(Value<'static>);

impl Object for Data {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.0.field(name)
    }

    fn names<'s>(&'s self, _each: &mut dyn FnMut(&'s str)) {}
}

#[derive(Debug)]
struct Files(BTreeMap<String, Option<Template>>);

impl Partials for Files {
    fn partial(&self, name: &str) -> Partial<'_> {
        match self.0.get(name) {
            Some(Some(template)) => Partial::Found(template),
            Some(None) => Partial::Wrong,
            None => Partial::Missing,
        }
    }
}

/// The suite, where there is one.
pub fn suite() -> Option<Vec<Json>> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut beside = above.map(|at| at.join("shared/liquid/golden_liquid_half.json"));
    let given = std::env::var_os("BENGAL_GOLDEN_LIQUID").map(PathBuf::from);
    let path = given.or_else(|| beside.find(|path| path.is_file()))?;
    let text = std::fs::read_to_string(path).ok()?;
    let suite: Json = serde_json::from_str(&text).expect("the suite is JSON");
    Some(suite["tests"].as_array().expect("the suite has tests").clone())
}

/// What `case` gives, or what is wrong with it.
pub fn render(case: &Json) -> Result<String, String> {
    let mut language = Language::new();
    language.add_builtins(JEKYLL);
    let parse =
        |name: &str, text: &str| language.parse(name, text).map_err(|faults| faults[0].to_string());
    let files = case["templates"].as_object().into_iter().flatten();
    let file = |(name, text): (&String, &Json)| {
        (name.clone(), parse(name, text.as_str().unwrap_or_default()).ok())
    };
    let files = Files(files.map(file).collect());
    let template = parse("t", case["template"].as_str().unwrap_or_default())?;
    let data = Data(Value::from_json(&case["data"]));
    let nothing = Data(Value::Nil);
    let scene = Scene {
        lasting: &nothing,
        globals: &data,
        partials: &files,
        memo: None,
        now: Date { seconds: 1_700_000_000, nanoseconds: 0, offset: 0 },
        zone: &jiff::tz::TimeZone::UTC,
        seed: "",
        host: &NoSite,
        watch: bengal_liquid::watch::Watch::NONE,
        strict: false,
    };
    let mut out = String::new();
    template.render(scene, &mut out).map_err(|error| error.to_string())?;
    Ok(out)
}

/// Whether `given` is what `case` asks for.
pub fn verdict(case: &Json, given: Result<String, String>) -> Result<(), String> {
    if case["invalid"] == Json::Bool(true) {
        return given.map_or(Ok(()), |text| Err(format!("gives {text:?}, and is invalid")));
    }
    let accepted: Vec<&str> = match &case["results"] {
        Json::Array(results) => results.iter().filter_map(Json::as_str).collect(),
        _ => case["result"].as_str().into_iter().collect(),
    };
    match given {
        Ok(text) if accepted.contains(&text.as_str()) => Ok(()),
        Ok(text) => Err(format!("gives {text:?}, not {accepted:?}")),
        Err(error) => Err(format!("fails: {error}; not {accepted:?}")),
    }
}

//! A conformance suite of Liquid, where there is one: `BENGAL_GOLDEN_LIQUID`, else
//! `../shared/liquid/golden_liquid_half.json` beside the repository.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bengal_liquid::date::Date;
use bengal_liquid::filters::JEKYLL;
use bengal_liquid::host::NoSite;
use bengal_liquid::language::Language;
use bengal_liquid::render::{Partial, Partials, Scene};
use bengal_liquid::template::Template;
use bengal_liquid::value::{Object, Value};
use serde_json::Value as Json;

/// The cases that fail, by reason. At most three in a hundred may.
const FAILING: &[(&str, &[&str])] = &[];

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

fn suite() -> Option<Vec<Json>> {
    let beside =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/liquid/golden_liquid_half.json");
    let path =
        std::env::var_os("BENGAL_GOLDEN_LIQUID").map_or_else(|| beside.into(), PathBuf::from);
    let text = std::fs::read_to_string(path).ok()?;
    let suite: Json = serde_json::from_str(&text).expect("the suite is JSON");
    Some(suite["tests"].as_array().expect("the suite has tests").clone())
}

/// What `case` gives, or what is wrong with it.
fn render(case: &Json) -> Result<String, String> {
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
        strict: false,
    };
    let mut out = String::new();
    template.render(scene, &mut out).map_err(|error| error.to_string())?;
    Ok(out)
}

fn verdict(case: &Json) -> Result<(), String> {
    let given = render(case);
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

#[test]
fn the_conformance_suite_passes() {
    let Some(suite) = suite() else {
        println!("skipped: no conformance suite; see BENGAL_GOLDEN_LIQUID");
        return;
    };
    let known: Vec<&str> = FAILING.iter().flat_map(|(_, names)| *names).copied().collect();
    let mut wrong = Vec::new();
    for case in &suite {
        let name = case["name"].as_str().unwrap_or_default();
        let verdict = verdict(case);
        if verdict.is_ok() == known.contains(&name) {
            wrong.push(format!("{name}: {verdict:?}\n    {}", case["template"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), suite.len(), wrong.join("\n"));
    assert!(known.len() * 100 <= suite.len() * 3);
}

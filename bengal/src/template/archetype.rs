//! Archetypes: the Liquid that a new page is made of, front matter and all.
//!
//! An archetype sees a few names and no site. It may do what templates may, but for including others.

use std::collections::BTreeSet;
use std::fmt;

use liquid_core::model::KString;
use liquid_core::parser::{FilterArguments, FilterReflection, ParameterReflection, ParseFilter};
use liquid_core::runtime::Runtime;
use liquid_core::{Error, Filter, Object, Result as LiquidResult, Value as Liquid, ValueView};
use rustc_hash::FxHashMap;

use super::{RenderError, TemplateSource, Templates, compile, language};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, nearest};

/// What `source` gives where `names` stand for these texts.
///
/// # Errors
/// What is wrong with it; a name that is none of `names` is.
pub fn fill_archetype(
    source: TemplateSource,
    names: &[(&str, &str)],
    config: &Config,
) -> Result<String, Vec<Diagnostic>> {
    let mut language = language::language(config, BTreeSet::new());
    language.filters.register("jsonify".to_owned(), Box::new(Jsonify));
    let templates = Templates { all: FxHashMap::default(), language, strict: true };
    let mut reports = Vec::new();
    let file = source.file.clone();
    let compiled = compile(source, 0, None, &templates.language, &mut reports);
    let text = |(name, text): &(&str, &str)| {
        (KString::from_ref(name), Liquid::scalar(KString::from_ref(text)))
    };
    let globals: Object = names.iter().map(text).collect();
    let mut out = Vec::new();
    let rendered = templates.render_with(&compiled, &globals, &file, &mut out, &mut reports);
    if let Err(RenderError::Failed(diagnostic)) = rendered {
        reports.push(*diagnostic);
    }
    reports.iter_mut().for_each(|report| explain(report, names));
    match String::from_utf8(out) {
        Ok(text) if reports.is_empty() => Ok(text),
        _ => Err(reports),
    }
}

/// Puts hints about archetypes in place of those about pages.
fn explain(report: &mut Diagnostic, names: &[(&str, &str)]) {
    let known = names.iter().map(|(name, _)| *name);
    let asked = report.message.split('`').nth(1).unwrap_or_default();
    report.hint = match report.code {
        Code::UndefinedVariable => Some(match nearest(asked, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("an archetype knows {}", known.collect::<Vec<_>>().join(", ")),
        }),
        Code::TemplateRender => None,
        _ => report.hint.take().filter(|hint| hint.starts_with("did you mean")),
    };
}

/// `jsonify`: a value as JSON, which is YAML as well, so that front matter may hold any text.
#[derive(Clone, Debug)]
struct Jsonify;

impl FilterReflection for Jsonify {
    fn name(&self) -> &str {
        "jsonify"
    }

    fn description(&self) -> &str {
        "Makes a value JSON, which is YAML as well."
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

impl ParseFilter for Jsonify {
    fn parse(&self, mut arguments: FilterArguments<'_>) -> LiquidResult<Box<dyn Filter>> {
        match arguments.positional.next() {
            Some(_) => Err(Error::with_msg("`jsonify` takes no arguments")),
            None => Ok(Box::new(self.clone())),
        }
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

impl fmt::Display for Jsonify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("jsonify")
    }
}

impl Filter for Jsonify {
    fn evaluate(&self, input: &dyn ValueView, _runtime: &dyn Runtime) -> LiquidResult<Liquid> {
        let json = serde_json::to_string(&input.to_value());
        json.map(Liquid::scalar).map_err(|error| Error::with_msg(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str, title: &str) -> Result<String, Vec<Diagnostic>> {
        let source = TemplateSource {
            name: "default".into(),
            file: "archetypes/default.md".into(),
            text: text.into(),
        };
        fill_archetype(source, &[("title", title), ("slug", "a")], &Config::default())
    }

    #[test]
    fn front_matter_is_filled_in_as_the_body_is() {
        let filled =
            fill("---\ntitle: {{ title | upcase }}\n---\n{{ slug }}{% if x %}!{% endif %}", "a");
        assert_eq!(filled.unwrap(), "---\ntitle: A\n---\na");
    }

    #[test]
    fn any_title_is_yaml_through_jsonify() {
        for title in ["plain", "a: \"b\" # c", "it's\nü\\", "{{ x }}", "yes"] {
            let yaml = crate::yaml::read(&fill("t: {{ title | jsonify }}", title).unwrap());
            let document = yaml.unwrap();
            let value = document.value.as_map().unwrap()["t"].to_text();
            assert_eq!(value.as_deref(), Some(title));
        }
    }

    #[test]
    fn what_is_wrong_has_its_line_and_a_hint() {
        for (text, line, hint) in [
            ("---\ntitle: {{ titel }}\n---\n", 2, Some("did you mean `title`?")),
            ("\n\n{{ name }}", 3, Some("an archetype knows title, slug")),
            ("\n{{ title | upcas }}", 2, Some("did you mean `upcase`?")),
            ("{{ .Name }}", 1, None),
            ("\n{% if title %}", 2, None),
            ("{% include 'x' %}", 1, None),
            ("{{ 1 | divided_by: 0 }}", 1, None),
        ] {
            let reports = fill(text, "T").unwrap_err();
            let place = reports[0].place.as_ref().unwrap();
            assert_eq!((&*place.file, place.line), ("archetypes/default.md", line), "{text}");
            assert_eq!(reports[0].hint.as_deref(), hint, "{text}");
            assert_eq!(reports.len(), 1, "{reports:?}");
        }
    }
}

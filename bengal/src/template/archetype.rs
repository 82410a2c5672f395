//! Archetypes: the Liquid that a new page is made of, front matter and all.
//!
//! An archetype sees a few names and no site. It may do what templates may, but for including others.

use bengal_liquid::host::NoSite;
use bengal_liquid::render::Scene;
use bengal_liquid::value::{Object, Value};
use bengal_liquid::watch::Watch;

use super::{RenderError, TemplateSource, Templates, compile, language, views};
use crate::config::Config;
use crate::content::date::Date;
use crate::diagnostic::{Code, Diagnostic, nearest};

/// What `source` gives at the moment `now`, where `names` stand for these texts.
///
/// # Errors
/// What is wrong with it; a name that is none of `names` is.
pub fn fill_archetype(
    source: TemplateSource,
    names: &[(&str, &str)],
    now: Date,
    config: &Config,
) -> Result<String, Vec<Diagnostic>> {
    let language = language::language_with(config, std::iter::empty());
    let templates = Templates::empty(language, true);
    let mut reports = Vec::new();
    let file = source.file.clone();
    let compiled = compile(source, 0, None, &templates.language, &mut reports);
    let scene = Scene {
        lasting: &Names(&[]),
        globals: &Names(names),
        partials: &templates,
        memo: None,
        now: views::moment(now),
        zone: &config.timezone,
        seed: "",
        host: &NoSite,
        watch: Watch::NONE,
        strict: true,
    };
    let mut text = String::new();
    let rendered = templates.render_with(&compiled, scene, &file, &mut text, &mut reports);
    if let Err(RenderError::Failed(diagnostic)) = rendered {
        reports.push(*diagnostic);
    }
    reports.iter_mut().for_each(|report| explain(report, names));
    if reports.is_empty() { Ok(text) } else { Err(reports) }
}

/// The names that an archetype sees.
#[derive(Debug)]
struct Names<'a>(&'a [(&'a str, &'a str)]);

impl Object for Names<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let found = self.0.iter().find(|(own, _)| *own == name);
        found.map(|(_, text)| Value::Str(text))
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        self.0.iter().for_each(|(name, _)| each(name));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str, title: &str) -> Result<String, Vec<Diagnostic>> {
        let source = TemplateSource {
            name: "default".into(),
            file: "archetypes/default.md".into(),
            text: text.into(),
        };
        let now = Date { seconds: 0, offset: 0 };
        fill_archetype(source, &[("title", title), ("slug", "a")], now, &Config::default())
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

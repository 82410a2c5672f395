//! `bengal render`: renders one template and prints what it gives.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use super::diagnostics::{self, print_error, print_line, print_text};
use crate::build::{BuildError, Listener, Preview, PreviewError, PreviewOptions, now, preview};
use crate::pipeline::runner::Progress;
use crate::template::TemplateSource;
use crate::template::trial::{self, Surroundings, Trial};

#[derive(Debug, Args)]
pub(super) struct RenderArguments {
    /// The template: a file, `-` for standard input, or with --site the name of one of the site's
    #[arg(value_name = "TEMPLATE", required_unless_present = "cases")]
    template: Option<String>,
    /// A JSON object whose fields are the names in the template
    #[arg(long, value_name = "FILE", conflicts_with = "site")]
    data: Option<PathBuf>,
    /// A site, whose templates, pages and configuration the template sees
    #[arg(long, value_name = "SITE")]
    site: Option<PathBuf>,
    /// The page to render: its file, or its URL from the site's root
    #[arg(long, value_name = "PATH", requires = "site", default_value = "/")]
    page: String,
    /// Names that are nothing are errors, and so is every warning
    #[arg(long)]
    strict: bool,
    /// Render each line of a file of JSON objects with `template`, `data` and `templates`, and print
    /// `{"output": …}` or `{"error": …}` for each
    #[arg(long, value_name = "FILE", conflicts_with_all = ["template", "data", "site"])]
    cases: Option<PathBuf>,
}

pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0  rendered; with --cases, the file was read
  1  the template is wrong, or failed
  2  usage or configuration: nothing was rendered
  3  a stage failed while the site was read";

/// What stands for standard input.
const STDIN: &str = "-";

/// Renders a template, or cases; gives the exit code.
pub(super) fn run(arguments: &RenderArguments) -> anyhow::Result<u8> {
    if let Some(cases) = &arguments.cases {
        return run_cases(cases, arguments.strict);
    }
    let template = arguments.template.as_deref().unwrap_or(STDIN);
    let tried = match &arguments.site {
        Some(site) => in_site(template, site, arguments),
        None => alone(template, arguments),
    };
    let trial = match tried {
        Ok(trial) => trial,
        Err(error) => return refused(error),
    };
    diagnostics::print(&trial.diagnostics);
    if let Some(text) = &trial.text {
        print_text(text);
    }
    Ok(u8::from(!trial.is_good()))
}

fn refused(error: anyhow::Error) -> anyhow::Result<u8> {
    match error.downcast_ref() {
        Some(PreviewError::Build(BuildError::Config(found))) => diagnostics::print(found),
        Some(PreviewError::Stage { .. }) => {
            let message = diagnostics::plain(&error.to_string());
            print_error(&format!("{}: {message}", diagnostics::error_label()));
            return Ok(3);
        }
        _ => {}
    }
    Err(error)
}

fn in_site(template: &str, site: &Path, arguments: &RenderArguments) -> anyhow::Result<Trial> {
    let template = match template == STDIN || Path::new(template).is_file() {
        true => Preview::Text { file: shown(template), text: read(template)? },
        false => Preview::Named(template.to_owned()),
    };
    let (site, page, strict) = (site.to_owned(), arguments.page.clone(), arguments.strict);
    let options = PreviewOptions { site, template, page, strict };
    let waiting = || print_error(super::build::WAITING);
    Ok(preview(options, &Listener { progress: &Progress::default(), waiting: &waiting })?)
}

fn alone(template: &str, arguments: &RenderArguments) -> anyhow::Result<Trial> {
    let text = read(template)?;
    let file = Path::new(template);
    let others = if template == STDIN { Vec::new() } else { trial::beside(file) };
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let given = TemplateSource { name: stem, file: shown(template), text };
    let data = arguments.data.as_deref().map_or(Ok(json!({})), object)?;
    let around = Surroundings { data: &data, now: now()?, strict: arguments.strict };
    Ok(trial::render_alone(given, others, around))
}

/// A template's file as messages name it.
fn shown(template: &str) -> String {
    if template == STDIN { "(standard input)".to_owned() } else { template.to_owned() }
}

fn read(template: &str) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = match template {
        STDIN => io::stdin().lock().read_to_string(&mut text),
        file => fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text)),
    };
    read.map_err(|error| anyhow::anyhow!("{}: {error}", shown(template)))?;
    Ok(text)
}

/// The object that a file of JSON holds.
fn object(file: &Path) -> anyhow::Result<Value> {
    let wrong = |reason: String| anyhow::anyhow!("{}: {reason}", file.display());
    let text = fs::read(file).map_err(|error| wrong(error.to_string()))?;
    match serde_json::from_slice(&text) {
        Ok(Value::Object(fields)) => Ok(Value::Object(fields)),
        Ok(_) => Err(wrong("it holds no object".to_owned())),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// Prints a line for each line of `file`.
fn run_cases(file: &Path, strict: bool) -> anyhow::Result<u8> {
    let wrong = |error| anyhow::anyhow!("{}: {error}", file.display());
    let mut lines: Box<dyn BufRead> = match file.as_os_str() == STDIN {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(fs::File::open(file).map_err(wrong)?)),
    };
    let now = now()?;
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).map_err(wrong)? > 0 {
        let given = case(&line, |data| Surroundings { data, now, strict });
        let given = match given {
            Ok(output) => json!({ "output": output }),
            Err(error) => json!({ "error": error }),
        };
        print_line(&given.to_string());
        line.clear();
    }
    Ok(0)
}

/// What one case gives.
fn case<'c>(
    line: &[u8],
    around: impl for<'d> FnOnce(&'d Value) -> Surroundings<'d>,
) -> Result<String, String> {
    let case: Map<String, Value> = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    let template = case.get("template").and_then(Value::as_str);
    let template = template.ok_or("it has no `template` that is a text")?;
    let none = json!({});
    let data = case.get("data").filter(|data| !data.is_null()).unwrap_or(&none);
    if !data.is_object() {
        return Err("its `data` are no object".to_owned());
    }
    let text = |(name, text): (&'_ String, &'_ Value)| match text.as_str() {
        Some(text) => Ok((name.clone(), text.to_owned())),
        None => Err(format!("its template `{name}` is no text")),
    };
    let others = case.get("templates").and_then(Value::as_object).into_iter().flatten();
    let others = others.map(text).collect::<Result<Vec<_>, _>>()?;
    let others: Vec<_> = others.iter().map(|(name, text)| (&**name, &**text)).collect();
    trial::render_case(template, &others, around(data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::date::Date;

    #[test]
    fn a_case_gives_its_output_or_what_is_wrong_with_it() {
        let now = Date { seconds: 0, offset: 0 };
        let run =
            |line: &str| case(line.as_bytes(), |data| Surroundings { data, now, strict: false });
        let give = |text: &str| Ok::<_, String>(text.to_owned());
        assert_eq!(run(r#"{"template": "{{ a }}", "data": {"a": 1}}"#), give("1"));
        let partial = r#"{"template": "{% include 'a' %}", "templates": {"a": "b"}}"#;
        assert_eq!(run(partial), give("b"));
        // Front matter is text in a case, and a partial that is wrong and not included does no harm.
        let front = r#"{"template": "---\na: b\n---\n", "templates": {"a": "{% if"}}"#;
        assert_eq!(run(front), give("---\na: b\n---\n"));
        for (line, error) in [
            ("", "EOF"),
            ("[]", "invalid type"),
            ("{}", "no `template`"),
            (r#"{"template": "", "data": []}"#, "no object"),
            (r#"{"template": "", "templates": {"a": 1}}"#, "is no text"),
            (r#"{"template": "\n {{ a | b }}"}"#, "template:2:"),
            (r#"{"template": "{% include 'a' %}"}"#, "template:1:"),
        ] {
            assert!(run(line).unwrap_err().contains(error), "{line}: {:?}", run(line));
        }
    }
}

//! The manual's chapter on templates: its examples give what it says they give, and no tag, filter or
//! name is left out of it.
//!
//! A block of `liquid` with a block of `text` behind it is an example, and what it gives. It is rendered
//! with the data that `liquid.md` shows and the blocks of its page whose titles are files; one with
//! `page=URL` is rendered for that page of `examples/blog`. `BENGAL_BLESS=1` writes what they give.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use bengal::config::Config;
use serde_json::{Value, json};

use crate::support::{bengal, copy_tree, run};

/// The moment that counts as now in the examples, as the chapter says: 2025-01-01T00:00:00Z.
const NOW: &str = "1735689600";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A page of the chapter.
struct Chapter {
    file: PathBuf,
    lines: Vec<String>,
    blocks: Vec<Block>,
}

/// A block of code: its info string, and the lines of its text.
struct Block {
    info: String,
    first: usize,
    end: usize,
}

impl Chapter {
    fn read(file: PathBuf) -> Self {
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let mut blocks = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let ticks = lines[at].bytes().take_while(|byte| *byte == b'`').count();
            if ticks >= 3 {
                let fence = "`".repeat(ticks);
                let length = lines[at + 1..].iter().position(|line| *line == fence).unwrap();
                let info = lines[at][ticks..].to_owned();
                blocks.push(Block { info, first: at + 1, end: at + 1 + length });
                at += length + 1;
            }
            at += 1;
        }
        Self { file, lines, blocks }
    }

    fn text(&self, block: &Block) -> String {
        self.lines[block.first..block.end].join("\n")
    }

    /// The examples: each with the block of what it gives.
    fn examples(&self) -> impl Iterator<Item = (&Block, &Block)> {
        let gives = |pair: &&[Block]| {
            let between = &self.lines[pair[0].end + 1..pair[1].first - 1];
            pair[0].is("liquid") && pair[1].is("text") && between.iter().all(String::is_empty)
        };
        self.blocks.windows(2).filter(gives).map(|pair| (&pair[0], &pair[1]))
    }

    /// The templates that examples may include: blocks whose title is a file in `templates/`.
    fn templates(&self) -> BTreeMap<&str, String> {
        let named = self.blocks.iter().filter_map(|block| {
            let name =
                block.option("title")?.strip_prefix("templates/")?.strip_suffix(".liquid")?;
            Some((name, self.text(block)))
        });
        named.collect()
    }
}

impl Block {
    fn is(&self, language: &str) -> bool {
        self.info.split(' ').next() == Some(language)
    }

    fn option(&self, name: &str) -> Option<&str> {
        let start = format!("{name}=");
        let found = self.info.split(' ').find_map(|option| option.strip_prefix(&start));
        found.map(|value| value.trim_matches('"'))
    }
}

fn chapter() -> Vec<Chapter> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("examples/docs/content/templates")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files.into_iter().map(Chapter::read).collect()
}

/// The data that the chapter shows.
fn data(chapter: &[Chapter]) -> Value {
    let blocks = chapter.iter().flat_map(|page| page.blocks.iter().map(move |block| (page, block)));
    let mut data = blocks.filter(|(_, block)| block.option("title") == Some("data.json"));
    let (page, block) = data.next().expect("the chapter shows its data");
    serde_json::from_str(&page.text(block)).unwrap()
}

/// What an example gives.
fn give(page: &Chapter, example: &Block, data: &Value) -> Result<String, String> {
    let text = page.text(example);
    let mut command = bengal();
    let input = match example.option("page") {
        Some(url) => {
            let site = root().join("examples/blog");
            command.args(["render", "-", "--page", url, "--site"]).arg(site);
            text
        }
        None => {
            command.args(["render", "--cases", "-"]);
            json!({"template": text, "data": data, "templates": page.templates()}).to_string()
        }
    };
    command.env("SOURCE_DATE_EPOCH", NOW);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    if !output.status.success() || !stderr.is_empty() {
        return Err(stderr);
    }
    if example.option("page").is_some() {
        return Ok(stdout);
    }
    let given: Value = serde_json::from_str(&stdout).unwrap();
    given["output"].as_str().map(str::to_owned).ok_or_else(|| given["error"].to_string())
}

/// What is shown of an output: no blank lines at its ends, no white space at the ends of lines.
fn shown(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[test]
fn every_example_gives_what_the_manual_says() {
    let mut chapter = chapter();
    let data = data(&chapter);
    let bless = std::env::var_os("BENGAL_BLESS").is_some();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for page in &mut chapter {
        let mut edits = Vec::new();
        for (example, gives) in page.examples() {
            count += 1;
            let at = format!("{}:{}", page.file.display(), example.first);
            match give(page, example, &data) {
                Err(error) => wrong.push(format!("{at} fails: {error}")),
                Ok(given) if shown(&given) == shown(&page.text(gives)) => {}
                Ok(given) if bless => edits.push((gives.first..gives.end, shown(&given))),
                Ok(given) => wrong.push(format!("{at} gives\n{}\n", shown(&given))),
            }
        }
        for (range, text) in edits.into_iter().rev() {
            page.lines.splice(range, text.lines().map(str::to_owned));
            fs::write(&page.file, page.lines.join("\n") + "\n").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 85, "only {count} examples were found");
}

#[test]
fn every_block_of_liquid_is_an_example_or_a_file() {
    for page in chapter() {
        let examples: BTreeSet<_> = page.examples().map(|(example, _)| example.first).collect();
        for block in page.blocks.iter().filter(|block| block.is("liquid")) {
            let told = examples.contains(&block.first) || block.option("title").is_some();
            assert!(told, "{}:{}", page.file.display(), block.first);
        }
    }
}

/// Whether `text` has `word` as a word of its own.
fn has_word(text: &str, word: &str) -> bool {
    let parts = |c: char| !(c.is_alphanumeric() || c == '_');
    text.split(parts).any(|part| part == word)
}

#[test]
fn every_tag_and_filter_has_its_place_and_an_example() {
    let chapter = chapter();
    let heading = |name: &str| {
        let name = format!("`{name}`");
        let own = |line: &String| line.starts_with('#') && line.contains(&name);
        chapter.iter().any(|page| page.lines.iter().any(own))
    };
    let examples =
        || chapter.iter().flat_map(|page| page.examples().map(|(example, _)| page.text(example)));
    let language = bengal::template::language(&Config::default());
    let mut missing = Vec::new();
    for name in language.filter_names() {
        let used = examples().any(|text| {
            text.split('|')
                .skip(1)
                .any(|rest| has_word(rest.split([':', '|', '}', '%']).next().unwrap(), name))
        });
        if !used || !heading(name) {
            missing.push(format!("the filter {name}"));
        }
    }
    for name in language.tag_names() {
        let used = examples().any(|text| {
            text.split("{%").skip(1).any(|tag| has_word(tag.split("%}").next().unwrap(), name))
        });
        if !used || !heading(name) {
            missing.push(format!("the tag {name}"));
        }
    }
    missing.sort();
    assert!(missing.is_empty(), "no heading, or no example, for {}", missing.join(", "));
}

/// The names in the arms of a `match` like `"title" | "url" => …` of Rust's source.
fn arms(source: &str) -> BTreeSet<&str> {
    let arms = source.lines().map(str::trim_start).filter(|line| line.starts_with('"'));
    let names = arms.filter_map(|line| line.split_once("=>")).flat_map(|(pattern, _)| {
        let pattern = pattern.split(" if ").next().unwrap_or(pattern);
        pattern.split('|').map(|name| name.trim().trim_matches('"'))
    });
    names.collect()
}

#[test]
fn every_name_of_the_objects_has_its_place() {
    let chapter = chapter();
    let text: Vec<_> = chapter.iter().map(|page| page.lines.join("\n")).collect();
    let text = text.concat();
    let mut found = 0;
    for (source, least) in [
        (include_str!("../../bengal/src/template/page_view.rs"), 30),
        (include_str!("../../bengal/src/template/current.rs"), 15),
        (include_str!("../../bengal/src/template/views.rs"), 5),
        (include_str!("../../bengal/liquid/src/forloop.rs"), 12),
    ] {
        let names = arms(source.split("#[cfg(test)]").next().unwrap());
        assert!(names.len() >= least, "{names:?}");
        for name in names {
            assert!(text.contains(&format!("`{name}`")), "`{name}` is nowhere");
            found += 1;
        }
    }
    assert!(found > 60, "only {found} names were found");
}

#[test]
fn the_manual_builds_without_a_warning() {
    let copy = tempfile::tempdir().unwrap();
    let site = root().join("examples/docs");
    fs::copy(site.join("bengal.yaml"), copy.path().join("bengal.yaml")).unwrap();
    copy_tree(&site.join("content"), &copy.path().join("content"));
    let run = run(bengal().arg("build").arg(copy.path()).args(["--strict", "--quiet"]));
    assert_eq!((run.code, &*run.stderr), (Some(0), ""));
}

//! `bare SITE OUTPUT`: the least that any generator of this kind must do, and nothing else.
//!
//! 1. Walk `SITE/content` and list its `.md` files.
//! 2. On each of `-j` threads, take the next file of the list: read it, cut off the front matter
//!    (three fields by a plain search of its lines), comrak, one Liquid render, write
//!    `OUTPUT/a/b/index.html`.
//!
//! No YAML, no order, no lists, no links between pages, no checks: bengal's time divided by this
//! program's is what bengal's features cost.
//!
//! **Invariant:** comrak's options are bengal's defaults, and the template gives a page of the same
//! shape and about the same size as the generated site's `page.liquid` in its `base.liquid`.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{panic, thread};

use anyhow::{Context, Result};
use bengal_bench::trial::job_count;
use clap::Parser;
use comrak::{Arena, Options};
use liquid::{ObjectView, Template, ValueView};
use walkdir::WalkDir;

#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Walk, read, comrak, one Liquid render, write.
#[derive(Debug, Parser)]
struct Cli {
    site: PathBuf,
    output: PathBuf,
    /// Number of threads [default: one for each processor].
    #[arg(long, short)]
    jobs: Option<usize>,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let content = cli.site.join("content");
    let build = Build {
        files: markdown_files(&content)?,
        next: AtomicUsize::new(0),
        template: liquid::ParserBuilder::with_stdlib()
            .build()?
            .parse(include_str!("../../templates/bare.liquid"))?,
        content,
        output: cli.output,
    };
    thread::scope(|scope| {
        let workers: Vec<_> =
            (0..job_count(cli.jobs)).map(|_| scope.spawn(|| build.work())).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|payload| panic::resume_unwind(payload))
        })
    })
}

fn markdown_files(content: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(content) {
        let entry = entry?;
        if entry.file_type().is_file() && entry.path().extension() == Some(OsStr::new("md")) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// What the threads share.
struct Build {
    files: Vec<PathBuf>,
    next: AtomicUsize,
    template: Template,
    content: PathBuf,
    output: PathBuf,
}

impl Build {
    /// Builds files of the list until none is left.
    fn work(&self) -> Result<()> {
        let options = markdown_options();
        let mut buffers = Buffers::default();
        while let Some(file) = self.files.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            self.build(file, &options, &mut buffers).with_context(|| file.display().to_string())?;
        }
        Ok(())
    }

    fn build(&self, file: &Path, options: &Options<'_>, buffers: &mut Buffers) -> Result<()> {
        let Buffers { source, body, page } = buffers;
        source.clear();
        File::open(file)?.read_to_string(source)?;
        let (front_matter, markdown) = split_front_matter(source);

        body.clear();
        let arena = Arena::new();
        let root = comrak::parse_document(&arena, markdown, options);
        comrak::format_html(root, options, body)?;

        page.clear();
        let variables = Variables {
            title: field(front_matter, "title: "),
            description: field(front_matter, "description: "),
            date: field(front_matter, "date: "),
            content: body,
        };
        self.template.render_to(page, &variables)?;
        self.write(file, page)
    }

    fn write(&self, file: &Path, page: &[u8]) -> Result<()> {
        let mut path = self.output.join(file.strip_prefix(&self.content)?);
        if path.file_stem() == Some(OsStr::new("_index")) {
            path.pop();
        } else {
            path.set_extension("");
        }
        fs::create_dir_all(&path)?;
        path.push("index.html");
        Ok(fs::write(&path, page)?)
    }
}

/// What a thread keeps from page to page.
#[derive(Default)]
struct Buffers {
    source: String,
    body: String,
    page: Vec<u8>,
}

/// What the template sees, borrowed.
#[derive(Debug, ObjectView, ValueView)]
struct Variables<'a> {
    title: &'a str,
    description: &'a str,
    date: &'a str,
    content: &'a str,
}

/// bengal's defaults.
fn markdown_options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.alerts = true;
    options.extension.header_id_prefix = Some(String::new());
    options.render.r#unsafe = true;
    options
}

/// The lines between the two `---`, and what follows them.
fn split_front_matter(source: &str) -> (&str, &str) {
    source.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).unwrap_or(("", source))
}

/// What follows `key` on the first line that begins with it, without its quotes.
fn field<'a>(front_matter: &'a str, key: &str) -> &'a str {
    let value = front_matter.lines().find_map(|line| line.strip_prefix(key));
    value.unwrap_or_default().trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_cut_off_and_searched() {
        let (front, body) =
            split_front_matter("---\ntitle: \"A: b\"\ndate: 2020-01-02\n---\n\nText\n");
        assert_eq!(field(front, "title: "), "A: b");
        assert_eq!(field(front, "date: "), "2020-01-02");
        assert_eq!(field(front, "description: "), "");
        assert_eq!(body, "\nText\n");
        assert_eq!(split_front_matter("Text"), ("", "Text"));
    }
}

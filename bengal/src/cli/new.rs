//! `bengal new`.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};

use super::diagnostics::{self, plain, print_line};
use crate::build::{BuildError, CONFIG};
use crate::scaffold::{
    NewPage, NewPlugin, NewSite, NewTheme, PluginLanguage, STARTERS, ScaffoldError, Starter,
    new_page, new_plugin, new_site, new_theme,
};

#[derive(Debug, Args)]
pub(super) struct NewArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a site that builds as it stands
    Site(SiteArguments),
    /// Make a page, from an archetype where the site has one
    #[command(after_help = ARCHETYPES)]
    Page(PageArguments),
    /// Copy the embedded theme into the site, to change it
    Theme(ThemeArguments),
    /// Make a plugin that builds and is tested as it stands
    Plugin(PluginArguments),
}

const ARCHETYPES: &str = "\
Archetypes, of which the first that is there is taken:
  archetypes/SECTION.md    for pages in content/SECTION/
  archetypes/default.md    for all others
They are Liquid that knows `title`, `date`, `slug` and `path`.";

#[derive(Debug, Args)]
struct SiteArguments {
    /// The folder to make it in: not there yet, empty, or a new repository. Its name becomes the site's title
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// What the site begins with
    #[arg(long, value_name = "NAME", default_value = STARTERS[0].name, value_parser = starters())]
    template: &'static Starter,
}

fn starters() -> impl TypedValueParser<Value = &'static Starter> {
    let named = |starter: &Starter| PossibleValue::new(starter.name).help(starter.about);
    PossibleValuesParser::new(STARTERS.iter().map(named)).map(|name| {
        // The parser lets no other name through.
        STARTERS.iter().find(|starter| starter.name == name).unwrap_or(&STARTERS[0])
    })
}

#[derive(Debug, Args)]
struct PageArguments {
    /// Its path in `content`, with or without `content/` and `.md`; with a `/` at its end it is a
    /// folder with files of its own
    #[arg(value_name = "PATH")]
    path: String,
    /// Its title [default: made of the file's name]
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,
    #[command(flatten)]
    site: InSite,
}

#[derive(Debug, Args)]
struct ThemeArguments {
    /// The name of its folder in `themes`
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    site: InSite,
}

#[derive(Debug, Args)]
struct PluginArguments {
    /// Its name, and that of the folder it is made in
    #[arg(value_name = "NAME")]
    name: String,
    /// What it is written in
    #[arg(long, value_enum, default_value = "rust", value_name = "LANGUAGE")]
    lang: Lang,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Lang {
    /// Rust, with the SDK's source beside it
    Rust,
    /// C, with the header beside it
    C,
}

#[derive(Debug, Args)]
struct InSite {
    /// The site's folder
    #[arg(long = "site", value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// Makes what is asked for; gives the exit code.
pub(super) fn run(arguments: &NewArguments) -> anyhow::Result<u8> {
    let made = match &arguments.what {
        What::Site(SiteArguments { dir, template }) => {
            new_site(dir, template).map(|made| print_site(&made, dir, template))
        }
        What::Page(PageArguments { path, title, site }) => {
            new_page(&site.folder, path, title.as_deref())
                .map(|made| print_page(&made, &site.folder))
        }
        What::Theme(ThemeArguments { name, site }) => {
            new_theme(&site.folder, name).map(|made| print_theme(&made, name, &site.folder))
        }
        What::Plugin(PluginArguments { name, lang }) => {
            let language = match lang {
                Lang::Rust => PluginLanguage::Rust,
                Lang::C => PluginLanguage::C,
            };
            new_plugin(Path::new("."), name, language).map(|made| print_plugin(&made, name))
        }
    };
    match made {
        Ok(()) => Ok(0),
        Err(error) => {
            if let ScaffoldError::Archetype { diagnostics, .. }
            | ScaffoldError::Site(BuildError::Config(diagnostics)) = &error
            {
                diagnostics::print(diagnostics);
            }
            Err(error.into())
        }
    }
}

fn print_site(made: &NewSite, dir: &Path, starter: &Starter) {
    print_line(&format!(
        "made a site in {}, titled {}: {} files, from the template {}",
        shown(dir),
        plain(&made.title),
        made.files,
        starter.name
    ));
    if !made.not_ignored.is_empty() {
        let lines: String = made.not_ignored.iter().map(|line| format!("\n  {line}")).collect();
        print_line(&format!(
            "kept the .gitignore that is there; it wants these lines too:\n{lines}"
        ));
    }
    let page = format!("bengal new page {}first-page{}", starter.section, option(dir));
    print_next(&[
        (command("bengal serve", dir), "shows it, and each change as you save it"),
        (page, "adds a page"),
    ]);
}

fn print_page(made: &NewPage, site: &Path) {
    diagnostics::print(&made.warnings);
    let of = made.archetype.as_ref().map(|file| format!(", from {file}")).unwrap_or_default();
    print_line(&format!("made {}{}", shown(&site.join(&made.file)), plain(&of)));
    print_line(&format!("its URL is {}", plain(&made.url)));
    let (serve, build) = (command("bengal serve", site), command("bengal build", site));
    if made.is_draft {
        print_line("it is a draft: builds leave it out until you remove the line `draft: true`");
        print_next(&[
            (serve, "shows it, as it shows all drafts"),
            (build + " --drafts", "builds the site with its drafts"),
        ]);
    } else {
        print_next(&[(serve, "shows it"), (build, "builds the site with it")]);
    }
}

fn print_theme(made: &NewTheme, name: &str, site: &Path) {
    let folder = shown(&site.join(&made.folder));
    print_line(&format!("made {folder}, a copy of the embedded theme: {} files", made.files));
    print_line(&format!("to use it, put this line into {}:\n", shown(&site.join(CONFIG))));
    print_line(&format!("  theme: {}", plain(&crate::yaml::scalar(name))));
    print_next(&[
        (command("bengal serve", site), "shows what you change in it"),
        (command("bengal build", site), "builds the site with it"),
    ]);
}

fn print_plugin(made: &NewPlugin, name: &str) {
    print_line(&format!("made the plugin {name}: {} files in {name}/", made.files));
    print_next(&[
        (format!("cd {name} && {}", made.test), "builds and tests it"),
        (format!("less {name}/README.md"), "says how a site is built with it"),
    ]);
}

/// A path for people, without `./` in front.
fn shown(path: &Path) -> String {
    let path =
        path.strip_prefix(".").ok().filter(|path| !path.as_os_str().is_empty()).unwrap_or(path);
    plain(&path.to_string_lossy())
}

/// Prints commands, each with what it does.
fn print_next(commands: &[(String, &str); 2]) {
    let width = commands.iter().map(|(command, _)| command.chars().count()).max().unwrap_or(0);
    let line = |(command, does): &(String, &str)| format!("\n  {command:width$}    {does}");
    print_line(&commands.iter().map(line).collect::<String>());
}

/// `command` for the site at `folder`, which is not named where it is the current directory.
fn command(command: &str, folder: &Path) -> String {
    if folder == Path::new(".") {
        command.to_owned()
    } else {
        format!("{command} {}", quoted(folder))
    }
}

/// The option that names the site at `folder`, unless it is the current directory.
fn option(folder: &Path) -> String {
    if folder == Path::new(".") { String::new() } else { format!(" --site {}", quoted(folder)) }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = plain(&path.to_string_lossy());
    let is_safe = |c: char| c.is_alphanumeric() || "/._-+,@%:".contains(c);
    if !path.is_empty() && path.chars().all(is_safe) {
        return path;
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_pasted_into_a_shell() {
        for (path, shown) in [
            ("a/b-c.d", "a/b-c.d"),
            ("my site", "'my site'"),
            ("my: \"site\"", "'my: \"site\"'"),
            ("it's", "'it'\\''s'"),
            ("$(x)", "'$(x)'"),
        ] {
            assert_eq!(quoted(Path::new(path)), shown);
        }
    }
}

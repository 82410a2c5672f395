//! The command line: arguments, what a person sees, exit codes.
//!
//! Exit codes: 0 built; 1 built, with errors in some pages; 2 usage or configuration, nothing built;
//! 3 a stage failed; 4 built, over a budget, or judged worse than a limit allows.

mod build;
mod cache;
mod clean;
mod diagnostics;
mod new;
mod perf;
mod plugin;
mod profile;
mod progress;
mod render;
#[cfg(feature = "serve")]
mod serve;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::plugin::GivenOption;

/// A static site generator whose build is a chain of stages.
#[derive(Debug, Parser)]
#[command(name = "bengal", version, about, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  built
  1  built, with errors in some pages
  2  usage or configuration: nothing was built
  3  a stage failed: the build was cancelled
  4  built, over a budget (`metrics.budgets` in the configuration)";

#[derive(Debug, Subcommand)]
enum Command {
    /// Build a site
    #[command(after_help = EXIT_CODES)]
    Build(BuildArguments),
    /// Serve a site on this machine, and build it again whenever it changes
    #[cfg(feature = "serve")]
    Serve(ServeArguments),
    /// Remove what builds of a site made: the output's files and `.bengal`, never the measurements
    Clean(CleanArguments),
    /// Make a site, a page, a theme or a plugin
    New(new::NewArguments),
    /// Show what builds measured: time and memory, over a site's history
    #[command(after_help = perf::HELP)]
    Perf(Box<perf::PerfArguments>),
    /// Render one template and print it, to try things out
    #[command(after_help = render::EXIT_CODES)]
    Render(render::RenderArguments),
    /// Show what a page was made of when it was last built
    Deps(DepsArguments),
    /// Look at what builds keep for the next
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Look at plugins
    #[command(subcommand)]
    Plugin(PluginCommand),
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// Say what is kept, and how much of it is of use
    Stats(CacheStatsArguments),
}

#[derive(Debug, Args)]
struct CacheStatsArguments {
    #[command(flatten)]
    site: SiteArguments,
    #[command(flatten)]
    cache: CacheArguments,
}

#[derive(Debug, Args)]
struct DepsArguments {
    /// The page: its file, its URL, or its output file
    #[arg(value_name = "PAGE")]
    page: String,
    #[command(flatten)]
    site: SiteArguments,
    #[command(flatten)]
    cache: CacheArguments,
}

/// Where a site's cache is, and how it is told of.
#[derive(Debug, Args)]
struct CacheArguments {
    /// What bengal keeps for itself, in place of SITE/.bengal
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// How to print: for people, or one JSON object a line
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    message_format: MessageFormat,
}

#[derive(Debug, Subcommand)]
enum PluginCommand {
    /// Show the plugins of a site, and where their stages stand in the chain; nothing is built
    List(PluginListArguments),
    /// Say whether bengal can load a plugin, from its file alone: none of its code is run
    Check(PluginCheckArguments),
}

#[derive(Debug, Args)]
struct PluginListArguments {
    #[command(flatten)]
    site: SiteArguments,
    #[command(flatten)]
    plugins: PluginArguments,
}

#[derive(Debug, Args)]
struct PluginCheckArguments {
    /// The library
    #[arg(value_name = "PATH")]
    path: PathBuf,
}

/// Plugins besides those that the configuration names.
#[derive(Debug, Args)]
struct PluginArguments {
    /// Load the plugin in this library too; may be given several times
    #[arg(long = "plugin", value_name = "PATH")]
    plugins: Vec<PathBuf>,
    /// Set an option of a plugin; may be given several times
    #[arg(long = "plugin-option", value_name = "NAME.key=value")]
    plugin_options: Vec<GivenOption>,
}

/// Which site a command works on.
#[derive(Debug, Args)]
struct SiteArguments {
    /// The site's folder
    #[arg(default_value = ".", value_name = "SITE")]
    site: PathBuf,
    /// The output directory [default: the configuration's `output`, else SITE/public]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// The configuration [default: SITE/bengal.yaml, which need not be there]
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// How any build of a site is made and told of.
#[derive(Debug, Args)]
struct BuildingArguments {
    /// Workers of each stage that handles pages one by one [default: one for each processor]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Build pages dated in the future too
    #[arg(long)]
    future: bool,
    /// Build expired pages too
    #[arg(long)]
    expired: bool,
    /// Undefined names in templates are errors, and so is every warning
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    plugins: PluginArguments,
    /// How to print: for people, or one JSON object a line
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    message_format: MessageFormat,
}

#[derive(Debug, Args)]
struct BuildArguments {
    #[command(flatten)]
    site: SiteArguments,
    /// What bengal keeps for itself, in place of SITE/.bengal
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// Make every page anew, whatever earlier builds have left
    #[arg(long)]
    full: bool,
    /// Say of each page why it was rendered, or not
    #[arg(long)]
    explain: bool,
    /// Where the site will be served, in place of the configuration's `base_url`
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Build drafts too
    #[arg(long)]
    drafts: bool,
    /// Print diagnostics only
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Print the table of stages too
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    building: BuildingArguments,
    #[command(flatten)]
    profile: profile::ProfileArguments,
}

#[derive(Debug, Args)]
struct CleanArguments {
    #[command(flatten)]
    site: SiteArguments,
}

#[cfg(feature = "serve")]
#[derive(Debug, Args)]
struct ServeArguments {
    /// The site's folder
    #[arg(default_value = ".", value_name = "SITE")]
    site: PathBuf,
    /// The configuration [default: SITE/bengal.yaml, which need not be there]
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The name or address to listen on; other than 127.0.0.1, other machines may reach it
    #[arg(long, default_value = "127.0.0.1", value_name = "HOST")]
    host: String,
    /// The port to listen on, or the next that is free; 0 for any
    #[arg(short, long, default_value_t = 4000, value_name = "PORT")]
    port: u16,
    /// Open the site in a browser
    #[arg(long)]
    open: bool,
    /// Leave drafts out
    #[arg(long)]
    no_drafts: bool,
    #[command(flatten)]
    building: BuildingArguments,
}

/// How messages are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MessageFormat {
    /// For people: diagnostics on standard error, the summary on standard output.
    Human,
    /// One JSON object a line on standard output; the last is `build-finished`.
    Json,
}

/// Runs the program with the arguments it was given.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        Command::Build(arguments) => build::run(arguments),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => serve::run(arguments),
        Command::Clean(arguments) => clean::run(arguments),
        Command::New(arguments) => new::run(arguments),
        Command::Perf(arguments) => perf::run(arguments),
        Command::Render(arguments) => render::run(arguments),
        Command::Deps(arguments) => cache::deps(arguments),
        Command::Cache(CacheCommand::Stats(arguments)) => cache::stats(arguments),
        Command::Plugin(PluginCommand::List(arguments)) => plugin::list(arguments),
        Command::Plugin(PluginCommand::Check(arguments)) => plugin::check(arguments),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            anstream::eprintln!(
                "{}: {}",
                diagnostics::error_label(),
                diagnostics::plain(&error.to_string())
            );
            ExitCode::from(2)
        }
    }
}

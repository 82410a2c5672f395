//! `bengal plugin`: what plugins a site has, and whether a library is one.

use super::diagnostics::{plain, print_line};
use super::{PluginCheckArguments, PluginListArguments};
use crate::build::{BuildOptions, load_plugins, open_site, settings};
use crate::pipeline::Slot;
use crate::plugin::{Plugin, Plugins, Purity, StageInfo, handshake};

/// Shows the plugins of a site, and the chain with their stages; gives the exit code.
pub(super) fn list(arguments: &PluginListArguments) -> anyhow::Result<u8> {
    let BuildOptions { plugins, plugin_options, .. } = BuildOptions::from(&arguments.plugins);
    let options = BuildOptions { plugins, plugin_options, ..BuildOptions::from(&arguments.site) };
    let root = open_site(&options.site)?;
    let settings = settings(&options, &root, &mut Vec::new())?;
    let plugins = load_plugins(&options, &root, &settings)?;
    let mut text = String::new();
    plugins.notes.iter().for_each(|note| text.push_str(&format!("note: {note}\n")));
    plugins.list().iter().for_each(|plugin| text.push_str(&described(plugin, &plugins)));
    text.push_str(&drawn(&plugins)?);
    print_line(&plain(&text));
    Ok(0)
}

/// A plugin in some lines.
fn described(plugin: &Plugin, plugins: &Plugins) -> String {
    let from = match &plugin.path {
        Some(path) => path.display().to_string(),
        None => "part of bengal".to_owned(),
    };
    let mut text = format!("{} {} ({from})\n", plugin.name, plugin.descriptor.version);
    if plugin.descriptor.name != plugin.name {
        text.push_str(&format!("    it calls itself `{}`\n", plugin.descriptor.name));
    }
    if !plugin.counted {
        text.push_str("    takes memory elsewhere too: not counted\n");
    }
    plugin.stages().for_each(|stage| text.push_str(&format!("    stage {}\n", of_stage(&stage))));
    let (filters, tags) = plugins.names_in_templates(&plugin.name);
    filters.iter().for_each(|name| text.push_str(&format!("    filter {name}\n")));
    tags.iter().for_each(|name| text.push_str(&format!("    tag {name}\n")));
    match plugin.observers() {
        0 => {}
        1 => text.push_str("    observes the build\n"),
        count => text.push_str(&format!("    observes the build, {count} times\n")),
    }
    text
}

fn of_stage(stage: &StageInfo<'_>) -> String {
    let slot = match stage.slot {
        Slot::Before(anchor) => format!("before {anchor}"),
        Slot::After(anchor) => format!("after {anchor}"),
        Slot::Chain => "in the chain".to_owned(),
    };
    let kind = match (stage.is_barrier, stage.thread_safe) {
        (true, _) => "waits for all items",
        (false, true) => "item by item",
        (false, false) => "item by item, one worker",
    };
    let purity = match stage.purity {
        Purity::Pure => "pure",
        Purity::DeclaresInputs => "declares its inputs",
        Purity::Volatile => "volatile",
    };
    format!("{}: {slot}; {kind}; {purity}", stage.name)
}

/// The chain, the stages of plugins in brackets.
fn drawn(plugins: &Plugins) -> anyhow::Result<String> {
    let chain = plugins.chain()?;
    let name = |(name, own): &(String, bool)| match own {
        true => name.clone(),
        false => format!("[{name}]"),
    };
    Ok(format!("\n{}", chain.iter().map(name).collect::<Vec<_>>().join(" ─▶ ")))
}

/// Says what a plugin says of itself; gives the exit code.
pub(super) fn check(arguments: &PluginCheckArguments) -> anyhow::Result<u8> {
    match handshake::read(&arguments.path) {
        Ok(descriptor) => {
            let shown = plain(&format!("{}: {descriptor}", arguments.path.display()));
            print_line(&format!("{shown}\nbengal can load it; none of its code was run"));
            Ok(0)
        }
        Err(refusal) => anyhow::bail!("{}: {refusal}", arguments.path.display()),
    }
}

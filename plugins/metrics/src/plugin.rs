//! The observer: hears how a build went, and keeps it.

use std::path::PathBuf;

use bengal_plugin::{
    Diagnostic, Error, Event, Observer, Options, Outbox, Plugin, Registrar, Value,
};

use crate::around::{Place, complete};
use crate::history::FOLDER;
use crate::record::Record;
use crate::store::{Fault, Store};

/// The plugin `metrics`.
#[derive(Debug)]
pub struct Metrics {
    keep: Option<u64>,
    place: Place,
    /// Whether this build's figures are kept.
    active: bool,
}

impl Plugin for Metrics {
    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        let options = registrar.options();
        let folder = options.text("path")?.unwrap_or(FOLDER).to_owned();
        let keep = kept(options)?;
        let title = registrar.site().and_then(|site| site.get("title")).and_then(Value::as_str);
        let title = title.unwrap_or_default().to_owned();
        let place = Place { title, metrics: folder, ..Place::default() };
        registrar.observer(Self { keep, place, active: false })
    }
}

/// How many records are kept; `None` for all.
fn kept(options: Options<'_>) -> Result<Option<u64>, Error> {
    let Some(keep) = options.int("keep")? else { return Ok(None) };
    match u64::try_from(keep) {
        Ok(keep @ 1..) => Ok(Some(keep)),
        _ => Err(Error::new("the option `keep` is less than 1: the build itself is kept")),
    }
}

impl Observer for Metrics {
    fn event(&mut self, event: &Event<'_>, out: &mut Outbox<'_>) -> Result<(), Error> {
        match *event {
            Event::Started(build) => {
                let text = |key| build.get(key).and_then(Value::as_str).unwrap_or_default();
                self.place.site = PathBuf::from(text("site"));
                self.place.output = PathBuf::from(text("output"));
                // A server builds at every edit, often a part, into a folder of its own.
                self.active = text("command") != "serve";
                Ok(())
            }
            // The figures of a build that was cancelled are comparable with no other's.
            Event::Finished(end) if self.active && end.get("failure").is_none_or(is_nil) => {
                match self.keep(end) {
                    Ok(()) => Ok(()),
                    Err(fault) => out
                        .report(&Diagnostic::warning(&fault.to_string()).hint(
                            "the site is built; only the figures of this build are not kept",
                        )),
                }
            }
            _ => Ok(()),
        }
    }
}

fn is_nil(value: Value<'_>) -> bool {
    value.kind() == bengal_plugin::Kind::Nil
}

impl Metrics {
    fn keep(&self, end: Value<'_>) -> Result<(), Fault> {
        let mut record: Record = serde_json::from_str(end.to_json())
            .map_err(|error| Fault::new("the figures", format!("cannot be read: {error}")))?;
        complete(&mut record, &self.place);
        Store::open(&self.place.site, &self.place.metrics)?.add(&record, self.keep)
    }
}

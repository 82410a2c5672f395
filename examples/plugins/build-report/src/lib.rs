//! An observer: when the build has ended, says which stage worked longest, and how much went wrong.
//!
//! It gives templates `site.report_version` and the template `report_note` besides, as an example of both.

use bengal_plugin::{Error, Event, Observer, Outbox, Plugin, Registrar, Value};

#[derive(Default)]
struct BuildReport {
    busiest: Option<(String, f64)>,
    stages: usize,
    diagnostics: usize,
}

bengal_plugin::export!(BuildReport);

impl Plugin for BuildReport {
    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        registrar.value("report_version", env!("CARGO_PKG_VERSION"))?;
        registrar.template("report_note", "<p>reported by {{ site.report_version }}</p>\n")?;
        registrar.observer(Self::default())
    }
}

impl Observer for BuildReport {
    fn event(&mut self, event: &Event<'_>, out: &mut Outbox<'_>) -> Result<(), Error> {
        let text = |value: Value<'_>, key| {
            value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        match *event {
            Event::StageFinished(stage) => {
                self.stages += 1;
                let busy = stage.get("busy_ms").and_then(Value::as_float).unwrap_or(0.0);
                if self.busiest.as_ref().is_none_or(|(_, most)| busy > *most) {
                    self.busiest = Some((text(stage, "name"), busy));
                }
            }
            Event::Diagnostic(_) => self.diagnostics += 1,
            Event::Finished(end) => {
                let pages = end.get("pages").and_then(Value::as_int).unwrap_or(0);
                let (name, busy) = self.busiest.take().unwrap_or_default();
                let (stages, wrong) = (self.stages, self.diagnostics);
                out.log(&format!("{pages} pages through {stages} stages, {wrong} diagnostics"));
                out.log(&format!("`{name}` worked longest: {busy:.1} ms"));
            }
            _ => {}
        }
        Ok(())
    }
}

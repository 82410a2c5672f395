//! Starts the program again with jemalloc's profiler, which can be switched on at its start only.

#[cfg(unix)]
use std::env;
#[cfg(unix)]
use std::os::unix::process::CommandExt;
#[cfg(unix)]
use std::process::Command;

#[cfg(unix)]
use crate::memory::profiler;
#[cfg(unix)]
use crate::profile::heap::LG_SAMPLE;

/// Puts the program, with the same arguments, in this one's place. What it gives is why that failed.
#[cfg(unix)]
pub(super) fn with_profiler() -> String {
    let Some(options) = profiler::options(LG_SAMPLE) else { return NOT_HERE.to_owned() };
    let given = env::var(profiler::VARIABLE).unwrap_or_default();
    if given.ends_with(&options) {
        // It has been tried. jemalloc does not read its variable where privileges were raised.
        return "jemalloc's profiler could not be switched on".to_owned();
    }
    // Of an option that is given twice, the last counts.
    let value = if given.is_empty() { options } else { format!("{given},{options}") };
    let program = match env::current_exe() {
        Ok(program) => program,
        Err(error) => return format!("bengal does not find itself: {error}"),
    };
    let mut arguments = env::args_os();
    let mut command = Command::new(program);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    let error = command.args(arguments).env(profiler::VARIABLE, value).exec();
    format!("bengal could not be started again: {error}")
}

/// It cannot.
#[cfg(not(unix))]
pub(super) fn with_profiler() -> String {
    NOT_HERE.to_owned()
}

const NOT_HERE: &str = "there is no profiler of the heap on this system";

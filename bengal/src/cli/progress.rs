//! The progress of a long build, on a terminal. The only module that names indicatif.

use std::io::IsTerminal;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::pipeline::runner::Progress;

/// Builds that take no longer show nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often what is shown is renewed.
const TICK: Duration = Duration::from_millis(100);

/// Calls `work` with a progress to count in; shows it when the work takes long, standard error is a
/// terminal, and `shown` says so.
pub(super) fn with<T>(shown: bool, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    if !shown || !std::io::stderr().is_terminal() {
        return work(&progress);
    }
    let (done, wait) = channel::<()>();
    std::thread::scope(|scope| {
        let progress = &progress;
        scope.spawn(move || show(progress, &wait));
        let result = work(progress);
        drop(done);
        result
    })
}

fn show(progress: &Progress, done: &Receiver<()>) {
    if done.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    while done.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
        let (found, written) = progress.counts();
        bar.set_message(format!("{found} files found, {written} written"));
        bar.tick();
    }
    bar.finish_and_clear();
}

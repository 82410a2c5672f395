//! The plugin as a library, `libmetrics.so`, which takes the place of the one that is part of bengal:
//! `bengal build --plugin target/release/examples/libmetrics.so`.

bengal_plugin::export!(bengal_metrics::Metrics, "metrics");

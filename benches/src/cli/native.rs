//! `gil-bench native`: one sample of a workload in Rust.

use clap::Args;

use crate::bench::runtimes::setting;
use crate::bench::workloads::named;

#[derive(Args, Debug)]
pub(super) struct Native {
    /// The workload.
    workload: String,
    /// Its settings.
    #[arg(value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, i64)>,
}

impl Native {
    pub(super) fn run(self) -> Result<(), String> {
        let native = named(&self.workload).and_then(|workload| workload.native);
        let native = native.ok_or_else(|| format!("there is no native `{}`", self.workload))?;
        native(&self.settings.into_iter().collect())
    }
}

//! The results as one page of HTML: charts, tables and targets. It loads nothing from elsewhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::plot::Plot;
use super::report::Report;
use crate::bench::samples::{Range, Row};
use crate::bench::targets::{Limit, Target, Verdict};

/// Light or dark as in the reader's system; the black parts of the charts follow.
const STYLE: &str = "
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
  background: Canvas; color: CanvasText }
table { border-collapse: collapse; margin: .5rem 0 1rem }
th, td { text-align: left; padding: .15rem .9rem .15rem 0; vertical-align: top }
td.figure { font-variant-numeric: tabular-nums; white-space: nowrap }
.wide { overflow-x: auto }
svg { max-width: 100%; height: auto }
svg text { fill: currentColor }
svg line, svg polyline[stroke='#000000'] { stroke: currentColor }
.met { color: light-dark(#1a7f37, #4ac26b) }
.not-met { color: light-dark(#c1121f, #ff7b72) }
.open { color: light-dark(#9a6700, #e3b341) }
";

/// The page, with these charts of the report.
#[must_use]
pub fn page(report: &Report, plots: &[Plot]) -> String {
    let mut cases: Vec<&str> = plots.iter().map(|plot| plot.case.as_str()).collect();
    cases.dedup();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "gil-bench" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "gil-bench" }
                p { (report.rounds) " interleaved rounds. In the charts a dot is a sample and a bar the median; \
                    in the tables, the median and the range." }
                (targets(&report.targets))
                @for case in cases {
                    h2 { (case) }
                    (charts(plots, case))
                    (table(&report.rows.0, case))
                }
                h2 { "Where" }
                table {
                    @for (name, value) in &report.machine { tr { th { (name) } td { (value) } } }
                }
                @if !report.missing.is_empty() {
                    h2 { "What is missing" }
                    ul { @for missing in &report.missing { li { (missing) } } }
                }
            }
        }
    };
    page.into_string()
}

fn targets(targets: &[Target]) -> Markup {
    html! {
        @if !targets.is_empty() {
            h2 { "Targets" }
            p { "Met is a median within the limit, not met a 95 % interval wholly beyond it; open is neither, \
                and no success." }
            div.wide { table {
                tr { th { "verdict" } th { "what" } th { "limit" } th { "measured" } }
                @for Target { what, limit, samples, verdict } in targets {
                    tr {
                        td class=(class(*verdict)) { (verdict.words()) }
                        td { (what) }
                        td.figure {
                            @match limit {
                                Limit::AtMost(most) => { "≤ " (most) }
                                Limit::AtLeast(least) => { "≥ " (least) }
                            }
                        }
                        td.figure { (format!("{:.3}", Range::of(samples.iter().copied()))) }
                    }
                }
            } }
        }
    }
}

const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::NotMet => "not-met",
        Verdict::Open | Verdict::TooNoisy => "open",
    }
}

/// The first figure of a case is its subject; the others can be opened.
fn charts(plots: &[Plot], case: &str) -> Markup {
    let mut of_case = plots.iter().filter(|plot| plot.case == case);
    html! {
        @if let Some(first) = of_case.next() { (PreEscaped(&first.svg)) }
        @for Plot { what, svg, .. } in of_case {
            details { summary { (what) } (PreEscaped(svg)) }
        }
    }
}

fn table(rows: &[Row], case: &str) -> Markup {
    let of_case = || rows.iter().filter(|row| row.case == case);
    let (mut columns, mut runtimes) = (Vec::new(), Vec::new());
    for Row { runtime, what, .. } in of_case() {
        if !columns.contains(what) {
            columns.push(*what);
        }
        if !runtimes.contains(runtime) {
            runtimes.push(runtime.clone());
        }
    }
    let cell = |runtime: &str, what: &str| {
        let row = of_case().find(|row| row.runtime == runtime && row.what == what);
        let row = row.filter(|row| !row.samples.is_empty());
        row.map_or("-".to_owned(), |row| {
            let range = Range::of(row.samples.iter().copied());
            if range.median < 10.0 { format!("{range:.2}") } else { format!("{range:.0}") }
        })
    };
    html! {
        div.wide { table {
            tr { th { "runtime" } @for what in &columns { th { (what) } } }
            @for runtime in &runtimes {
                tr {
                    td { (runtime) }
                    @for what in &columns { td.figure { (cell(runtime, what)) } }
                }
            }
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::reports::plot::{plots, tests::report};

    #[test]
    fn page_is_complete_and_loads_nothing() {
        let report = report();
        let page = page(&report, &plots(&report).expect("drawn"));
        assert_eq!(page.matches("<svg").count(), 3, "a chart of each figure");
        for text in ["echo, 1 hog", "short-io", "p50_us", "0.12.5", "pypy3 is not on PATH", ">met<"]
        {
            assert!(page.contains(text), "{text}");
        }
        for from_elsewhere in ["<script", "<link", "<img", "src=", "href=", "@import", "url("] {
            assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
        }
    }

    #[test]
    fn names_in_the_page_are_escaped() {
        let report = report();
        let page = page(&report, &plots(&report).expect("drawn"));
        assert!(
            !page.contains("<b>") && !page.contains("<the control"),
            "in tables, charts, targets"
        );
        assert!(page.contains("<td>&lt;b&gt;&amp;&quot;3&quot;</td>"));
    }
}

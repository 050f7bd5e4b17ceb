//! A figure of a case as an SVG: a row per runtime, a dot per sample, a bar at the median.
//!
//! The axis is logarithmic where the samples span more than a decade.

use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;

use super::report::Report;
use crate::bench::samples::{Row, median};

/// Colours that are readable on white and on black; black parts follow the page.
const DOT: RGBAColor = RGBAColor(0x2f, 0x7e, 0xd8, 0.75);
const MEDIAN: RGBColor = RGBColor(0xd9, 0x5f, 0x02);
const WIDTH: u32 = 860;
const ROW_HEIGHT: u32 = 28;
/// Caption, axis and its name.
const AROUND: u32 = 104;
/// The approximate width of a letter: no font is available to measure with.
const LETTER_WIDTH: usize = 8;

/// A chart of each figure of each case, in the report's order.
#[derive(Clone, Debug)]
pub struct Plot {
    /// The workload and its size.
    pub case: String,
    /// The figure, with its unit.
    pub what: &'static str,
    /// The drawing.
    pub svg: String,
}

impl Plot {
    /// A name for its own file.
    #[must_use]
    pub fn file_name(&self) -> String {
        let name = format!("{} {}", self.case, self.what).to_lowercase();
        let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-") + ".svg"
    }
}

/// Draws all measured figures.
///
/// # Errors
/// When a figure has no values that can be drawn.
pub fn plots(report: &Report) -> Result<Vec<Plot>, String> {
    let mut plots: Vec<Plot> = Vec::new();
    for Row { case, what, .. } in &report.rows.0 {
        if plots.iter().any(|plot| plot.case == *case && plot.what == *what) {
            continue;
        }
        let rows = report.rows.0.iter().filter(|row| row.case == *case && row.what == *what);
        let rows: Vec<&Row> = rows.collect();
        let svg = plot(&rows).map_err(|error| format!("cannot draw {case}, {what}: {error}"))?;
        plots.push(Plot { case: case.clone(), what, svg });
    }
    Ok(plots)
}

/// The smallest and the largest sample.
fn span(rows: &[&Row]) -> (f64, f64) {
    let samples = rows.iter().flat_map(|row| &row.samples);
    samples.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), sample| {
        (least.min(*sample), most.max(*sample))
    })
}

/// Draws one figure: one row of the report for each runtime.
fn plot(rows: &[&Row]) -> Result<String, String> {
    let (least, most) = span(rows);
    if !(least.is_finite() && most.is_finite()) {
        return Err("there are no samples".to_owned());
    }
    let mut svg = String::new();
    let size = (WIDTH, ROW_HEIGHT * rows.len() as u32 + AROUND);
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    let drawn = if least > 0.0 && most / least > 10.0 {
        draw(&area, rows, (least / 1.2..most * 1.2).log_scale())
    } else {
        let room = ((most - least) * 0.08).max(most.abs() * 0.01).max(f64::MIN_POSITIVE);
        let from = if least >= 0.0 { (least - room).max(0.0) } else { least - room };
        draw(&area, rows, from..most + room)
    };
    drawn.and_then(|()| area.present()).map_err(|error| error.to_string())?;
    drop(area);
    Ok(svg)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

fn draw<X>(
    area: &Area<'_>,
    rows: &[&Row],
    axis: impl AsRangedCoord<CoordDescType = X, Value = f64>,
) -> Drawn
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let Row { case, what, .. } = rows[0];
    let longest = rows.iter().map(|row| row.runtime.chars().count()).max().unwrap_or(0);
    // The first row is at the top; a row is two high.
    let heights: Vec<i32> = (0..rows.len() as i32).rev().map(|below| 2 * below + 1).collect();
    let from_below = (0..2 * rows.len() as i32).with_key_points(heights.clone());
    let mut chart = ChartBuilder::on(area)
        .caption(format!("{case}: {what}"), ("sans-serif", 16))
        .margin(10)
        .x_label_area_size(44)
        .y_label_area_size((longest * LETTER_WIDTH + 16) as u32)
        .build_cartesian_2d(axis, from_below)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .x_desc(*what)
        .x_labels(8)
        .x_label_formatter(&|value| number(*value))
        .y_labels(rows.len())
        .y_label_formatter(&|at| {
            let row = heights.iter().position(|height| height == at).map(|index| rows[index]);
            row.map(|row| row.runtime.clone()).unwrap_or_default()
        })
        .label_style(("sans-serif", 13))
        .light_line_style(BLACK.mix(0.06))
        .bold_line_style(BLACK.mix(0.18))
        .draw()?;
    for (row, height) in rows.iter().zip(&heights).filter(|(row, _)| !row.samples.is_empty()) {
        let at = |sample: f64| (sample, *height);
        let dots = row.samples.iter().map(|sample| Circle::new(at(*sample), 4, DOT.filled()));
        chart.draw_series(dots)?;
        let bar = PathElement::new([(0, -9), (0, 9)], MEDIAN.stroke_width(3));
        chart.draw_series([EmptyElement::at(at(median(&row.samples))) + bar])?;
    }
    Ok(())
}

fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0 | 100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::bench::reports::SCHEMA;
    use crate::bench::samples::Rows;
    use crate::bench::targets::{Limit, Target};

    /// Two cases, of which one spans three decades, and a name that must be escaped.
    pub(crate) fn report() -> Report {
        let row = |case: &str, runtime: &str, what, samples: &[f64]| Row {
            workload: "echo",
            case: case.to_owned(),
            runtime: runtime.to_owned(),
            what,
            samples: samples.to_vec(),
        };
        Report {
            schema: SCHEMA,
            rounds: 3,
            machine: vec![("parking_lot".to_owned(), "0.12.5".to_owned())],
            missing: vec!["pypy3 is not on PATH; the Debian package is `pypy3`".to_owned()],
            runtimes: Vec::new(),
            rows: Rows(vec![
                row("echo, 1 hog", "handoff", "p50_us", &[20.0, 21.0, 19.0]),
                row("echo, 1 hog", "<b>&\"3\"", "p50_us", &[5_095.0, 5_100.0, 5_080.0]),
                row("echo, 1 hog", "free", "p50_us", &[14.0, 13.0, 20.0]),
                row("echo, 1 hog", "handoff", "kept", &[0.0, 0.0, 0.0]),
                row("short-io", "handoff", "writes_kept", &[0.4, 0.5, 0.45]),
            ]),
            targets: vec![Target::new(
                "p50 / <the control's>",
                Limit::AtMost(2.0),
                vec![1.4, 1.6, 0.95],
            )],
        }
    }

    #[test]
    fn figures_are_xml_that_names_their_runtimes() {
        let plots = plots(&report()).expect("drawn");
        let names: Vec<_> = plots.iter().map(Plot::file_name).collect();
        assert_eq!(
            names,
            ["echo-1-hog-p50-us.svg", "echo-1-hog-kept.svg", "short-io-writes-kept.svg"]
        );
        for plot in &plots {
            let document = roxmltree::Document::parse(&plot.svg).expect("well-formed");
            let texts: Vec<_> = document
                .descendants()
                .filter(|node| node.has_tag_name("text"))
                .map(|node| node.text().unwrap_or_default().trim())
                .collect();
            let rows = report().rows;
            let rows = rows.0.iter().filter(|row| row.case == plot.case && row.what == plot.what);
            for row in rows.clone() {
                assert!(texts.contains(&row.runtime.as_str()), "{} in {texts:?}", row.runtime);
            }
            let dots = document.descendants().filter(|node| node.has_tag_name("circle")).count();
            assert_eq!(dots, rows.map(|row| row.samples.len()).sum::<usize>(), "{}", plot.case);
        }
    }

    #[test]
    fn axis_beyond_a_decade_is_logarithmic() {
        let middle = |most: f64| {
            let row = Row {
                workload: "echo",
                case: "case".to_owned(),
                runtime: "runtime".to_owned(),
                what: "us",
                samples: vec![1.0, most.sqrt(), most],
            };
            let svg = plot(&[&row]).expect("drawn");
            let document = roxmltree::Document::parse(&svg).expect("well-formed");
            let dots = document.descendants().filter(|node| node.has_tag_name("circle"));
            let at: Vec<f64> = dots.filter_map(|dot| dot.attribute("cx")?.parse().ok()).collect();
            (at[1] - at[0]) / (at[2] - at[0])
        };
        assert!((middle(10_000.0) - 0.5).abs() < 0.01, "the geometric mean is in the middle");
        assert!(middle(9.0) < 0.3, "and here it is not");
    }

    #[test]
    fn figure_without_samples_is_an_error() {
        let mut report = report();
        report.rows.0.truncate(1);
        report.rows.0[0].samples.clear();
        assert!(plots(&report).is_err_and(|error| error.contains("no samples")));
    }
}

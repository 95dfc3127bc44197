//! Charts as SVG. Their colours follow the reader's light or dark scheme, where the viewer tells.

use std::fmt::Write;

/// One panel: a bar for each column of each row.
pub(super) struct Bars {
    pub(super) title: String,
    /// Names and numbers, one for each series.
    pub(super) rows: Vec<(String, Vec<f64>)>,
}

/// One panel: a line for each series over the same numbers, both axes logarithmic.
pub(super) struct Lines {
    pub(super) title: String,
    pub(super) axis: String,
    pub(super) series: Vec<(String, Vec<(f64, f64)>)>,
}

/// Series have three shades; what is ours has a colour.
const STYLE: &str = "<style>\
    text{font:12px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}\
    .head{font-size:14px;font-weight:600}.small{font-size:11px;fill:#59636e}.ours{font-weight:700}.end{text-anchor:end}\
    .middle{text-anchor:middle}.grid{stroke:#d1d9e0;stroke-width:1}.line{fill:none;stroke-width:2}\
    .a0{fill:#8c959f}.a1{fill:#c8ced5}.b0{fill:#0969da}.b1{fill:#80b3f0}\
    .l0{stroke:#0969da;fill:#0969da}.l1{stroke:#cf222e;fill:#cf222e}.l2{stroke:#1a7f37;fill:#1a7f37}\
    .l3{stroke:#9a6700;fill:#9a6700}.paper{fill:#fff}\
    @media(prefers-color-scheme:dark){text{fill:#f0f6fc}.small{fill:#9198a1}.grid{stroke:#3d444d}\
    .a0{fill:#7d8590}.a1{fill:#4d555f}.b0{fill:#4493f8}.b1{fill:#234f86}\
    .l0{stroke:#4493f8;fill:#4493f8}.l1{stroke:#f85149;fill:#f85149}.l2{stroke:#3fb950;fill:#3fb950}\
    .l3{stroke:#d29922;fill:#d29922}.paper{fill:#0d1117}}</style>";
const WIDTH: f64 = 920.0;
const COLUMNS: usize = 2;
const PANEL: f64 = WIDTH / COLUMNS as f64;
/// What is above the panels: the title, and a legend if it is that of all panels.
const TITLE: f64 = 42.0;
const LEGEND: f64 = 24.0;

/// Panels side by side. The rows of a panel are in the order of their first number; ours stands out.
pub(super) fn bars(title: &str, series: &[&str], ours: &str, panels: &[Bars]) -> String {
    const LABEL: f64 = 178.0;
    const ROW: f64 = 26.0;
    const BAR: f64 = 10.0;
    const HEAD: f64 = 30.0;
    let widest = PANEL - LABEL - 90.0;
    let rows = panels.iter().map(|panel| panel.rows.len()).max().unwrap_or_default();
    let panel_height = HEAD + ROW * rows as f64 + 18.0;
    let mut text = begin(title, TITLE + LEGEND, panel_height, panels.len());
    let mut x = 16.0;
    for (index, name) in series.iter().enumerate() {
        _ = write!(text, "<rect class='b{index}' x='{x}' y='40' width='12' height='12' rx='2'/>");
        _ = write!(text, "<text class='small' x='{}' y='50'>{}</text>", x + 18.0, escaped(name));
        x += 40.0 + 6.2 * name.len() as f64;
    }
    for (index, panel) in panels.iter().enumerate() {
        let (left, top) = place(index, TITLE + LEGEND, panel_height);
        let mut sorted: Vec<_> = panel.rows.iter().collect();
        sorted.sort_by(|(_, one), (_, other)| first(one).total_cmp(&first(other)));
        let end = end_of_axis(&sorted);
        _ = write!(text, "<text class='head' x='{}' y='{}'>{}</text>", left + 16.0, top + 16.0, escaped(&panel.title));
        for (index, (name, numbers)) in sorted.into_iter().enumerate() {
            let y = top + HEAD + ROW * index as f64;
            let (class, letter) = if name == ours { ("end ours", 'b') } else { ("end", 'a') };
            let (label, middle) = (left + LABEL, y + BAR + 4.0);
            _ = write!(text, "<text class='{class}' x='{label}' y='{middle}'>{}</text>", escaped(name));
            for (index, number) in numbers.iter().enumerate() {
                let (x, y) = (left + LABEL + 8.0, y + (BAR + 1.0) * index as f64);
                let width = (number.min(end) / end * widest).max(1.0);
                _ = write!(text, "<rect class='{letter}{index}' x='{x}' y='{y}' width='{width:.1}' height='{BAR}'/>");
                if *number > end {
                    // It is longer than there is room for.
                    let cut = x + width - 16.0;
                    _ = write!(
                        text,
                        "<path class='paper' d='M{cut} {} l6 -{} h4 l-6 {} z'/>",
                        y + BAR + 1.0,
                        BAR + 2.0,
                        BAR + 2.0
                    );
                }
                let small = super::tables::grouped(*number);
                _ = write!(text, "<text class='small' x='{:.1}' y='{}'>{small}</text>", x + width + 5.0, y + BAR - 1.0);
            }
        }
    }
    text + "</svg>\n"
}

fn first(numbers: &[f64]) -> f64 {
    numbers.first().copied().unwrap_or_default()
}

/// The number of the longest bar: the largest one, unless it makes all others too short to tell apart.
fn end_of_axis(rows: &[&(String, Vec<f64>)]) -> f64 {
    let mut numbers: Vec<f64> = rows.iter().flat_map(|(_, numbers)| numbers.iter().copied()).collect();
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.get(numbers.len() / 2).copied().unwrap_or(1.0);
    numbers.last().copied().unwrap_or(1.0).min(middle * 4.0).max(1.0)
}

/// Panels side by side.
pub(super) fn lines(title: &str, panels: &[Lines]) -> String {
    const HEIGHT: f64 = 300.0;
    const LEFT: f64 = 64.0;
    const HEAD: f64 = 50.0;
    let (width, height) = (PANEL - LEFT - 30.0, HEIGHT - HEAD - 56.0);
    let mut text = begin(title, TITLE, HEIGHT, panels.len());
    for (index, panel) in panels.iter().enumerate() {
        let (left, top) = place(index, TITLE, HEIGHT);
        let (left, top) = (left + LEFT, top + HEAD - 20.0);
        _ = write!(
            text,
            "<text class='head' x='{}' y='{}'>{}</text>",
            left - LEFT + 16.0,
            top - 14.0,
            escaped(&panel.title)
        );
        let points = || panel.series.iter().flat_map(|(_, points)| points.iter().copied());
        let (x_from, x_to) = decades(points().map(|(x, _)| x));
        let (y_from, y_to) = decades(points().map(|(_, y)| y));
        let x_of = |x: f64| left + (x.log10() - x_from) / (x_to - x_from) * width;
        let top = top + 20.0;
        let y_of = |y: f64| top + height - (y.log10() - y_from) / (y_to - y_from) * height;
        for decade in y_from as i32..=y_to as i32 {
            let y = y_of(10_f64.powi(decade));
            _ = write!(text, "<path class='grid' d='M{left} {y:.1} h{width}'/>");
            let label = amount(10_f64.powi(decade));
            _ = write!(text, "<text class='small end' x='{}' y='{:.1}'>{label}</text>", left - 8.0, y + 4.0);
        }
        for decade in x_from as i32..=x_to as i32 {
            let (x, y) = (x_of(10_f64.powi(decade)), top + height + 18.0);
            let label = amount(10_f64.powi(decade));
            _ = write!(text, "<text class='small middle' x='{x:.1}' y='{y}'>{label}</text>");
        }
        let (x, y) = (left + width / 2.0, top + height + 36.0);
        _ = write!(text, "<text class='small middle' x='{x}' y='{y}'>{}</text>", escaped(&panel.axis));
        let mut legend = left;
        for (index, (name, points)) in panel.series.iter().enumerate() {
            let path: Vec<_> = points.iter().map(|(x, y)| format!("{:.1} {:.1}", x_of(*x), y_of(*y))).collect();
            _ = write!(text, "<path class='line l{index}' style='fill:none' d='M{}'/>", path.join(" L"));
            for (x, y) in points {
                _ = write!(text, "<circle class='l{index}' cx='{:.1}' cy='{:.1}' r='3'/>", x_of(*x), y_of(*y));
            }
            _ = write!(text, "<circle class='l{index}' cx='{}' cy='{}' r='4'/>", legend + 4.0, top - 18.0);
            _ = write!(text, "<text class='small' x='{}' y='{}'>{}</text>", legend + 14.0, top - 14.0, escaped(name));
            legend += 30.0 + 6.2 * name.len() as f64;
        }
    }
    text + "</svg>\n"
}

/// The powers of ten around numbers.
fn decades(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    let logs = numbers.map(f64::log10);
    let (from, to) = logs.fold((f64::MAX, f64::MIN), |(from, to), log| (from.min(log), to.max(log)));
    (from.floor(), to.ceil().max(from.floor() + 1.0))
}

/// A power of ten, short.
fn amount(number: f64) -> String {
    match number {
        1e6.. => format!("{}M", number / 1e6),
        1e3.. => format!("{}k", number / 1e3),
        _ => number.to_string(),
    }
}

fn begin(title: &str, top: f64, panel_height: f64, panels: usize) -> String {
    let height = top + panel_height * panels.div_ceil(COLUMNS) as f64;
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}' \
         role='img'><title>{0}</title>{STYLE}<rect class='paper' width='100%' height='100%' rx='6'/>\
         <text class='head' x='16' y='26'>{0}</text>",
        escaped(title)
    )
}

fn place(index: usize, top: f64, height: f64) -> (f64, f64) {
    ((index % COLUMNS) as f64 * PANEL, top + (index / COLUMNS) as f64 * height)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_and_what_is_too_long_is_cut() {
        let row = |name: &str, number: f64| (name.to_owned(), vec![number]);
        let rows = vec![row("third", 400.0), row("<first>", 5.0), row("second", 8.0)];
        let chart = bars("title", &["a"], "second", &[Bars { title: "panel".to_owned(), rows }]);
        let at = |text: &str| chart.find(text).unwrap_or_else(|| panic!("{text} is not in {chart}"));
        assert!(at("&lt;first&gt;") < at(">second<") && at(">second<") < at(">third<"));
        assert_eq!(chart.matches("<path").count(), 1);
        assert!(chart.contains("<text class='end ours' x='178'"), "{chart}");
    }

    #[test]
    fn axes_are_powers_of_ten_around_all_points() {
        assert_eq!(decades([3.0, 200.0].into_iter()), (0.0, 3.0));
        assert_eq!(decades([10.0].into_iter()), (1.0, 2.0));
        assert_eq!([1.0, 100.0, 10_000.0, 1e6].map(amount), ["1", "100", "10k", "1M"]);
        let series = vec![("a".to_owned(), vec![(1.0, 10.0), (10.0, 100.0)])];
        let chart = lines("title", &[Lines { title: "panel".to_owned(), axis: "x".to_owned(), series }]);
        assert_eq!(chart.matches("<circle").count(), 3);
    }
}

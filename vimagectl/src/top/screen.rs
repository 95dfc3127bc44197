//! The table in the place of the terminal.

use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row, Table};

use super::Wanted;
use super::rates::{Rate, Sample, rates};
use crate::client::Error;
use crate::outside::Outside;

/// Shows the table until the user quits.
pub(super) fn run(outside: &Outside, wanted: &Wanted<'_>, interval: Duration, count: Option<u64>) -> Result<(), Error> {
    let mut before = Sample::take(outside, wanted)?;
    let mut terminal = ratatui::try_init()?;
    let mut remaining = count;
    let mut shown = Vec::new();
    let mut show = || -> Result<(), Error> {
        loop {
            terminal.draw(|frame| draw(frame, &before, &shown))?;
            if remaining == Some(0) || quits_within(interval)? {
                return Ok(());
            }
            let after = Sample::take(outside, wanted)?;
            shown = rates(&before, &after);
            before = after;
            remaining = remaining.map(|count| count - 1);
        }
    };
    let result = show();
    // Also after an error, whose text belongs to the terminal as it was.
    ratatui::restore();
    result
}

/// Waits until the next look is due. Returns whether the user wants to quit.
fn quits_within(interval: Duration) -> Result<bool, Error> {
    let due = Instant::now() + interval;
    loop {
        let left = due.saturating_duration_since(Instant::now());
        if !event::poll(left)? {
            return Ok(false);
        }
        if let Event::Key(key) = event::read()? {
            let interrupts = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
            if interrupts || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) {
                return Ok(true);
            }
        }
    }
}

fn draw(frame: &mut Frame<'_>, sample: &Sample, rates: &[Rate]) {
    let [title, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(frame.area());
    let text = format!("{} instances, {} counters changed; q quits", sample.instances, rates.len());
    frame.render_widget(Line::from(text), title);
    let right = |text: String| Cell::from(Line::from(text).right_aligned());
    let rows = rates.iter().map(|rate| {
        Row::new([
            Cell::from(rate.instance.clone()),
            Cell::from(rate.name.clone()),
            right(rate.value.to_string()),
            right(format!("{:.1}", rate.per_second)),
        ])
    });
    let header = Row::new([
        Cell::from("INSTANCE"),
        Cell::from("NAME"),
        right("VALUE".to_owned()),
        right("PER SECOND".to_owned()),
    ]);
    let widths = [Constraint::Fill(2), Constraint::Fill(3), Constraint::Length(20), Constraint::Length(14)];
    let table = Table::new(rows, widths).header(header.style(Style::new().add_modifier(Modifier::REVERSED)));
    frame.render_widget(table, body);
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    #[test]
    fn the_table_fits_a_terminal() {
        let mut terminal = Terminal::new(TestBackend::new(80, 4)).unwrap();
        let rate = |name: &str, per_second| Rate {
            instance: "Net#1 \"red\"".to_owned(),
            name: name.to_owned(),
            value: 7.into(),
            per_second,
        };
        let rates = [rate("foo::net.foo.counter", 12.34), rate("foo::other", -1.0), rate("below the edge", 1.0)];
        terminal.draw(|frame| draw(frame, &Sample::empty(3), &rates)).unwrap();
        let lines: Vec<String> =
            terminal.backend().to_string().lines().map(|line| line.trim_matches('"').trim_end().to_owned()).collect();
        assert_eq!(lines[0], "3 instances, 3 counters changed; q quits");
        assert!(lines[1].starts_with("INSTANCE") && lines[1].ends_with("PER SECOND"), "{lines:?}");
        assert!(lines[2].starts_with("Net#1 \"red\"") && lines[2].ends_with("12.3"), "{lines:?}");
        assert_eq!(lines.len(), 4);
    }
}

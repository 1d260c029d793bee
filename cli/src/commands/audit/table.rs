//! Tables and bars for a terminal.

use super::output::harmless;

/// A table whose columns are as wide as they need, and together no wider than `width`.
pub(crate) fn table(columns: &[String], rows: &[Vec<String>], width: Option<usize>) -> String {
    let columns: Vec<_> = columns.iter().map(|name| harmless(name)).collect();
    let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|cell| harmless(cell)).collect()).collect();
    let mut widths: Vec<usize> = columns.iter().map(|name| length(name)).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(length(cell));
        }
    }
    if let Some(width) = width {
        fit(&mut widths, width);
    }
    let numeric: Vec<_> = (0..columns.len()).map(|index| is_numeric(&rows, index)).collect();
    let mut text = line(&columns, &widths, &numeric);
    let rules: Vec<_> = widths.iter().map(|width| "─".repeat(*width)).collect();
    text.push_str(&line(&rules, &widths, &numeric));
    for row in &rows {
        text.push_str(&line(row, &widths, &numeric));
    }
    text
}

/// A bar of at most `width` characters, for `value` of `most`.
pub(super) fn bar(value: u64, most: u64, width: usize) -> String {
    let eighths = u128::from(value) * (width as u128) * 8 / u128::from(most.max(1));
    let (whole, part) = (usize::try_from(eighths / 8).unwrap_or(width).min(width), eighths % 8);
    let last = match part {
        0 if whole == 0 && value > 0 => "▏",
        0 => "",
        1 => "▏",
        2 => "▎",
        3 => "▍",
        4 => "▌",
        5 => "▋",
        6 => "▊",
        _ => "▉",
    };
    format!("{}{last}", "█".repeat(whole))
}

/// Text of at most so many characters, with a mark where more was.
pub(super) fn cut(text: &str, width: usize) -> String {
    if length(text) <= width {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

fn line(cells: &[String], widths: &[usize], numeric: &[bool]) -> String {
    let mut text = String::new();
    for (index, ((cell, width), numeric)) in cells.iter().zip(widths).zip(numeric).enumerate() {
        if index > 0 {
            text.push_str("  ");
        }
        let cell = cut(cell, *width);
        let pad = " ".repeat(width.saturating_sub(length(&cell)));
        text.push_str(&if *numeric { format!("{pad}{cell}") } else { format!("{cell}{pad}") });
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Takes from the widest columns what is too much.
fn fit(widths: &mut [usize], width: usize) {
    let gaps = 2 * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        let Some(widest) = widths.iter_mut().max() else { return };
        if *widest <= MIN_WIDTH {
            return;
        }
        *widest -= 1;
    }
}

fn is_numeric(rows: &[Vec<String>], column: usize) -> bool {
    let mut cells = rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty()).peekable();
    cells.peek().is_some()
        && cells.all(|cell| cell.chars().all(|ch| ch.is_ascii_digit() || ".-".contains(ch)) && !is_date(cell))
}

fn is_date(cell: &str) -> bool {
    cell.matches('-').count() > 1
}

fn length(text: &str) -> usize {
    text.chars().count()
}

const MIN_WIDTH: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_table_fits_into_the_terminal() {
        let rows = [
            strings(&["Decrypt", "12", "2026-01-01"]),
            strings(&["GenerateDataKeyWithoutPlaintext", "3", ""]),
        ];
        let columns = strings(&["eventName", "calls", "day"]);
        assert_eq!(
            table(&columns, &rows, Some(32)),
            "eventName      calls  day\n\
             ─────────────  ─────  ──────────\n\
             Decrypt           12  2026-01-01\n\
             GenerateData…      3\n"
        );
        assert!(table(&columns, &rows, None).contains("GenerateDataKeyWithoutPlaintext      3"));
    }

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!(bar(100, 100, 4), "████");
        assert_eq!(bar(50, 100, 4), "██");
        assert_eq!(bar(1, 1_000_000, 4), "▏", "something is never nothing");
        assert_eq!((bar(0, 100, 4).as_str(), bar(0, 0, 4).as_str()), ("", ""));
    }
}

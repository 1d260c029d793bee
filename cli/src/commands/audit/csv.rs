//! CSV, as RFC 4180 has it.

/// Columns and rows.
pub(super) fn csv(columns: &[String], rows: &[Vec<String>]) -> String {
    let mut text = line(columns);
    for row in rows {
        text.push_str(&line(row));
    }
    text
}

fn line(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| quoted(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::csv;

    #[test]
    fn what_would_be_misread_is_quoted() {
        let rows =
            [vec!["a,b".to_owned(), "say \"x\"\n".to_owned()], vec!["plain".to_owned(), String::new()]];
        let text = csv(&["one".to_owned(), "two".to_owned()], &rows);
        assert_eq!(text, "one,two\r\n\"a,b\",\"say \"\"x\"\"\n\"\r\nplain,\r\n");
    }
}

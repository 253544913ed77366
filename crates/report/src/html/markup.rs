//! Safe pieces of a page: [`escaped`] text, [`Cell`]s and [`Table`]s.

use crate::{number, words};
use analysis::Verdict;

/// Text as it may stand in HTML and XML, in content and in attributes alike. Control characters
/// that XML forbids are left out.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A cell of a table.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    class: &'static str,
    /// Escaped.
    content: String,
}

impl Cell {
    /// A word of ours, which is never broken.
    pub(super) fn word(text: impl AsRef<str>) -> Cell {
        Cell { class: "word", content: escaped(text.as_ref()) }
    }

    /// Words.
    pub(super) fn text(text: impl AsRef<str>) -> Cell {
        Cell { class: "", content: escaped(text.as_ref()) }
    }

    /// A figure, set flush right.
    pub(super) fn figure(text: impl AsRef<str>) -> Cell {
        Cell { class: "n", content: escaped(text.as_ref()) }
    }

    /// A count; a zero steps back, so that what is there stands out.
    pub(super) fn count(count: u64) -> Cell {
        let class = if count == 0 { "n zero" } else { "n" };
        Cell { class, content: escaped(&number::count(count)) }
    }

    /// What the row is about.
    pub(super) fn name(text: impl AsRef<str>) -> Cell {
        Cell { class: "name", content: escaped(text.as_ref()) }
    }

    /// Several lines of words.
    pub(super) fn lines<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> Cell {
        let lines: Vec<String> = lines.into_iter().map(|l| escaped(l.as_ref())).collect();
        Cell { class: "", content: lines.join("<br>") }
    }

    /// A verdict with its symbol.
    pub(super) fn verdict(verdict: Verdict) -> Cell {
        Cell { class: "verdict", content: tag(verdict, words::verdict(verdict)) }
    }

    /// A class or result with its symbol.
    pub(super) fn tagged(verdict: Verdict, word: &str) -> Cell {
        Cell { class: "verdict", content: tag(verdict, word) }
    }

    /// A mark in a matrix.
    pub(super) fn mark(text: impl AsRef<str>) -> Cell {
        Cell { class: "mark", content: escaped(text.as_ref()) }
    }

    /// The same cell in bold.
    pub(super) fn bold(self) -> Cell {
        Cell { content: format!("<b>{}</b>", self.content), ..self }
    }

    /// The same cell, marked as something to look at.
    pub(super) fn marked(self) -> Cell {
        Cell { content: format!("<strong class=\"fail\">{}</strong>", self.content), ..self }
    }
}

/// A word as a small tag in the colour of a verdict.
fn tag(verdict: Verdict, word: &str) -> String {
    let (class, symbol) = (words::verdict(verdict), words::symbol(verdict));
    format!("<span class=\"tag {class}\">{symbol} {word}</span>")
}

/// A table with a heading for each column.
#[derive(Debug)]
pub(super) struct Table {
    columns: usize,
    rows: usize,
    caption: String,
    html: String,
}

impl Table {
    /// An empty table with these headings; those that begin with `#` stand over figures, those with
    /// `|` are turned, over the marks of a matrix.
    pub(super) fn new(caption: &str, headings: &[&str]) -> Table {
        let mut html = format!(
            "<div class=\"wide\"><table>\n<caption>{}</caption>\n<thead><tr>",
            escaped(caption)
        );
        html.extend(headings.iter().map(|heading| match heading.split_at_checked(1) {
            Some(("#", figure)) => {
                format!("<th scope=\"col\" class=\"n\">{}</th>", escaped(figure))
            }
            Some(("|", turned)) => {
                format!("<th scope=\"col\" class=\"turned\"><span>{}</span></th>", escaped(turned))
            }
            _ => format!("<th scope=\"col\">{}</th>", escaped(heading)),
        }));
        html.push_str("</tr></thead>\n<tbody>\n");
        Table { columns: headings.len(), rows: 0, caption: caption.to_owned(), html }
    }

    /// Adds a row; its first name cell is its heading.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        assert_eq!(cells.len(), self.columns, "a cell for each column");
        self.rows += 1;
        self.html.push_str("<tr>");
        self.html.extend(cells.into_iter().map(|Cell { class, content }| match class {
            "" => format!("<td>{content}</td>"),
            "name" => format!("<th scope=\"row\">{content}</th>"),
            class => format!("<td class=\"{class}\">{content}</td>"),
        }));
        self.html.push_str("</tr>\n");
    }

    /// The table as HTML; without rows, a note that there is nothing.
    pub(super) fn finish(self) -> String {
        if self.rows == 0 {
            return note(&format!("{} Nothing was recorded.", self.caption));
        }
        self.html + "</tbody></table></div>\n"
    }
}

/// A section with its heading.
pub(super) fn section(title: &str, body: &str) -> String {
    format!("<section>\n<h2>{}</h2>\n{body}</section>\n", escaped(title))
}

/// A paragraph of less important words.
pub(super) fn note(text: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escaped(text))
}

/// A list of terms: each a name and what it is.
pub(super) fn terms<T: AsRef<str>>(terms: impl IntoIterator<Item = (&'static str, T)>) -> String {
    let mut html = "<dl>\n".to_owned();
    html.extend(terms.into_iter().map(|(term, meaning)| {
        let (term, meaning) = (escaped(term), escaped(meaning.as_ref()));
        format!("<div><dt>{term}</dt><dd>{meaning}</dd></div>\n")
    }));
    html + "</dl>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        for (text, expected) in [
            ("<script>", "&lt;script&gt;"),
            ("a & \"b\" 'c'", "a &amp; &quot;b&quot; &#39;c&#39;"),
            ("bell\u{7} esc\u{1b}", "bell esc"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}

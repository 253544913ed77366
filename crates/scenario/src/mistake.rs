//! What is wrong in a scenario file and where: [`Mistakes`].

use std::fmt;
use std::ops::Range;

/// Longest source line that is shown below a message; a longer one helps nobody.
const MAX_SNIPPET_CHARS: usize = 120;

/// Something wrong at a place in the text, before the place has a line and a column.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Bytes of the text.
    pub(crate) span: Range<usize>,
    /// What was found and what is allowed.
    pub(crate) message: String,
    /// Whether something is absent, which broken syntax nearby may explain.
    pub(crate) kind: FindingKind,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FindingKind {
    /// A key that must be there is not.
    Missing,
    /// Something that is there is wrong.
    Wrong,
}

impl Finding {
    /// Something that is there is wrong.
    pub(crate) fn wrong(span: &Range<usize>, message: String) -> Self {
        Self { span: span.clone(), message, kind: FindingKind::Wrong }
    }
}

/// One mistake. Shows as `file:line:column: message`, then the line with a marker below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file, as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What was found and what is allowed.
    pub message: String,
    snippet: Option<String>,
}

impl Mistake {
    /// The finding with its place in words.
    pub(crate) fn new(file: &str, text: &str, finding: &Finding) -> Self {
        let start = boundary(text, finding.span.start);
        let end = boundary(text, finding.span.end.max(start));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let number = text[..start].matches('\n').count() + 1;
        let column = text[line_start..start].chars().count() + 1;
        let marked = text[start..end.clamp(start, line_end)].trim_end().chars().count().max(1);
        Self {
            file: file.to_owned(),
            line: number,
            column,
            message: printable(&finding.message),
            snippet: snippet(text[line_start..line_end].trim_end(), number, column, marked),
        }
    }
}

/// The last boundary between characters up to a byte.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

fn snippet(line: &str, number: usize, column: usize, marked: usize) -> Option<String> {
    if line.is_empty() || line.chars().count() > MAX_SNIPPET_CHARS {
        return None;
    }
    let line = printable(line);
    let margin = number.to_string().len();
    let (before, marker) = (" ".repeat(column - 1), "^".repeat(marked));
    Some(format!("  {number} | {line}\n  {:margin$} | {before}{marker}", ""))
}

/// One line, one column each, whatever the terminal would make of a tab or an escape.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        match &self.snippet {
            Some(snippet) => write!(f, "\n{snippet}"),
            None => Ok(()),
        }
    }
}

/// All mistakes of one file, at least one, in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Places the findings; of several at one place, the first tells.
    pub(crate) fn new(file: &str, text: &str, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| finding.span.start);
        findings
            .dedup_by(|later, first| later.span == first.span && first.kind == FindingKind::Wrong);
        Self(findings.iter().map(|finding| Mistake::new(file, text, finding)).collect())
    }
}

impl std::ops::Deref for Mistakes {
    type Target = [Mistake];

    fn deref(&self) -> &[Mistake] {
        &self.0
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, span: Range<usize>) -> String {
        Mistakes::new("f.toml", text, vec![Finding::wrong(&span, "no".into())]).to_string()
    }

    #[test]
    fn a_mistake_shows_its_line_with_a_marker() {
        assert_eq!(shown("a = 1\nb = 22\n", 10..12), "f.toml:2:5: no\n  2 | b = 22\n    |     ^^");
        assert_eq!(shown("ä = ö", 5..7), "f.toml:1:5: no\n  1 | ä = ö\n    |     ^");
        assert_eq!(shown("a\tb\r\n", 2..40), "f.toml:1:3: no\n  1 | a b\n    |   ^");
    }

    #[test]
    fn a_place_outside_the_text_is_its_end() {
        assert_eq!(shown("", 0..0), "f.toml:1:1: no");
        assert_eq!(shown("a\n", 90..99), "f.toml:2:1: no");
    }
}

//! Comments of `.proto` files, made fit to be doc comments: what looks like code there is not Rust and
//! must not become a doctest, and what looks like a tag is not HTML.

use prost_types::FileDescriptorProto;

/// Rewrites every comment of a file in place.
pub(crate) fn clean_file(file: &mut FileDescriptorProto) {
    let Some(info) = &mut file.source_code_info else {
        return;
    };
    for place in &mut info.location {
        // Detached blocks are notes to readers of the .proto (licences, headings), not documentation.
        place.leading_detached_comments.clear();
        for text in [&mut place.leading_comments, &mut place.trailing_comments] {
            if let Some(old) = text.take() {
                let new = clean(&old);
                *text = (!new.is_empty()).then_some(new);
            }
        }
    }
}

/// One comment: fences made `text`, indented blocks fenced, tags escaped, ends trimmed.
pub(crate) fn clean(comment: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut block = Block::Prose;
    // Whether a block of code can begin: it cannot break into a paragraph.
    let mut open = true;
    for line in comment.lines().map(str::trim_end) {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if let Block::Fenced(margin) = block {
            let end = text == "```";
            out.push(dedent(line, margin));
            if end {
                block = Block::Prose;
                open = true;
            }
            continue;
        }
        if let Some(info) = text.strip_prefix("```").filter(|info| !info.contains('`')) {
            end_indented(&mut out, &mut block);
            block = Block::Fenced(indent);
            out.push(format!(" ```{}", language(info)));
            continue;
        }
        // One space follows the slashes and four more make a block of code; prost-build adds one of them
        // to lines that begin with two.
        let code = indent >= 4 || line.starts_with('\t') || line.starts_with(" \t");
        match block {
            Block::Indented if code || text.is_empty() => out.push(dedent(line, CODE)),
            _ if code && open => {
                out.push(" ```text".to_owned());
                out.push(dedent(line, CODE));
                block = Block::Indented;
            }
            _ => {
                end_indented(&mut out, &mut block);
                out.push(prose(line));
            }
        }
        open = text.is_empty() || text.starts_with('#');
    }
    if matches!(block, Block::Fenced(_)) {
        out.push(" ```".to_owned());
    }
    end_indented(&mut out, &mut block);
    let first = out.iter().position(|line| !line.is_empty());
    let last = out.iter().rposition(|line| !line.is_empty());
    match (first, last) {
        (Some(first), Some(last)) => out[first..=last].join("\n"),
        _ => String::new(),
    }
}

/// The margin of indented code.
const CODE: usize = 5;

enum Block {
    Prose,
    /// With the margin of its first line.
    Fenced(usize),
    Indented,
}

/// Blank lines at the end of an indented block belong after the fence.
fn end_indented(out: &mut Vec<String>, block: &mut Block) {
    if matches!(block, Block::Indented) {
        let last = out.iter().rposition(|line| !line.is_empty());
        out.insert(last.map_or(0, |at| at + 1), " ```".to_owned());
        *block = Block::Prose;
    }
}

/// Takes away as much of the margin as there is, and leaves the one space that comments have.
fn dedent(line: &str, margin: usize) -> String {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    if text.is_empty() {
        return String::new();
    }
    let rest = line.get(indent.min(margin)..).unwrap_or(text);
    format!(" {rest}")
}

/// rustdoc runs blocks without a language and those of Rust.
fn language(info: &str) -> &str {
    match info.trim() {
        "" | "rust" | "rs" => "text",
        other => other,
    }
}

/// `<name>` would be an unknown HTML tag, and `[Name][package.Name]` a link that rustdoc cannot follow:
/// it becomes code. Code spans are left alone, and brackets around a URL go, because prost-build puts its
/// own there.
fn prose(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut in_code = false;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let tail = &rest[c.len_utf8()..];
        match c {
            '`' => in_code = !in_code,
            '[' if !in_code => {
                if let Some((text, after)) = reference(tail) {
                    let mark = if text.contains('`') { "" } else { "`" };
                    out.push_str(&format!("{mark}{text}{mark}"));
                    rest = after;
                    continue;
                }
            }
            // The end of such a reference that began on an earlier line.
            ']' if !in_code && target(tail).is_some() => {
                out.push_str("\\]");
                rest = target(tail).unwrap_or(tail);
                continue;
            }
            // Two sets of a regular expression.
            ']' if !in_code && tail.starts_with('[') => {
                out.push_str("]\\[");
                rest = &tail[1..];
                continue;
            }
            '<' if !in_code && (tail.starts_with("http://") || tail.starts_with("https://")) => {
                if let Some((url, after)) = tail.split_once('>') {
                    out.push_str(url);
                    rest = after;
                    continue;
                }
            }
            '<' if !in_code && tail.starts_with(|t: char| t.is_alphabetic() || t == '/') => {
                out.push('\\');
            }
            _ => {}
        }
        out.push(c);
        rest = tail;
    }
    out
}

/// The text of a reference to a name of the protocol, and what follows it: `text][a.b.C] ...`.
fn reference(after_bracket: &str) -> Option<(&str, &str)> {
    let (text, after) = after_bracket.split_once(']')?;
    let whole = !text.is_empty() && !text.contains('[');
    target(after).filter(|_| whole).map(|after| (text, after))
}

/// What follows the second half of such a reference: `[a.b.C] ...`.
fn target(text: &str) -> Option<&str> {
    let (name, after) = text.strip_prefix('[')?.split_once(']')?;
    let named = |c: char| c.is_ascii_alphanumeric() || "._".contains(c);
    name.chars().all(named).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indented_code_is_fenced_as_text() {
        let got = clean(" Like so:\n\n     let x = 1;\n\n     y\n\n And on.\n");
        assert_eq!(
            got,
            " Like so:\n\n ```text\n let x = 1;\n\n y\n ```\n\n And on."
        );
    }

    #[test]
    fn a_block_at_the_end_is_closed() {
        assert_eq!(clean("\n     a\n"), " ```text\n a\n ```");
        assert_eq!(clean(" ```\n a"), " ```text\n a\n ```");
    }

    #[test]
    fn an_indented_line_inside_a_paragraph_is_no_code() {
        assert_eq!(clean(" a\n      b\n"), " a\n      b");
    }

    #[test]
    fn a_fence_inside_a_list_loses_its_margin() {
        assert_eq!(
            clean(" 1. a\n\n      ```\n      {\n        x\n      ```\n b"),
            " 1. a\n\n ```text\n {\n   x\n ```\n b"
        );
    }

    #[test]
    fn code_may_follow_a_heading_at_once() {
        assert_eq!(clean(" # A\n    b"), " # A\n ```text\n b\n ```");
    }

    #[test]
    fn fences_lose_rust_and_keep_other_languages() {
        assert_eq!(clean(" ```\n x <y>\n ```"), " ```text\n x <y>\n ```");
        assert_eq!(clean(" ```rust\n x\n ```"), " ```text\n x\n ```");
        assert_eq!(clean(" ```json\n x\n ```"), " ```json\n x\n ```");
    }

    #[test]
    fn tags_are_escaped_outside_code() {
        assert_eq!(clean(" a <b> `<c>` 1 < 2"), " a \\<b> `<c>` 1 < 2");
        assert_eq!(clean(" see <https://a.b/c>."), " see https://a.b/c.");
        assert_eq!(clean(" </b>"), " \\</b>");
    }

    #[test]
    fn references_to_names_of_the_protocol_become_code() {
        assert_eq!(
            clean(" an [A][a.b.A], a [`B`][b.B], [C][]"),
            " an `A`, a `B`, `C`"
        );
        assert_eq!(
            clean(" a [link](x) [0, 9) `[D][d.D]`"),
            " a [link](x) [0, 9) `[D][d.D]`"
        );
    }

    #[test]
    fn blank_comments_vanish() {
        assert_eq!(clean("\n \n"), "");
    }
}

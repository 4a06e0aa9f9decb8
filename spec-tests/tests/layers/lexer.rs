//! Words and marks of Rust source; comments, strings and test code left out.

/// A token and its line, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) line: usize,
    pub(crate) text: Text,
}

/// What a token says. Literals and lifetimes keep no text: no path stands in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    Word(String),
    Mark(char),
    /// `::`
    Colons,
    Literal,
}

impl Token {
    pub(crate) fn word(&self) -> Option<&str> {
        if let Text::Word(word) = &self.text {
            Some(word)
        } else {
            None
        }
    }

    pub(crate) fn is(&self, mark: char) -> bool {
        self.text == Text::Mark(mark)
    }
}

/// The tokens of a file without those of its test items (`#[cfg(test)]`).
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        rest: source,
        line: 1,
        out: Vec::new(),
    };
    while lexer.step() {}
    without_tests(&lexer.out)
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    out: Vec<Token>,
}

impl Lexer<'_> {
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else {
            return false;
        };
        let rest = self.rest;
        if rest.starts_with("//") {
            self.skip(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.skip(block_comment(rest));
        } else if first.is_whitespace() {
            self.skip(first.len_utf8());
        } else if let Some(len) = string(rest) {
            self.push(Text::Literal, len);
        } else if first == '\'' {
            self.push(Text::Literal, quote(rest));
        } else if first.is_ascii_digit() {
            self.push(Text::Literal, word_len(rest));
        } else if first.is_alphabetic() || first == '_' {
            let len = word_len(rest);
            self.push(Text::Word(rest[..len].to_owned()), len);
        } else if rest.starts_with("::") {
            self.push(Text::Colons, 2);
        } else {
            self.push(Text::Mark(first), first.len_utf8());
        }
        true
    }

    fn push(&mut self, text: Text, len: usize) {
        self.out.push(Token {
            line: self.line,
            text,
        });
        self.skip(len);
    }

    fn skip(&mut self, len: usize) {
        self.line += self.rest[..len].matches('\n').count();
        self.rest = &self.rest[len..];
    }
}

fn word_len(rest: &str) -> usize {
    rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(rest.len())
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let tail = &rest.as_bytes()[at..];
        if tail.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of the string literal at the start, prefix included; `None` if there is none.
fn string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let tail = rest.strip_prefix(prefix).unwrap_or("?");
        tail.starts_with('"')
            || (prefix.ends_with('r') && tail.trim_start_matches('#').starts_with('"'))
    })?;
    let tail = &rest[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = tail.len() - tail.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let body = prefix.len() + hashes + 1;
        return Some(
            rest[body..]
                .find(&end)
                .map_or(rest.len(), |at| body + at + end.len()),
        );
    }
    let mut escaped = false;
    for (at, c) in tail.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(prefix.len() + at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

/// The length of the character literal or lifetime at the start.
fn quote(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, escaped))) => {
            let from = at + escaped.len_utf8();
            rest[from..]
                .find('\'')
                .map_or(rest.len(), |end| from + end + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1 + word_len(&rest[1..]),
    }
}

fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((end, inner, test)) = attribute(tokens, at) else {
            out.push(tokens[at].clone());
            at += 1;
            continue;
        };
        at = match (test, inner) {
            (true, true) => return Vec::new(), // #![cfg(test)]: the whole file
            (true, false) => item_end(tokens, end),
            (false, _) => end,
        };
    }
    out
}

/// The attribute that starts at `at`: where it ends, whether it is an inner one, whether it means test code.
fn attribute(tokens: &[Token], at: usize) -> Option<(usize, bool, bool)> {
    let inner = tokens.get(at + 1).is_some_and(|token| token.is('!'));
    let open = at + 1 + usize::from(inner);
    if !(tokens[at].is('#') && tokens.get(open)?.is('[')) {
        return None;
    }
    let end = group_end(tokens, open);
    let words: Vec<_> = tokens[open..end].iter().filter_map(Token::word).collect();
    let test = words == ["test"]
        || (words.first() == Some(&"cfg") && words.contains(&"test") && !words.contains(&"not"));
    Some((end, inner, test))
}

/// Just behind the bracket that closes the one at `open`.
pub(crate) fn group_end(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            Text::Mark('(' | '[' | '{') => depth += 1,
            Text::Mark(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Just behind the item, field, arm or statement that starts at `at`, further attributes of it included.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    while let Some((end, _, _)) = tokens.get(at).and_then(|_| attribute(tokens, at)) {
        at = end;
    }
    let until_semicolon = ["use", "const", "static", "type", "let"];
    let items = [
        "fn",
        "mod",
        "struct",
        "enum",
        "impl",
        "trait",
        "union",
        "macro_rules",
        "extern",
        "unsafe",
    ];
    let head = tokens[at..]
        .iter()
        .filter_map(Token::word)
        .find(|word| *word != "pub" && *word != "crate");
    let semicolon_only = head.is_some_and(|word| until_semicolon.contains(&word))
        && !tokens[at..]
            .iter()
            .take(6)
            .any(|token| token.word() == Some("fn"));
    let item = head.is_some_and(|word| items.contains(&word) || until_semicolon.contains(&word));
    while let Some(token) = tokens.get(at) {
        match token.text {
            Text::Mark(';') => return at + 1,
            Text::Mark(',') if !item => return at + 1,
            Text::Mark('{') if !semicolon_only => return group_end(tokens, at),
            Text::Mark('(' | '[' | '{') => at = group_end(tokens, at),
            Text::Mark(')' | ']' | '}') => return at,
            _ => at += 1,
        }
    }
    at
}

#[test]
fn comments_strings_and_tests_hold_no_paths() {
    let source = r##"
        // crate::a
        /* crate::b /* nested */ crate::c */
        const S: &str = "crate::d \" crate::e"; const R: &str = r#"crate::f " "#; const B: &[u8] = b"crate::g";
        const Q: char = '"'; const E: char = '\''; fn f<'a>(x: &'a str) { crate::kept() }
        #[cfg(test)] use crate::h::{i, j};
        #[cfg(test)] #[rustfmt::skip] mod tests { use crate::k; fn f() { } }
        #[cfg(all(test, feature = "x"))] pub(crate) fn g(a: [u8; 2]) -> u8 { crate::l() }
        #[cfg(not(test))] use crate::also_kept;
        struct T { #[cfg(test)] a: crate::m::N, b: crate::kept_too, }
        #[test] fn t() { crate::n() }
        impl T { #[cfg(test)] const X: u8 = { crate::o() }; fn h() { crate::last() } }
    "##;
    let words: Vec<_> = tokens(source)
        .iter()
        .filter_map(Token::word)
        .map(str::to_owned)
        .collect();
    let after_crate: Vec<_> = words
        .windows(2)
        .filter(|pair| pair[0] == "crate")
        .map(|pair| pair[1].as_str())
        .collect();
    assert_eq!(after_crate, ["kept", "also_kept", "kept_too", "last"]);
    assert_eq!(tokens("#![cfg(test)]\nuse crate::a;"), []);
    assert_eq!(tokens("\n\na").first().map(|token| token.line), Some(3));
}

//! What one file takes from elsewhere: its `use` declarations and the paths in its code.

use std::collections::BTreeSet;

use crate::lexer::{self, Text, Token};

/// A path that the file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) line: usize,
    /// The segments; a glob ends in `*`.
    pub(crate) path: Vec<String>,
    /// The name under which a `use` binds it; `None` for a path in code.
    pub(crate) alias: Option<String>,
    /// Whether it is a re-export: `pub use`, with whatever scope.
    pub(crate) public: bool,
    /// The inline modules around it, from the outside in.
    pub(crate) inside: Vec<String>,
}

/// The paths of a file, and the names of the items that it defines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scan {
    pub(crate) imports: Vec<Import>,
    pub(crate) defines: BTreeSet<String>,
}

/// Reads a file. Code that macros generate (`quote!`) is not the file's own and is left out.
pub(crate) fn scan(source: &str) -> Scan {
    let tokens = lexer::tokens(source);
    let mut out = Scan::default();
    let mut inline: Vec<(String, usize)> = Vec::new(); // name and where it ends
    let mut at = 0;
    while at < tokens.len() {
        inline.retain(|(_, end)| at < *end);
        let inside: Vec<_> = inline.iter().map(|(name, _)| name.clone()).collect();
        match tokens[at].word() {
            Some("use") => {
                let public =
                    at > 0 && (tokens[at - 1].word() == Some("pub") || tokens[at - 1].is(')'));
                let mut tree = Tree {
                    tokens: &tokens,
                    at: at + 1,
                    inside,
                    public,
                    out: &mut out.imports,
                };
                tree.read(&[]);
                at = tree.at;
            }
            Some("mod") if tokens.get(at + 2).is_some_and(|token| token.is('{')) => {
                let name = tokens[at + 1].word().unwrap_or_default().to_owned();
                inline.push((name, lexer::group_end(&tokens, at + 2)));
                at += 3;
            }
            Some("quote" | "quote_spanned" | "parse_quote")
                if tokens.get(at + 1).is_some_and(|t| t.is('!')) =>
            {
                at = lexer::group_end(&tokens, at + 2);
            }
            Some("fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union") => {
                out.defines
                    .extend(tokens.get(at + 1).and_then(Token::word).map(str::to_owned));
                at += 1;
            }
            Some(_) => at = path(&tokens, at, inside, &mut out.imports),
            None => at += 1,
        }
    }
    out
}

/// Reads the path in code that starts at `at`, if one does. Where to go on.
fn path(tokens: &[Token], at: usize, inside: Vec<String>, out: &mut Vec<Import>) -> usize {
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    let continues = before.is_some_and(|token| token.text == Text::Colons || token.is('.'));
    let scope =
        before.is_some_and(|token| token.word() == Some("in")) && at >= 2 && tokens[at - 2].is('(');
    let mut segments = Vec::new();
    let mut end = at;
    while let Some(word) = tokens.get(end).and_then(Token::word) {
        segments.push(word.to_owned());
        end += 1;
        if tokens
            .get(end)
            .is_none_or(|token| token.text != Text::Colons)
        {
            break;
        }
        end += 1;
    }
    // `crate::name!` is a macro: those live at the root wherever they are written.
    let is_macro = tokens.get(end).is_some_and(|token| token.is('!')) && segments.len() == 2;
    if segments.len() > 1 && !continues && !scope && !is_macro {
        out.push(Import {
            line: tokens[at].line,
            path: segments,
            alias: None,
            public: false,
            inside,
        });
    }
    end.max(at + 1)
}

/// The tree of one `use` declaration.
struct Tree<'a> {
    tokens: &'a [Token],
    at: usize,
    inside: Vec<String>,
    public: bool,
    out: &'a mut Vec<Import>,
}

impl Tree<'_> {
    fn read(&mut self, prefix: &[String]) {
        let mut path = prefix.to_vec();
        while let Some(token) = self.tokens.get(self.at) {
            match &token.text {
                Text::Word(word) if word == "as" => {
                    let alias = self
                        .tokens
                        .get(self.at + 1)
                        .and_then(Token::word)
                        .unwrap_or("_")
                        .to_owned();
                    self.at += 2;
                    return self.leaf(path, Some(alias));
                }
                Text::Word(word) => path.push(word.clone()),
                Text::Mark('*') => path.push("*".to_owned()),
                Text::Mark('{') => return self.group(&path),
                Text::Colons => {}
                _ => return self.leaf(path, None), // a comma, a closing brace or the semicolon
            }
            self.at += 1;
        }
    }

    fn group(&mut self, prefix: &[String]) {
        self.at += 1;
        while let Some(token) = self.tokens.get(self.at) {
            if token.is('}') {
                self.at += 1;
                return;
            }
            if token.is(',') {
                self.at += 1;
            } else {
                self.read(prefix);
            }
        }
    }

    fn leaf(&mut self, mut path: Vec<String>, alias: Option<String>) {
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let Some(name) = path.last().cloned() else {
            return;
        };
        let line = self.tokens[self.at.min(self.tokens.len()) - 1].line;
        let alias = Some(alias.unwrap_or(name));
        self.out.push(Import {
            line,
            path,
            alias,
            public: self.public,
            inside: self.inside.clone(),
        });
    }
}

#[test]
fn uses_and_paths_are_found() {
    let source = "
        use crate::a::{self, b::{C, D as E}, f::*};
        pub(crate) use super::g::H;
        mod inner { use super::i; }
        fn j() { crate::k::l(); self.m(); n::o::<crate::p::Q>() } pub(in crate::r::s) struct T;
        fn u() { crate::mac!(); quote! { crate::v::w } }
    ";
    let read = scan(source);
    let seen: Vec<_> = read
        .imports
        .iter()
        .map(|i| (i.path.join("::"), i.alias.clone(), i.public))
        .collect();
    let used = |path: &str, alias: &str, public| (path.to_owned(), Some(alias.to_owned()), public);
    let named = |path: &str| (path.to_owned(), None, false);
    assert_eq!(
        seen,
        [
            used("crate::a", "a", false),
            used("crate::a::b::C", "C", false),
            used("crate::a::b::D", "E", false),
            used("crate::a::f::*", "*", false),
            used("super::g::H", "H", true),
            used("super::i", "i", false),
            named("crate::k::l"),
            named("n::o"),
            named("crate::p::Q"),
        ]
    );
    assert_eq!(read.imports[5].inside, ["inner"]);
    assert!(
        ["j", "T", "u"]
            .iter()
            .all(|name| read.defines.contains(*name))
    );
}

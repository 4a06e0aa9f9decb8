//! Lines of Rust as rustfmt would lay them, for the few shapes that are written here.

/// rustfmt's `max_width`.
const WIDTH: usize = 100;
/// rustfmt's `fn_call_width`: longer arguments stand below each other.
const CALL_WIDTH: usize = 60;

/// Text under construction, four spaces to a level.
#[derive(Default)]
pub(crate) struct Text(String);

impl Text {
    pub(crate) fn line(&mut self, depth: usize, text: &str) {
        if !text.is_empty() {
            self.0.push_str(&"    ".repeat(depth));
            self.0.push_str(text);
        }
        self.0.push('\n');
    }

    pub(crate) fn blank(&mut self) {
        self.0.push('\n');
    }

    /// Lines that carry their own leading space, as comments of `.proto` files do.
    pub(crate) fn docs<S: AsRef<str>>(&mut self, depth: usize, lines: impl IntoIterator<Item = S>) {
        for line in lines {
            self.line(depth, format!("///{}", line.as_ref()).trim_end());
        }
    }

    /// `use parent::{names};`, filled line by line. `names` are sorted and not empty.
    pub(crate) fn import(&mut self, depth: usize, parent: &str, names: &[String]) {
        if let [one] = names {
            return self.line(depth, &format!("use {parent}::{one};"));
        }
        let flat = format!("use {parent}::{{{}}};", names.join(", "));
        if fits(depth, &flat) {
            return self.line(depth, &flat);
        }
        self.line(depth, &format!("use {parent}::{{"));
        self.fill(depth + 1, names.iter().map(String::as_str));
        self.line(depth, "};");
    }

    /// Items separated and followed by commas, as many to a line as fit.
    fn fill<'a>(&mut self, depth: usize, items: impl Iterator<Item = &'a str>) {
        let mut row = String::new();
        for item in items {
            // rustfmt keeps one column free at the end of such a row.
            if !row.is_empty() && !fits(depth, &format!("{row} {item}, ")) {
                self.line(depth, &row);
                row.clear();
            }
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(item);
            row.push(',');
        }
        self.line(depth, &row);
    }

    /// `head(args) -> name<generics> {`.
    pub(crate) fn signature(&mut self, depth: usize, head: &str, args: &[&str], result: &Generic) {
        let flat_result = result.flat();
        let flat = format!("{head}({}) -> {flat_result} {{", args.join(", "));
        if fits(depth, &flat) {
            return self.line(depth, &flat);
        }
        self.line(depth, &format!("{head}("));
        for arg in args {
            self.line(depth + 1, &format!("{arg},"));
        }
        let close = format!(") -> {flat_result}");
        // rustfmt counts the indentation of this line twice before it lets the brace stand on it.
        if fits(2 * depth, &format!("{close} {{")) {
            return self.line(depth, &format!("{close} {{"));
        }
        // Nor does it count the parenthesis before the arrow.
        if fits(depth, &format!("-> {flat_result}")) {
            self.line(depth, &close);
            return self.line(depth, "{");
        }
        self.line(depth, &format!(") -> {}<", result.name));
        for part in &result.parts {
            self.line(depth + 1, &format!("{part},"));
        }
        self.line(depth, "> {");
    }

    /// `pub const name: ty = function(args).after;`.
    pub(crate) fn constant(&mut self, depth: usize, name: &str, ty: &Generic, call: &Call<'_>) {
        let Call {
            function,
            args,
            after,
        } = call;
        let joined = args.join(", ");
        let head = format!("pub const {name}: {} =", ty.flat());
        let flat = format!("{function}({joined}){after};");
        let short = joined.chars().count() <= CALL_WIDTH;
        if short && fits(depth, &format!("{head} {flat}")) {
            return self.line(depth, &format!("{head} {flat}"));
        }
        if fits(depth, &head) {
            if short && fits(depth + 1, &flat) {
                self.line(depth, &head);
                return self.line(depth + 1, &flat);
            }
            if fits(depth, &format!("{head} {function}(")) {
                return self.call(depth, &format!("{head} "), call);
            }
            self.line(depth, &head);
            return self.call(depth + 1, "", call);
        }
        self.line(depth, &format!("pub const {name}: {}<", ty.name));
        for part in &ty.parts {
            self.line(depth + 1, &format!("{part},"));
        }
        if short && fits(depth, &format!("> = {flat}")) {
            return self.line(depth, &format!("> = {flat}"));
        }
        self.call(depth, "> = ", call);
    }

    /// A call with its arguments below each other, at the end of a statement.
    fn call(&mut self, depth: usize, before: &str, call: &Call<'_>) {
        self.line(depth, &format!("{before}{}(", call.function));
        for arg in call.args {
            self.line(depth + 1, &format!("{arg},"));
        }
        if call.after.is_empty() {
            return self.line(depth, ");");
        }
        self.line(depth, ")");
        self.line(depth, &format!("{};", call.after));
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// A call, and what is called on its result.
pub(crate) struct Call<'a> {
    pub(crate) function: &'a str,
    pub(crate) args: &'a [&'a str],
    pub(crate) after: &'a str,
}

/// A type with parameters.
pub(crate) struct Generic {
    pub(crate) name: &'static str,
    pub(crate) parts: Vec<String>,
}

impl Generic {
    pub(crate) fn new<S: Into<String>>(
        name: &'static str,
        parts: impl IntoIterator<Item = S>,
    ) -> Generic {
        Generic {
            name,
            parts: parts.into_iter().map(Into::into).collect(),
        }
    }

    pub(crate) fn flat(&self) -> String {
        format!("{}<{}>", self.name, self.parts.join(", "))
    }
}

/// Whether a line of this depth stays within the width.
pub(crate) fn fits(depth: usize, text: &str) -> bool {
    depth * 4 + text.chars().count() <= WIDTH
}

/// Whether arguments of a call may stand in one line.
pub(crate) fn short_call(args: &str) -> bool {
    args.chars().count() <= CALL_WIDTH
}

/// Splits at the commas that stand outside of brackets and quotes.
pub(crate) fn split_commas(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut level, mut quoted, mut escaped) = (0, 0usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '<' | '[' => level += 1,
            ')' | '>' | ']' => level = level.saturating_sub(1),
            ',' if level == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_brackets_and_quotes_do_not_split() {
        assert_eq!(
            split_commas(r#"a, b<c, d>, "x\",y", (e, f)"#),
            ["a", "b<c, d>", r#""x\",y""#, "(e, f)"]
        );
        assert_eq!(split_commas("one"), ["one"]);
    }

    #[test]
    fn long_imports_are_filled() {
        let names: Vec<String> = (0..12).map(|i| format!("LongTypeName{i:02}")).collect();
        let mut text = Text::default();
        text.import(1, "super", &names);
        let text = text.into_string();
        assert!(text.starts_with("    use super::{\n        LongTypeName00, LongTypeName01,"));
        assert!(text.ends_with(",\n    };\n"));
        assert!(text.lines().all(|line| line.len() <= WIDTH));
    }

    #[test]
    fn signatures_break_in_two_steps() {
        let mut text = Text::default();
        let wide = "W".repeat(50);
        text.signature(0, "fn f", &["a: A"], &Generic::new("R", ["X"]));
        text.signature(
            0,
            "fn f",
            &["a: A", &format!("b: {wide}")],
            &Generic::new("R", [&*wide]),
        );
        text.signature(0, "fn f", &["a: A"], &Generic::new("R", [&*wide, &*wide]));
        assert_eq!(
            text.into_string(),
            format!(
                "fn f(a: A) -> R<X> {{\n\
                 fn f(\n    a: A,\n    b: {wide},\n) -> R<{wide}> {{\n\
                 fn f(\n    a: A,\n) -> R<\n    {wide},\n    {wide},\n> {{\n"
            )
        );
    }
}

//! prost-build's text as rustfmt would leave it. prost-build can format through syn and prettyplease; that
//! costs every user's build several seconds, and its lines need little.

use crate::layout::{Text, fits, split_commas};

/// rustfmt's `attr_fn_like_width`.
const ATTRIBUTE_WIDTH: usize = 70;

const DERIVE: &str = "#[derive(";

/// Lays out the items of one package. `text` is what prost-build wrote, with its heading line.
pub(crate) fn tidy(text: &str) -> String {
    let mut out = Text::default();
    let mut lines = text.lines().peekable();
    let mut after_item = false;
    let mut last_depth = 0;
    while let Some(line) = lines.next() {
        let line = line.trim_end();
        let body = line.trim_start();
        if body.is_empty() || body.starts_with("// This file is @generated") {
            continue;
        }
        let mut depth = (line.len() - body.len()) / 4;
        // prost-build indents neither of these.
        if body.contains("::Name for ") || body.starts_with("#[prost(prost_path") {
            depth = depth.max(last_depth);
        }
        last_depth = depth;
        if after_item && body != "}" {
            out.blank();
        }
        if body.starts_with("impl ") && body.contains("::Name for ") {
            let mut inner = String::new();
            // Both functions and the end of the impl stand on one line.
            for line in lines.by_ref() {
                inner.push_str(line.trim());
                if line.ends_with("}}") {
                    break;
                }
            }
            name_impl(&mut out, depth, body, &inner);
            after_item = true;
            continue;
        }
        let empty = body.ends_with('{') && lines.peek().is_some_and(|next| next.trim() == "}");
        if empty {
            lines.next();
            out.line(depth, &format!("{body}}}"));
        } else if let Some(mut derived) = inside(body, DERIVE, ")]").map(str::to_owned) {
            // Attributes that were asked for come as derives of their own.
            while let Some(more) = lines
                .peek()
                .and_then(|next| inside(next.trim(), DERIVE, ")]"))
            {
                derived = format!("{derived}, {more}");
                lines.next();
            }
            one_line(&mut out, depth, &format!("{DERIVE}{derived})]"));
        } else {
            one_line(&mut out, depth, body);
        }
        after_item = body == "}" || empty;
    }
    out.into_string()
}

fn one_line(out: &mut Text, depth: usize, body: &str) {
    if let Some(args) = inside(body, "#[prost(", ")]") {
        return prost_attribute(out, depth, body, args);
    }
    if let Some(args) = inside(body, DERIVE, ")]") {
        // rustfmt keeps four columns free here.
        if fits(depth + 1, body) {
            return out.line(depth, body);
        }
        out.line(depth, DERIVE);
        if fits(depth + 1, &format!("{args},")) {
            out.line(depth + 1, &format!("{args},"));
        } else {
            for part in split_commas(args) {
                out.line(depth + 1, &format!("{part},"));
            }
        }
        return out.line(depth, ")]");
    }
    if fits(depth, body) || body.starts_with("///") {
        return out.line(depth, body);
    }
    if let Some((head, arm)) = body.split_once(" => ") {
        out.line(depth, &format!("{head} => {{"));
        out.line(depth + 1, arm.trim_end_matches(','));
        return out.line(depth, "}");
    }
    if let Some((head, ty)) = body.split_once(": ") {
        if body.starts_with("pub ") && fits(depth + 1, ty) {
            out.line(depth, &format!("{head}:"));
            return out.line(depth + 1, ty);
        }
        if body.starts_with("pub ") {
            return generic(
                out,
                depth,
                &format!("{head}: "),
                ty.trim_end_matches(','),
                ",",
            );
        }
    }
    if let Some((variant, ty)) = body.strip_suffix("),").and_then(|b| b.split_once('(')) {
        out.line(depth, &format!("{variant}("));
        if fits(depth + 1, &format!("{ty},")) {
            out.line(depth + 1, &format!("{ty},"));
        } else {
            generic(out, depth + 1, "", ty, ",");
        }
        return out.line(depth, "),");
    }
    out.line(depth, body);
}

fn prost_attribute(out: &mut Text, depth: usize, body: &str, args: &str) {
    if args.chars().count() <= ATTRIBUTE_WIDTH && fits(depth, body) {
        return out.line(depth, body);
    }
    out.line(depth, "#[prost(");
    let parts = split_commas(args);
    for (index, part) in parts.iter().enumerate() {
        let comma = if index + 1 < parts.len() { "," } else { "" };
        out.line(depth + 1, &format!("{part}{comma}"));
    }
    out.line(depth, ")]");
}

/// A type that fits on no line: its parameters below each other, as deep as it takes.
fn generic(out: &mut Text, depth: usize, before: &str, ty: &str, after: &str) {
    let flat = format!("{before}{ty}{after}");
    match (
        fits(depth, &flat),
        ty.strip_suffix('>').and_then(|t| t.split_once('<')),
    ) {
        (false, Some((name, parameters))) => {
            out.line(depth, &format!("{before}{name}<"));
            for parameter in split_commas(parameters) {
                generic(out, depth + 1, "", parameter, ",");
            }
            out.line(depth, &format!(">{after}"));
        }
        _ => out.line(depth, &flat),
    }
}

/// prost-build writes these on two lines without indentation.
fn name_impl(out: &mut Text, depth: usize, head: &str, inner: &str) {
    out.line(depth, head);
    let constants = inner.split_inclusive(';').map(str::trim);
    for constant in constants.filter(|part| part.starts_with("const ")) {
        out.line(depth + 1, constant);
    }
    for function in inner.split("fn ").skip(1) {
        if let Some((signature, body)) = function.split_once('{') {
            let body = body.trim().trim_end_matches('}').trim();
            out.blank();
            out.line(depth + 1, &format!("fn {} {{", signature.trim()));
            match body.rsplit_once('.') {
                Some((name, into)) if !fits(depth + 2, body) => {
                    out.line(depth + 2, name);
                    out.line(depth + 3, &format!(".{into}"));
                }
                _ => out.line(depth + 2, body),
            }
            out.line(depth + 1, "}");
        }
    }
    out.line(depth, "}");
}

fn inside<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.strip_prefix(before)?.strip_suffix(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_structs_close_and_items_part() {
        let got = tidy(
            "// This file is @generated by x.\n#[a]\npub struct A {\n}\n#[b]\npub struct B {\n    x: i32,\n}\npub mod b {\n    enum C {\n        D,\n    }\n}\n",
        );
        assert_eq!(
            got,
            "#[a]\npub struct A {}\n\n#[b]\npub struct B {\n    x: i32,\n}\n\npub mod b {\n    enum C {\n        D,\n    }\n}\n"
        );
    }

    #[test]
    fn long_attributes_stand_below_each_other() {
        let args = format!("enumeration = \"{}\", tag = \"1\"", "x".repeat(60));
        let got = tidy(&format!("    #[prost({args})]\n"));
        let lines: Vec<&str> = got.lines().collect();
        assert_eq!(lines[0], "    #[prost(");
        assert!(lines[1].starts_with("        enumeration = ") && lines[1].ends_with(','));
        assert_eq!(lines[2..], ["        tag = \"1\"", "    )]"]);
    }

    #[test]
    fn long_types_break_after_the_colon_or_inside() {
        let long = "L".repeat(40);
        let got = tidy(&format!("    pub name: Map<{long}, {long}>,\n"));
        assert_eq!(
            got,
            format!("    pub name:\n        Map<{long}, {long}>,\n")
        );
        let long = "L".repeat(60);
        let got = tidy(&format!("    pub name: Map<{long}, {long}>,\n"));
        assert_eq!(
            got,
            format!("    pub name: Map<\n        {long},\n        {long},\n    >,\n")
        );
    }

    #[test]
    fn name_impls_are_laid_out() {
        let got = tidy(
            "impl ::prost::Name for A {\nconst NAME: &'static str = \"A\";\nconst PACKAGE: &'static str = \"p\";\nfn full_name() -> S { \"p.A\".into() }fn type_url() -> S { \"/p.A\".into() }}\n#[b]\n",
        );
        assert!(got.contains("\n    const PACKAGE: &'static str = \"p\";\n\n    fn full_name() -> S {\n        \"p.A\".into()\n    }\n\n    fn type_url() -> S {\n        \"/p.A\".into()\n    }\n}\n"), "{got}");
    }
}
